// How text lies in columns: widths in a terminal, and which columns are numbers.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ridgepoint {

/// What report lines keep to where they can.
inline constexpr std::size_t kReportWidth = 120;

/// Characters of UTF-8 text, each counted as one column.
std::size_t text_width(std::string_view text);

/// Whether every cell below the heading is a number, maybe with a unit, or empty; and one is not
/// empty. "12.3 ms", "35 of 299", "3*" are numbers; dates and ids are not.
bool is_numeric_column(const std::vector<std::vector<std::string>>& rows, std::size_t column);

}  // namespace ridgepoint
