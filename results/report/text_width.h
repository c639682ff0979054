// How wide text is in a terminal.
#pragma once

#include <cstddef>
#include <string_view>

namespace ridgepoint {

/// What report lines keep to where they can.
inline constexpr std::size_t kReportWidth = 120;

/// Characters of UTF-8 text, each counted as one column.
inline std::size_t text_width(std::string_view text) {
  std::size_t width = 0;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) ++width;
  }
  return width;
}

}  // namespace ridgepoint
