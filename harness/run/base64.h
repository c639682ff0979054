// Bytes as text (RFC 4648, section 4), for what travels in lines of JSON.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ridgepoint {

std::string to_base64(std::span<const std::byte> bytes);
/// Nothing for text that is not base64 with its padding.
std::optional<std::vector<std::byte>> from_base64(std::string_view text);

}  // namespace ridgepoint
