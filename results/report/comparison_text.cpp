#include "results/report/comparison_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "results/metric_tolerance.h"
#include "results/report/git_text.h"
#include "results/report/table.h"
#include "results/report/time_text.h"
#include "workloads/number_of.h"

namespace ridgepoint {
namespace {

bool is_missing_case(const ComparisonRow& row) {
  return row.missing_in_b && row.metric.empty();
}

bool is_lost(const ComparisonRow& row) {
  return row.metric.empty() && row.verdict == Verdict::slower;
}

/// B over A, by evidence where there is some.
double ratio_of(const ComparisonRow& row) {
  return row.evidence ? row.evidence->ratio : row.value_b / row.value_a;
}

double size_of(const ComparisonRow& row) {
  if (row.metric.empty()) return std::numeric_limits<double>::infinity();
  const double ratio = ratio_of(row);
  return ratio > 0 ? std::abs(std::log(ratio)) : 0;
}

std::string percent(double ratio, int digits) {
  if (ratio >= 3) return fmt::format("{:.3g}x", ratio);
  std::string text = fmt::format("{:+.{}f} %", (ratio - 1) * 100, digits);
  // Of what is nothing in these digits the sign would say something.
  return text.find_first_of("123456789") == std::string::npos ? text.substr(1) : text;
}

/// One digit more where the interval would not show with fewer.
int digits_of(const ComparisonRow& row) {
  constexpr double kNarrow = 0.005;
  const bool narrow =
      row.evidence && row.evidence->interval.high - row.evidence->interval.low < kNarrow;
  return narrow ? 2 : 1;
}

std::string heading_of(const std::string& metric) {
  const MetricSpec* spec = find_metric(metric);
  return spec == nullptr ? metric : std::string(spec->short_name);
}

std::int64_t cases_with(const Comparison& comparison, Verdict verdict) {
  std::set<std::string_view> cases;
  for (const ComparisonRow& row : comparison.rows) {
    if (row.counts && row.verdict == verdict && !is_missing_case(row)) cases.insert(row.name);
  }
  return static_cast<std::int64_t>(cases.size());
}

std::int64_t cases_with_other_weights(const Comparison& comparison) {
  std::set<std::string_view> cases;
  for (const ComparisonRow& row : comparison.rows) {
    if (row.other_weights) cases.insert(row.name);
  }
  return static_cast<std::int64_t>(cases.size());
}

std::string of_cases(std::int64_t some, std::int64_t all) {
  if (some == all) return all == 1 ? "the one case" : fmt::format("all {} cases", all);
  return fmt::format("{} of {} cases", some, all);
}

std::string is_or_are(std::int64_t some) {
  return some == 1 ? "is" : "are";
}

/// "; B lacks 2 cases that A has (NAME and NAME)", "; B was not checked in 3 cases"; empty where
/// nothing is missing.
std::string missing_text(const Comparison& comparison) {
  constexpr std::size_t kMostNamed = 3;
  std::vector<std::string> cases;
  std::set<std::string> metrics;
  for (const ComparisonRow& row : comparison.rows) {
    if (!row.missing_in_b) continue;
    if (row.metric.empty()) {
      cases.push_back(row.name);
    } else {
      metrics.insert(row.metric);
    }
  }
  std::string text;
  if (!cases.empty()) {
    const std::size_t count = cases.size();
    cases.resize(std::min(count, kMostNamed));
    text += fmt::format("; B lacks {} that A has ({}{})", number_of(count, "case"),
                        fmt::join(cases, ", "), count > cases.size() ? ", ..." : "");
  }
  const bool unchecked = metrics.erase("check_relative_error") > 0;
  if (unchecked) text += "; A's output was checked, B's was not";
  if (!metrics.empty()) text += fmt::format("; B has no {}", fmt::join(metrics, ", "));
  return text;
}

/// What is worse, where that is not speed alone: " (more memory, lost)".
std::string kinds_of_worse(const Comparison& comparison) {
  std::set<std::string> kinds;
  for (const ComparisonRow& row : comparison.rows) {
    if (row.counts && row.verdict == Verdict::slower) kinds.insert(row_verdict_text(row));
  }
  if (kinds.empty() || (kinds.size() == 1 && kinds.contains("slower"))) return "";
  return fmt::format(" ({})", fmt::join(kinds, ", "));
}

bool any_slower_speed(const Comparison& comparison) {
  return std::ranges::any_of(comparison.rows, [](const ComparisonRow& row) {
    return row.counts && row_verdict_text(row) == "slower";
  });
}

std::string extreme(const Comparison& comparison, Verdict verdict, std::string_view word) {
  const std::vector<std::size_t> rows = rows_with(comparison, verdict);
  if (rows.empty()) return "";
  const ComparisonRow& row = comparison.rows[rows.front()];
  return fmt::format("; {}: {}, {}", word, row_title(row), row_finding(row));
}

std::string blocking_keys(const Comparison& comparison) {
  std::string keys;
  for (const EnvironmentDifference& difference : comparison.environment) {
    if (difference.blocks) keys += (keys.empty() ? "" : ", ") + difference.key;
  }
  return keys;
}

/// Reasons may come from other people's programs: a terminal would obey what is in them.
std::string without_breaks(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, ' ');
  return text;
}

std::vector<std::string> first_lines(std::vector<std::string> lines) {
  constexpr std::size_t kMost = 12;
  if (lines.size() <= kMost) return lines;
  const std::size_t count = lines.size();
  lines.resize(kMost);
  lines.push_back(fmt::format("and {}", number_of(count - kMost, "more reason")));
  return lines;
}

std::string judged_by(const ComparisonRow& row) {
  const RowReplication& by = row.replication;
  switch (by.unit) {
    case Replication::processes:
      return fmt::format("{} + {}", by.count_a, number_of(by.count_b, "process"));
    case Replication::blocks: {
      const std::string processes =
          by.processes_a == 1 && by.processes_b == 1
              ? "one process each"
              : fmt::format("{} + {} only", by.processes_a, number_of(by.processes_b, "process"));
      return fmt::format("{} + {}, {}", by.count_a, number_of(by.count_b, "block"), processes);
    }
    case Replication::none:
      break;
  }
  return row.metric.empty() || find_metric_tolerance(row.metric) == nullptr ? "" : "values";
}

std::string value_cell(const ComparisonRow& row, const ComparedOutcome& outcome, double value) {
  if (std::isnan(value) && row.missing_in_b) return "missing";
  if (row.metric.empty()) {
    const bool of_b = &outcome == &row.b;
    return row.missing_in_b && of_b ? "missing" : std::string(name_of(outcome.outcome));
  }
  return format_value(value, unit_of_metric(row.metric));
}

}  // namespace

