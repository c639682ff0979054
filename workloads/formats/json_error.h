// Errors about JSON text, in the words and with the byte that every other reader gives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ridgepoint {

/// What a JSON parser's message says beyond its own name and place, fit for one line.
std::string reason_of(std::string_view parser_message);

/// Where `key` first stands in `text` as a JSON string; 0 when it does not, as when it is escaped.
std::uint64_t offset_of_key(std::string_view text, std::string_view key);

}  // namespace ridgepoint
