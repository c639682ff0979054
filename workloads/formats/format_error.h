// What every reader of files says when a file is bad, in one form:
//   "ORIGIN: byte OFFSET: what is wrong; what to do"
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ridgepoint {

/// What to do about a file whose bytes contradict each other.
inline constexpr std::string_view kDamagedFile =
    "the file is cut short or damaged: copy or make it again";

[[noreturn]] void fail_at(std::string_view origin, std::uint64_t offset, std::string_view what,
                          std::string_view remedy = kDamagedFile);

/// `text` between single quotes, fit for one line of output: control and non-ASCII bytes escaped
/// as \xNN, and no longer than about 80 characters.
std::string in_quotes(std::string_view text);

}  // namespace ridgepoint