std::string share_text(double share) {
  return fmt::format("{:g} %", std::round(share * 1e6) / 1e4);
}

std::string change_text(const ComparisonRow& row) {
  if (row.metric.empty()) return "";
  const double ratio = ratio_of(row);
  return ratio > 0 && std::isfinite(ratio) ? percent(ratio, digits_of(row)) : "";
}

std::string medians_text(const ComparisonRow& row) {
  if (!row.evidence || !(row.value_a > 0) || !(row.value_b > 0)) return "";
  const double by_medians = row.value_b / row.value_a;
  const int digits = digits_of(row);
  const std::string shown = percent(by_medians, digits);
  if (shown == percent(row.evidence->ratio, digits)) return "";
  const bool other_way = (by_medians - 1) * (row.evidence->ratio - 1) < 0;
  const Interval& interval = row.evidence->interval;
  const bool outside = by_medians < interval.low || by_medians > interval.high;
  return other_way || outside ? shown : "";
}

std::string interval_text(const ComparisonRow& row) {
  if (!row.evidence) return "";
  const std::string low = percent(row.evidence->interval.low, digits_of(row));
  const std::string high = percent(row.evidence->interval.high, digits_of(row));
  // "-0.3 to +0.4 %" rather than the sign of per cent twice.
  return low.ends_with(" %") && high.ends_with(" %")
             ? fmt::format("{} to {}", low.substr(0, low.size() - 2), high)
             : fmt::format("{} to {}", low, high);
}

