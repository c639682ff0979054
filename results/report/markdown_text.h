// Pieces of Markdown as GitHub and GitLab read it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ridgepoint {

/// Text that neither Markdown nor HTML reads anything into; one line.
std::string markdown_escaped(std::string_view text);

/// A table, the first row its heading, numbers to the right. Cells are escaped.
std::string pipe_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace ridgepoint
