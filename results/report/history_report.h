// A history as a table for a terminal, as Markdown for a merge request, as JSON for programs.
#pragma once

#include <string>
#include <string_view>

#include "results/history/history.h"

namespace ridgepoint {

/// Headline, chart, each change with the command that confirms it, notes, then the runs.
std::string history_table(const History& history);
/// The same, headline first, the runs folded.
std::string history_markdown(const History& history);
/// docs/formats.md describes it.
std::string history_json(const History& history);

}  // namespace ridgepoint