std::string row_verdict_text(const ComparisonRow& row) {
  if (is_lost(row)) return "lost";
  const bool worse = row.verdict == Verdict::slower;
  if (worse || row.verdict == Verdict::faster) {
    if (row.subject.workload == "quality") return worse ? "worse quality" : "better quality";
    if (row.metric == "check_relative_error") return worse ? "less exact" : "more exact";
    if (find_metric_tolerance(row.metric) != nullptr) return worse ? "more memory" : "less memory";
  }
  return std::string(name_of(row.verdict));
}

std::string row_title(const ComparisonRow& row) {
  return row.metric.empty() ? row.name : fmt::format("{}, {}", row.name, heading_of(row.metric));
}

std::string row_finding(const ComparisonRow& row) {
  if (row.metric.empty() || row.missing_in_b) return without_breaks(row.reason);
  const std::string unit(unit_of_metric(row.metric));
  const std::string change = change_text(row);
  const std::string interval = interval_text(row);
  std::string text =
      fmt::format("{} to {}", format_value(row.value_a, unit), format_value(row.value_b, unit));
  if (!change.empty()) {
    text += fmt::format(" ({}{}{})", change, interval.empty() ? "" : ", interval ", interval);
  }
  if (const std::string medians = medians_text(row); !medians.empty()) {
    text += fmt::format("; the medians alone differ by {}: the change is taken from all samples",
                        medians);
  }
  return text;
}

std::string verdict_sentence(const Comparison& comparison) {
  const std::int64_t all = comparison.cases;
  const std::string threshold = share_text(comparison.threshold);
  std::string text;
  switch (comparison.verdict) {
    case Verdict::slower: {
      const std::int64_t worse = cases_with(comparison, Verdict::slower);
      text = fmt::format("{}: {} {} worse in B{}{}{}",
                         any_slower_speed(comparison) ? "slower" : "worse", of_cases(worse, all),
                         is_or_are(worse), kinds_of_worse(comparison),
                         extreme(comparison, Verdict::slower, "worst"), missing_text(comparison));
      break;
    }
    case Verdict::faster: {
      const std::int64_t better = cases_with(comparison, Verdict::faster);
      text = fmt::format("faster: {} {} better in B, none is worse{}", of_cases(better, all),
                         is_or_are(better), extreme(comparison, Verdict::faster, "best"));
      break;
    }
    case Verdict::same:
      text = fmt::format("same: no difference beyond {} in {}", threshold,
                         all == 1 ? "the one case" : number_of(all, "case"));
      break;
    case Verdict::undecided: {
      std::set<std::string_view> open, withheld;
      for (const ComparisonRow& row : comparison.rows) {
        if (row.counts && row.verdict == Verdict::undecided && !row.missing_in_b) {
          (row.withheld ? withheld : open).insert(row.name);
        }
      }
      const auto count = [](const auto& names) { return static_cast<std::int64_t>(names.size()); };
      text = missing_text(comparison);
      if (!open.empty()) {
        text = fmt::format("; the samples of {} do not suffice", of_cases(count(open), all)) + text;
      }
      if (!withheld.empty()) {
        text = fmt::format("; {} {} faster, but not called so for a budget's sake",
                           of_cases(count(withheld), all), is_or_are(count(withheld))) +
               text;
      }
      text = fmt::format("undecided: {}; no case is known to be worse",
                         text.substr(std::min<std::size_t>(2, text.size())));
      break;
    }
    case Verdict::incomparable: {
      const std::string keys = blocking_keys(comparison);
      text = keys.empty() || comparison.across_machines
                 ? std::string("incomparable: no case is ok on both sides")
                 : fmt::format(
                       "incomparable: the machines differ ({}); --across-machines says that "
                       "they are what is compared",
                       keys);
      break;
    }
  }
  if (comparison.across_machines &&
      std::ranges::any_of(comparison.environment, &EnvironmentDifference::blocks)) {
    text += " (DIFFERENT MACHINES)";
  }
  if (const std::int64_t cases = cases_with_other_weights(comparison); cases > 0) {
    text += fmt::format(" (OTHER WEIGHTS under the same name in {})",
                        of_cases(cases, comparison.cases));
  }
  if (comparison.tests == 0) return text;
  const bool by_blocks = std::ranges::any_of(comparison.rows, [](const ComparisonRow& row) {
    return row.evidence && row.replication.unit == Replication::blocks;
  });
  const bool single = std::ranges::all_of(comparison.rows, [](const ComparisonRow& row) {
    return !row.evidence || (row.replication.processes_a == 1 && row.replication.processes_b == 1);
  });
  if (by_blocks) {
    text += single ? ". One process each: differences between processes are not in this"
                   : ". Fewer than 3 processes in places: differences between processes are not "
                     "fully in this";
  }
  return text;
}

