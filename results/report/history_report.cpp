#include "results/report/history_report.h"

#include <fmt/format.h>

#include "results/report/history_text.h"
#include "results/report/markdown_text.h"
#include "results/report/table.h"
#include "results/report/text_layout.h"

namespace ridgepoint {
namespace {

std::string chart_text(const History& history, std::string_view indent) {
  const BlockChart chart = history_chart(history, kReportWidth - indent.size());
  std::string text = fmt::format("{}{}\n", indent, chart.blocks);
  if (!chart.marks.empty()) text += fmt::format("{}{}\n", indent, chart.marks);
  return text + fmt::format("{}{}\n", indent, history_scale(history));
}

std::string code_block(std::string_view text) {
  return fmt::format("```\n{}```\n", text);
}

}  // namespace

std::string history_table(const History& history) {
  std::string text = history_headline(history) + "\n" + history_subject(history) + "\n\n" +
                     chart_text(history, "  ") + "\n";
  for (const HistoryChange& change : history.changes) {
    text += change_sentence(history, change) + "\n";
    if (is_settled(change.replay.confirmation)) continue;
    if (!change.replay.command.empty()) {
      text += fmt::format("  confirm with: {}\n", change.replay.command);
    }
    if (!change.replay.obstacle.empty()) {
      text += fmt::format("  no replay: {}\n", change.replay.obstacle);
    }
  }
  if (!history.changes.empty()) text += "\n";
  for (const std::string& note : history_notes(history)) text += note + "\n";
  return text + "\n" + align(history_rows(history));
}

std::string history_markdown(const History& history) {
  const std::string headline = history_headline(history);
  const auto colon = headline.find(':');
  std::string text = colon == std::string::npos
                         ? fmt::format("**{}**\n\n", headline)
                         : fmt::format("**{}**{}\n\n", headline.substr(0, colon),
                                       markdown_escaped(headline.substr(colon)));
  text += markdown_escaped(history_subject(history)) + "\n\n" +
          code_block(chart_text(history, "")) + "\n";
  for (const HistoryChange& change : history.changes) {
    text += fmt::format("- {}\n", markdown_escaped(change_sentence(history, change)));
    if (!change.replay.obstacle.empty() && !is_settled(change.replay.confirmation)) {
      text += fmt::format("  (no replay: {})\n", change.replay.obstacle);
    }
  }
  if (!history.changes.empty() && !history.changes.back().replay.command.empty() &&
      !is_settled(history.changes.back().replay.confirmation)) {
    text += "\nThe newest is confirmed with\n\n" +
            code_block(history.changes.back().replay.command + "\n");
  }
  text += "\n<details><summary>Runs and how it was found</summary>\n\n";
  for (const std::string& note : history_notes(history)) {
    text += fmt::format("- {}\n", markdown_escaped(note));
  }
  text += "\n";
  text += pipe_table(history_rows(history));
  return text + "\n</details>\n";
}

}  // namespace ridgepoint
