#include "results/report/comparison_markdown.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "results/report/attribution_text.h"
#include "results/report/comparison_text.h"
#include "results/report/markdown_text.h"
#include "workloads/number_of.h"

namespace ridgepoint {
namespace {

// Forges cut comments off at about 65,000 characters; a table row takes some 200.
constexpr std::size_t kMostOpenRows = 15;
constexpr std::size_t kMostFoldedRows = 60;
constexpr std::size_t kMostCauses = 3;
constexpr std::size_t kMostNames = 100;

std::string lines_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += fmt::format("- {}\n", markdown_escaped(line));
  return text;
}

std::string folded(std::string_view summary, std::string_view content) {
  return fmt::format("\n<details><summary>{}</summary>\n\n{}\n</details>\n", summary, content);
}

/// The verdict's own word in bold, the sentence behind it.
std::string headline(const Comparison& comparison) {
  const std::string sentence = verdict_sentence(comparison);
  const std::size_t colon = sentence.find(':');
  std::string word = sentence.substr(0, colon);
  word.front() = static_cast<char>(word.front() - 'a' + 'A');
  return fmt::format("**{}:**{}.\n", word, markdown_escaped(sentence.substr(colon + 1)));
}

std::string sides(const Comparison& comparison) {
  return fmt::format("\nA is {} ({}); B is {} ({}). {} {}\n", markdown_escaped(comparison.a.asked),
                     markdown_escaped(side_text(comparison.a)),
                     markdown_escaped(comparison.b.asked),
                     markdown_escaped(side_text(comparison.b)),
                     markdown_escaped(machine_line(comparison)), method_text(comparison));
}

std::string rows_in_markdown(const Comparison& comparison, std::vector<std::size_t> rows,
                             std::size_t most) {
  const std::size_t count = rows.size();
  rows.resize(std::min(count, most));
  std::string text = pipe_table(row_table(comparison, rows));
  if (count > most)
    text += fmt::format("\n{} {} in the JSON.\n", number_of(count - most, "more row"),
                        count - most == 1 ? "is" : "are");
  return text;
}

/// Rows that matter, open; what is left of them belongs to the folded part.
std::string open_rows(const Comparison& comparison) {
  std::vector<std::size_t> rows = rows_with(comparison, Verdict::slower);
  const std::vector<std::size_t> faster = rows_with(comparison, Verdict::faster);
  rows.insert(rows.end(), faster.begin(), faster.end());
  if (rows.empty()) return "";
  std::string text =
      fmt::format("\n{}", rows_in_markdown(comparison, std::move(rows), kMostOpenRows));
  const std::vector<std::string> lost = reasons(comparison, std::array{Verdict::slower});
  if (!lost.empty()) text += fmt::format("\n{}", lines_of(lost));
  return text;
}

std::string causes(const Comparison& comparison) {
  std::string text;
  for (const std::size_t i : explained_rows(comparison, kMostCauses)) {
    const ComparisonRow& row = comparison.rows[i];
    text +=
        fmt::format("\n**Why** {}, {}:\n\n{}", markdown_escaped(row_title(row)),
                    markdown_escaped(row_finding(row)), lines_of(explain(row.attribution.value())));
  }
  return text;
}

std::string rows_are(std::size_t count, std::string_view what) {
  return fmt::format("{} {} {}", count, count == 1 ? "row is" : "rows are", what);
}

/// With their reasons.
std::string folded_rows(const Comparison& comparison, Verdict verdict) {
  const std::vector<std::size_t> rows = rows_with(comparison, verdict);
  if (rows.empty()) return "";
  return folded(rows_are(rows.size(), name_of(verdict)),
                fmt::format("{}\n{}", rows_in_markdown(comparison, rows, kMostFoldedRows),
                            lines_of(reasons(comparison, std::array{verdict}))));
}

std::string folded_same(const Comparison& comparison) {
  const SameRows same = same_rows(comparison);
  if (same.rows.empty() && same.left_out.empty()) return "";
  std::string text;
  if (!same.rows.empty()) text = rows_in_markdown(comparison, same.rows, kMostFoldedRows);
  if (!same.left_out.empty()) text += fmt::format("\n{}.\n", same.left_out);
  return folded(rows_are(rows_with(comparison, Verdict::same).size(), "the same"), text);
}

std::string unmatched(const ComparisonSide& side, char name) {
  if (side.unmatched.empty()) return "";
  std::vector<std::string> names = side.unmatched;
  if (names.size() > kMostNames) {
    names.resize(kMostNames);
    names.push_back(fmt::format("and {} more", side.unmatched.size() - kMostNames));
  }
  return folded(fmt::format("{} only in {}", number_of(side.unmatched.size(), "case"), name),
                lines_of(names));
}

}  // namespace

std::string comparison_markdown(const Comparison& comparison) {
  std::string text = headline(comparison);
  text += sides(comparison);
  const auto environment = environment_table(comparison);
  if (!environment.empty()) {
    text += folded(fmt::format("{} ({})", environment_title(comparison), environment.size() - 1),
                   pipe_table(environment));
  }
  text += open_rows(comparison);
  text += causes(comparison);
  if (!comparison.notes.empty()) {
    text += fmt::format("\n**To know:**\n\n{}", lines_of(comparison.notes));
  }
  text += folded_rows(comparison, Verdict::undecided);
  text += folded_rows(comparison, Verdict::incomparable);
  text += folded_same(comparison);
  text += unmatched(comparison.a, 'A');
  text += unmatched(comparison.b, 'B');
  return text;
}

}  // namespace ridgepoint
