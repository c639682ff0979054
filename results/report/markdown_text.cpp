#include "results/report/markdown_text.h"

#include <fmt/format.h>

#include <cstddef>

#include "results/report/text_layout.h"

namespace ridgepoint {

std::string markdown_escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '<') {
      result += "&lt;";
    } else if (c == '&') {
      result += "&amp;";
    } else if (c == '\n' || c == '\r') {
      result += ' ';
    } else {
      if (std::string_view("\\|`*_[]#~>").find(c) != std::string_view::npos) result += '\\';
      result += c;
    }
  }
  return result;
}

std::string pipe_table(const std::vector<std::vector<std::string>>& rows) {
  std::string text;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    text += '|';
    for (const std::string& cell : rows[i]) text += fmt::format(" {} |", markdown_escaped(cell));
    text += '\n';
    if (i > 0) continue;
    text += '|';
    for (std::size_t column = 0; column < rows[i].size(); ++column)
      text += is_numeric_column(rows, column) ? "---:|" : "---|";
    text += '\n';
  }
  return text;
}

}  // namespace ridgepoint
