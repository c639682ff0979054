#include "results/report/comparison_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "results/report/attribution_text.h"
#include "results/report/comparison_text.h"
#include "results/report/table.h"

namespace ridgepoint {
namespace {

constexpr std::size_t kMostRows = 60;  //
constexpr std::size_t kMostTableCauses = 3;
constexpr std::size_t kMostTableNames = 8;

/// Flags of a CPU fill pages; what differs in them is for the JSON.
std::string shortened_name(const std::string& text) {
  constexpr std::size_t kLongest = 44;
  return text.size() <= kLongest ? text : text.substr(0, kLongest - 2) + "..";
}

void add_environment(const Comparison& comparison, std::string& text) {
  auto rows = environment_table(comparison);
  if (rows.empty()) {
    text += "\nNothing known differs in environment.\n";
    return;
  }
  for (auto& row : rows) {
    for (std::string& cell : row) cell = shortened_name(cell);
  }
  text += fmt::format("\n{}\n{}", environment_title(comparison), align(rows));
}

void add_rows(const Comparison& comparison, std::string& text) {
  std::vector<std::size_t> shown;
  std::string left_out;
  const SameRows same = same_rows(comparison);
  for (const Verdict verdict : {Verdict::slower, Verdict::faster, Verdict::undecided,
                                Verdict::incomparable, Verdict::same}) {
    const std::vector<std::size_t> rows =
        verdict == Verdict::same ? same.rows : rows_with(comparison, verdict);
    const std::size_t count = std::min(rows.size(), kMostRows - shown.size());
    shown.insert(shown.end(), rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(count));
    if (count == rows.size()) continue;
    left_out +=
        fmt::format("{}{} {}", left_out.empty() ? "" : ", ", rows.size() - count, name_of(verdict));
  }
  if (!shown.empty()) text += fmt::format("\n{}", align(row_table(comparison, shown)));
  if (!left_out.empty()) text += fmt::format("and {} (all: --format json)\n", left_out);
  if (!same.left_out.empty()) text += fmt::format("{}\n", same.left_out);
}

void add_list(std::string_view title, const std::vector<std::string>& lines, std::string& text) {
  if (lines.empty()) return;
  text += fmt::format("\n{}\n", title);
  for (const std::string& line : lines) text += fmt::format("  {}\n", line);
}

void add_causes(const Comparison& comparison, std::string& text) {
  for (const std::size_t i : explained_rows(comparison, kMostTableCauses)) {
    const ComparisonRow& row = comparison.rows[i];
    add_list(fmt::format("Why: {}, {}", row_title(row), row_finding(row)),
             explain(row.attribution.value()), text);
  }
}

void add_unmatched(const Comparison& comparison, std::string& text) {
  for (const auto& [side, name] : {std::pair(&comparison.a, 'A'), std::pair(&comparison.b, 'B')}) {
    if (side->unmatched.empty()) continue;
    std::vector<std::string> names = side->unmatched;
    const std::size_t count = names.size();
    if (count > kMostTableNames) {
      names.resize(kMostTableNames);
      names.push_back(fmt::format("and {} more", count - kMostTableNames));
    }
    add_list(fmt::format("Only in {}", name), names, text);
  }
}

}  // namespace

std::string comparison_table(const Comparison& comparison) {
  std::string text = verdict_sentence(comparison) + "\n\n";
  text += align({{"A", comparison.a.asked, side_text(comparison.a)},
                 {"B", comparison.b.asked, side_text(comparison.b)}});
  text += fmt::format("{} {}\n", machine_line(comparison), method_text(comparison));
  add_environment(comparison, text);
  add_rows(comparison, text);
  add_list("Reasons", reasons(comparison, verdicts()), text);
  add_causes(comparison, text);
  add_list("To know", comparison.notes, text);
  add_unmatched(comparison, text);
  return text;
}

}  // namespace ridgepoint
