// The hash by which cases, environments and answers are addressed in databases and told apart. One
// function, because texts hashed in different rooms are compared with each other.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace ridgepoint {

/// 128-bit XXH3, 32 lower-case hex digits, high half first.
std::string content_hash(std::span<const std::byte> bytes);
std::string content_hash(std::string_view text);

}  // namespace ridgepoint