std::string side_text(const ComparisonSide& side) {
  const auto one = [](const ComparedRun& run) {
    std::string text = "run " + run.id.substr(0, 8);
    if (!run.label.empty()) text += fmt::format(" \"{}\"", run.label);
    if (!run.git_commit.empty()) {
      text += ", git " + commit_text(run.git_commit, run.git_branch, run.git_dirty);
    }
    text += ", " + time_text(run.started_unix_ns);
    return text;
  };
  if (side.runs.empty()) return "no run";
  if (side.runs.size() == 1) return one(side.runs.front());
  return fmt::format("{} runs, the newest: {}", side.runs.size(),
                     one(*std::ranges::max_element(side.runs, {}, &ComparedRun::started_unix_ns)));
}

std::string machine_line(const Comparison& comparison) {
  const auto machine_of = [](const ComparisonSide& side) -> std::string {
    if (side.runs.empty() || side.runs.front().machine.empty()) return "an unknown machine";
    const std::string& first = side.runs.front().machine;
    const bool one = std::ranges::all_of(
        side.runs, [&](const ComparedRun& run) { return run.machine == first; });
    return one ? first : "several machines";
  };
  const std::string a = machine_of(comparison.a);
  const std::string b = machine_of(comparison.b);
  return a == b ? fmt::format("Both on {}.", a) : fmt::format("A on {}; B on {}.", a, b);
}

std::vector<std::size_t> rows_with(const Comparison& comparison, Verdict verdict) {
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < comparison.rows.size(); ++i) {
    if (comparison.rows[i].verdict == verdict) positions.push_back(i);
  }
  std::ranges::stable_sort(positions, [&](std::size_t i, std::size_t j) {
    return size_of(comparison.rows[i]) > size_of(comparison.rows[j]);
  });
  return positions;
}

std::vector<std::string> row_heading(const Comparison& comparison) {
  return {"case",    "metric",   "A",
          "B",       "change",   fmt::format("interval {}", share_text(1 - comparison.alpha)),
          "verdict", "judged by"};
}

std::string change_cell(const ComparisonRow& row) {
  const std::string medians = medians_text(row);
  return medians.empty() ? change_text(row)
                         : fmt::format("{} (medians {})", change_text(row), medians);
}

std::vector<std::string> row_cells(const ComparisonRow& row) {
  return {row.name,
          heading_of(row.metric),
          value_cell(row, row.a, row.value_a),
          value_cell(row, row.b, row.value_b),
          change_cell(row),
          interval_text(row),
          row_verdict_text(row),
          judged_by(row)};
}

