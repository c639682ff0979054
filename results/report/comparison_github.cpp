#include "results/report/comparison_github.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "results/report/comparison_table.h"
#include "results/report/comparison_text.h"

namespace ridgepoint {
namespace {

constexpr std::size_t kMostRowAnnotations = 9;

/// Workflow commands end at a line's end and part properties by comma and colon.
std::string escaped(std::string_view text, bool property) {
  std::string result;
  for (const char c : text) {
    if (c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ','))) {
      result += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      result += c;
    }
  }
  return result;
}

std::string annotation(std::string_view level, std::string_view title, std::string_view message) {
  return fmt::format("::{} title={}::{}\n", level, escaped(title, true), escaped(message, false));
}

std::string_view level_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::slower:
      return "error";
    case Verdict::undecided:
    case Verdict::incomparable:
      return "warning";
    case Verdict::faster:
    case Verdict::same:
      break;
  }
  return "notice";
}

/// Lines of the log that look like commands would be obeyed.
std::string disarmed(const std::string& text) {
  std::string result;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && c == ':') result += ' ';
    result += c;
    line_begins = c == '\n';
  }
  return result;
}

}  // namespace

std::string comparison_github(const Comparison& comparison) {
  std::string text =
      annotation(level_of(comparison.verdict), "ridgepoint compare", verdict_sentence(comparison));
  std::vector<std::size_t> slower = rows_with(comparison, Verdict::slower);
  slower.resize(std::min(slower.size(), kMostRowAnnotations));
  for (const std::size_t i : slower) {
    const ComparisonRow& row = comparison.rows[i];
    text += annotation(
        "error", fmt::format("{}: {}", row_verdict_text(row), row_title(row)),
        row.other_weights ? fmt::format("{}; {}", row_finding(row), row.reason) : row_finding(row));
  }
  std::size_t missing = 0;
  for (const ComparisonRow& row : comparison.rows) {
    if (!row.missing_in_b || ++missing > kMostRowAnnotations) continue;
    text += annotation("warning", fmt::format("missing: {}", row_title(row)), row_finding(row));
  }
  return fmt::format("{}\n{}", text, disarmed(comparison_table(comparison)));
}

}  // namespace ridgepoint
