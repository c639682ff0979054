#include "workloads/formats/format_error.h"

#include <fmt/format.h>

#include "workloads/error.h"

namespace ridgepoint {

void fail_at(std::string_view origin, std::uint64_t offset, std::string_view what,
             std::string_view remedy) {
  throw Error(fmt::format("{}: byte {}: {}; {}", origin, offset, what, remedy));
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kLongest = 80;
  std::string line = "'";
  for (const char character : text.substr(0, kLongest)) {
    const auto code = static_cast<unsigned char>(character);
    if (code < 0x20 || code > 0x7e) {
      line += fmt::format("\\x{:02x}", code);
    } else {
      line += character;
    }
  }
  return line + (text.size() > kLongest ? "...'" : "'");
}

}  // namespace ridgepoint