std::vector<std::vector<std::string>> row_table(const Comparison& comparison,
                                                const std::vector<std::size_t>& positions) {
  std::vector<std::vector<std::string>> rows = {row_heading(comparison)};
  for (const std::size_t i : positions) rows.push_back(row_cells(comparison.rows[i]));
  for (std::size_t column = rows.front().size(); column-- > 0;) {
    const bool filled = std::any_of(rows.begin() + 1, rows.end(),
                                    [&](const auto& row) { return !row[column].empty(); });
    if (filled) continue;
    for (auto& row : rows) row.erase(row.begin() + static_cast<std::ptrdiff_t>(column));
  }
  return rows;
}

SameRows same_rows(const Comparison& comparison) {
  SameRows same{.rows = rows_with(comparison, Verdict::same), .left_out = {}};
  const std::size_t within = std::erase_if(same.rows, [&](std::size_t i) {
    return find_metric_tolerance(comparison.rows[i].metric) != nullptr;
  });
  if (within > 0) {
    same.left_out = fmt::format("{} of memory, exactness and quality within tolerance",
                                number_of(within, "value"));
  }
  return same;
}

std::vector<std::string> reasons(const Comparison& comparison, std::span<const Verdict> of) {
  std::vector<std::pair<std::string, std::vector<const ComparisonRow*>>> by_reason;
  std::unordered_map<std::string_view, std::size_t> position;
  for (const ComparisonRow& row : comparison.rows) {
    if (row.reason.empty() || std::ranges::find(of, row.verdict) == of.end()) continue;
    const auto [found, added] = position.emplace(row.reason, by_reason.size());
    if (added) by_reason.emplace_back(row.reason, std::vector<const ComparisonRow*>{});
    by_reason[found->second].second.push_back(&row);
  }
  std::vector<std::string> lines;
  for (const auto& [reason, rows] : by_reason) {
    std::string text = row_title(*rows.front());
    if (rows.size() > 1) text += fmt::format(" and {} more", rows.size() - 1);
    lines.push_back(fmt::format("{}: {}", text, without_breaks(reason)));
  }
  return first_lines(std::move(lines));
}

std::vector<std::size_t> explained_rows(const Comparison& comparison, std::size_t most) {
  std::vector<std::size_t> explained;
  for (const Verdict verdict : {Verdict::slower, Verdict::faster}) {
    if (!explained.empty()) break;
    for (const std::size_t i : rows_with(comparison, verdict)) {
      if (explained.size() < most && comparison.rows[i].attribution) explained.push_back(i);
    }
  }
  return explained;
}

std::string method_text(const Comparison& comparison) {
  std::string text =
      fmt::format("Threshold {}, alpha {} over {} (Holm); {} compared",
                  share_text(comparison.threshold), share_text(comparison.alpha),
                  number_of(comparison.tests, "test"), number_of(comparison.cases, "case"));
  if (!comparison.free_fields.empty()) {
    text += fmt::format(" (named as in A), matched without {}",
                        fmt::join(comparison.free_fields, ", "));
  }
  return text + ".";
}

std::string environment_title(const Comparison& comparison) {
  const bool machines = std::ranges::any_of(comparison.environment, &EnvironmentDifference::blocks);
  return machines && comparison.across_machines
             ? "DIFFERENT MACHINES are compared here; what differs in environment"
             : "What differs in environment";
}

std::vector<std::vector<std::string>> environment_table(const Comparison& comparison) {
  std::vector<std::vector<std::string>> rows;
  if (comparison.environment.empty()) return rows;
  rows.push_back({"", "what", "A", "B"});
  for (const EnvironmentDifference& entry : comparison.environment) {
    rows.push_back({std::string(name_of(entry.part)), entry.key, entry.a, entry.b});
  }
  return rows;
}

}  // namespace ridgepoint
