#include "results/compare/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <utility>

#include "results/compare/case_names.h"
#include "results/compare/compared_metrics.h"
#include "results/compare/judge.h"
#include "results/compare/match_cases.h"
#include "results/compare/outcome_verdict.h"
#include "results/compare/weights_difference.h"
#include "results/metric_tolerance.h"
#include "results/report/case_tables.h"
#include "results/report/git_text.h"
#include "results/statistics/holm.h"
#include "workloads/error.h"
#include "workloads/number_of.h"

namespace ridgepoint {
namespace {

/// Rows whose cause is looked for, the worst first: nobody reads more.
constexpr std::size_t kMostExplained = 20;

std::vector<const Case*> subjects_of(const SelectedSides& sides, const SelectedSide& side) {
  std::vector<const Case*> subjects;
  for (const SideRecord& entry : side.records) {
    subjects.push_back(&sides.runs[entry.run].records[entry.record].subject);
  }
  return subjects;
}

std::vector<std::string> names_of(const std::vector<const Case*>& subjects,
                                  const std::vector<std::size_t>& positions) {
  std::vector<Case> cases;
  for (const std::size_t i : positions) cases.push_back(*subjects[i]);
  return case_names(cases);
}

ComparedRun described(const Run& run) {
  return {.id = run.id,
          .label = run.label,
          .suite = run.suite,
          .git_commit = run.git_commit,
          .git_branch = run.git_branch,
          .tool_version = run.tool_version,
          .machine = machine_text(run.environment),
          .git_dirty = run.git_dirty,
          .status = run.status,
          .started_unix_ns = run.started_unix_ns};
}

class Comparing {
 public:
  Comparing(const SelectedSides& sides, const CompareOptions& options)
      : sides_(sides), options_(options) {}

  /// Everything up to the tests.
  void weigh_all() {
    result_.threshold = options_.threshold;
    result_.alpha = options_.alpha;
    result_.across_machines = options_.across_machines;
    result_.free_fields = sides_.free_fields;
    describe(sides_.a, result_.a);
    describe(sides_.b, result_.b);
    match();
    make_rows();
    add_missing_cases();
    if (result_.rows.empty()) refuse_nothing_to_compare();
    for (std::size_t i = 0; i < result_.rows.size(); ++i) {
      if (result_.rows[i].evidence) tested_.push_back(i);
    }
  }

  /// Of the tests, in the order of their rows.
  [[nodiscard]] std::vector<double> p_values() const {
    std::vector<double> p;
    for (const std::size_t i : tested_) p.push_back(result_.rows[i].evidence->p);
    return p;
  }

  /// `adjusted`: of p_values(), over a family of so many tests.
  Comparison decided(std::span<const double> adjusted, std::size_t family) {
    result_.tests = static_cast<std::int64_t>(family);
    for (std::size_t i = 0; i < tested_.size(); ++i) {
      ComparisonRow& row = result_.rows[tested_[i]];
      row.evidence->adjusted_p = adjusted[i];
      decide(options_.threshold, options_.alpha, row);
    }
    withhold();
    doubt_other_weights();
    explain_worst();
    add_notes();
    result_.verdict = overall();
    return std::move(result_);
  }

 private:
  [[nodiscard]] const Record& record(const SideRecord& entry) const {
    return sides_.runs[entry.run].records[entry.record];
  }

  void describe(const SelectedSide& side, ComparisonSide& into) const {
    into.asked = side.asked;
    std::set<std::size_t> used;
    for (const SideRecord& entry : side.records) {
      if (used.insert(entry.run).second) into.runs.push_back(described(sides_.runs[entry.run].run));
    }
  }

  void match() {
    const std::vector<const Case*> a = subjects_of(sides_, sides_.a);
    const std::vector<const Case*> b = subjects_of(sides_, sides_.b);
    matches_ = match_cases(a, b, sides_.free_fields);
    result_.cases = static_cast<std::int64_t>(matches_.both.size());
    result_.a.unmatched = names_of(a, matches_.only_a);
    result_.b.unmatched = names_of(b, matches_.only_b);
    if (matches_.both.empty()) refuse_nothing_in_common();
    const bool same_records = std::ranges::all_of(matches_.both, [&](const auto& pair) {
      return record(sides_.a.records[pair.first]).id == record(sides_.b.records[pair.second]).id;
    });
    if (same_records) {
      throw Error(fmt::format(
          "'{}' and '{}' are the same records; give two runs, or filters such as backend:NAME",
          sides_.a.asked, sides_.b.asked));
    }
    std::vector<std::size_t> in_a;
    for (const auto& [left, right] : matches_.both) in_a.push_back(left);
    names_ = names_of(a, in_a);
  }

  [[noreturn]] void refuse_nothing_in_common() const {
    const auto some = [](const ComparisonSide& side) {
      return side.unmatched.empty()
                 ? std::string("none")
                 : fmt::format("{} such as '{}'", side.unmatched.size(), side.unmatched.front());
    };
    std::vector<std::string_view> fields;
    if (!sides_.a.records.empty() && !sides_.b.records.empty()) {
      const Case& a = record(sides_.a.records.front()).subject;
      const Case& b = record(sides_.b.records.front()).subject;
      for (const CaseField& field : case_fields()) {
        if (get(a, field) != get(b, field)) fields.push_back(field.name);
      }
    }
    throw Error(fmt::format(
        "no case in common: A has {}, B has {}{}; to compare across a field, filter it on both "
        "sides (backend:null against backend:reference)",
        some(result_.a), some(result_.b),
        fields.empty() ? "" : fmt::format(" (they differ in {})", fmt::join(fields, ", "))));
  }

  /// What blocks a comparison of these two runs: the first machine key that differs; empty:
  /// nothing.
  const std::string& blocking_key(std::size_t run_a, std::size_t run_b) {
    const auto [found, added] = blocking_.try_emplace({run_a, run_b});
    if (added) {
      const Run& a = sides_.runs[run_a].run;
      const Run& b = sides_.runs[run_b].run;
      if (a.environment.empty() || b.environment.empty()) unknown_machine_ = true;
      for (EnvironmentDifference& difference : differences(a, b)) {
        if (difference.blocks && !options_.across_machines && found->second.empty()) {
          found->second = difference.key;
        }
        if (std::ranges::find(result_.environment, difference) == result_.environment.end()) {
          result_.environment.push_back(std::move(difference));
        }
      }
    }
    return found->second;
  }

  static std::vector<EnvironmentDifference> differences(const Run& a, const Run& b) {
    std::vector<EnvironmentDifference> all = environment_differences(a.environment, b.environment);
    const auto add = [&](std::string key, const std::string& of_a, const std::string& of_b) {
      if (of_a != of_b) all.push_back({EnvironmentPart::build, std::move(key), of_a, of_b, false});
    };
    const auto commit = [](const Run& run) {
      if (run.git_commit.empty()) return std::string("not known");
      return commit_text(run.git_commit, "", run.git_dirty);
    };
    add("git commit", commit(a), commit(b));
    for (EnvironmentDifference& difference : environment_differences(a.options, b.options)) {
      difference.part = EnvironmentPart::other;
      difference.blocks = false;
      difference.key = "option " + difference.key;
      all.push_back(std::move(difference));
    }
    return all;
  }

  void make_rows() {
    result_.rows.reserve(matches_.both.size() * (metric_tolerances().size() + 2));
    for (std::size_t i = 0; i < matches_.both.size(); ++i) {
      const SideRecord& side_a = sides_.a.records[matches_.both[i].first];
      const SideRecord& side_b = sides_.b.records[matches_.both[i].second];
      const Record& a = record(side_a);
      const Record& b = record(side_b);
      const std::string& blocked = blocking_key(side_a.run, side_b.run);
      ComparisonRow row;
      row.name = names_[i];
      row.subject = a.subject;
      row.a = {a.outcome, a.reason, a.id};
      row.b = {b.outcome, b.reason, b.id};
      look_at_weights(a, b, row);
      if (!blocked.empty()) {
        row.verdict = Verdict::incomparable;
        row.reason = fmt::format("the machines differ in {}", blocked);
        any_blocked_ = true;
        result_.rows.push_back(std::move(row));
      } else if (a.outcome != Outcome::ok || b.outcome != Outcome::ok) {
        judge_outcomes(std::ranges::find(sides_.free_fields, "backend") != sides_.free_fields.end(),
                       row);
        result_.rows.push_back(std::move(row));
      } else {
        add_metric_rows(a, b, row);
      }
    }
  }

  void look_at_weights(const Record& a, const Record& b, ComparisonRow& row) {
    const std::optional<WeightsDifference> weights = weights_difference(a, b);
    if (!weights) return;
    row.other_weights = true;
    weights_[a.id] = *weights;
    ++cases_of_other_weights_;
    EnvironmentDifference difference{
        EnvironmentPart::other,
        fmt::format("weights of {}{}{}", a.subject.model, a.subject.transform.empty() ? "" : " as ",
                    a.subject.transform),
        weights->a, weights->b, false};
    // All cases of a model share them.
    if (std::ranges::find(result_.environment, difference) == result_.environment.end()) {
      result_.environment.push_back(std::move(difference));
    }
  }

  /// What A measured and B did not is no pass.
  void add_missing_cases() {
    for (std::size_t i = 0; i < matches_.only_a.size(); ++i) {
      const Record& record_a = record(sides_.a.records[matches_.only_a[i]]);
      if (record_a.outcome != Outcome::ok) continue;
      ComparisonRow row;
      row.name = result_.a.unmatched[i];
      row.subject = record_a.subject;
      row.a = {record_a.outcome, record_a.reason, record_a.id};
      row.reason = "A has it, B does not";
      row.missing_in_b = true;
      result_.rows.push_back(std::move(row));
    }
  }

  /// Metrics that A has and B lacks: a speed, exactness or quality that nobody measured is open;
  /// memory is named.
  void add_missing_metrics(const Record& a, const Record& b, const ComparisonRow& begun) {
    for (const std::string& metric : metrics_only_in_a(a, b, options_.metrics)) {
      ComparisonRow row = begun;
      row.metric = metric;
      row.better = better_of_metric(metric);
      row.value_a = a.measurement.metrics.at(metric);
      row.value_b = std::numeric_limits<double>::quiet_NaN();
      row.missing_in_b = true;
      row.reason = metric == "check_relative_error"
                       ? "A was checked against the reference and B was not: nothing says that B's "
                         "output is right"
                       : fmt::format("A has {}, B does not", metric);
      row.counts = !metric.ends_with("_bytes");
      result_.rows.push_back(std::move(row));
    }
  }

  void add_metric_rows(const Record& a, const Record& b, const ComparisonRow& begun) {
    const std::vector<std::string> metrics = compared_metrics(a, b, options_.metrics);
    const std::size_t rows_before = result_.rows.size();
    add_missing_metrics(a, b, begun);
    if (metrics.empty() && options_.metrics.empty() && result_.rows.size() == rows_before) {
      ComparisonRow row = begun;
      row.reason = "no primary metric is there on both sides";
      result_.rows.push_back(std::move(row));
    }
    const std::string withheld =
        b.subject.workload == "llm"
            ? withheld_by_quality(options_.budget, b, &a.subject, options_.qualities)
            : std::string();
    for (const std::string& metric : metrics) {
      if (!withheld.empty()) withheld_[result_.rows.size()] = withheld;
      ComparisonRow row = begun;
      weigh(a, b, metric, options_.threshold, options_.alpha, row);
      if (row.evidence) records_[result_.rows.size()] = {&a, &b};
      result_.rows.push_back(std::move(row));
    }
  }

  [[noreturn]] void refuse_nothing_to_compare() const {
    throw Error(fmt::format("no case has {} on both sides; see docs/metrics.md",
                            fmt::join(options_.metrics, ", ")));
  }

  /// Speed that was bought with quality is no verdict.
  void withhold() {
    for (const auto& [position, why] : withheld_) {
      ComparisonRow& row = result_.rows[position];
      if (row.verdict != Verdict::faster) continue;
      row.verdict = Verdict::undecided;
      row.withheld = true;
      row.reason = "faster, but not called so: " + why;
    }
  }

  /// A row that says worse or better says it of the engine, unless it says this.
  void doubt_other_weights() {
    for (ComparisonRow& row : result_.rows) {
      if (!row.other_weights) continue;
      if (row.verdict != Verdict::slower && row.verdict != Verdict::faster) continue;
      const std::string why = sentence_of(weights_.at(row.a.record_id));
      row.reason = row.reason.empty() ? why : fmt::format("{}; {}", row.reason, why);
    }
  }

  void explain_worst() {
    std::vector<std::size_t> differing;
    for (std::size_t i = 0; i < result_.rows.size(); ++i) {
      const ComparisonRow& row = result_.rows[i];
      const bool differs = row.verdict == Verdict::slower || row.verdict == Verdict::faster;
      if (differs && row.evidence) differing.push_back(i);
    }
    std::ranges::sort(differing, [&](std::size_t i, std::size_t j) {
      const ComparisonRow& a = result_.rows[i];
      const ComparisonRow& b = result_.rows[j];
      return std::pair(a.verdict, -std::abs(std::log(a.evidence->ratio))) <
             std::pair(b.verdict, -std::abs(std::log(b.evidence->ratio)));
    });
    if (differing.size() > kMostExplained) differing.resize(kMostExplained);
    for (const std::size_t i : differing) {
      ComparisonRow& row = result_.rows[i];
      const auto& [a, b] = records_.at(i);
      row.attribution = attribute(*a, *b, row.metric, row.value_a, row.value_b);
    }
  }

  void add_notes() {
    const auto by_blocks = std::ranges::count_if(result_.rows, [](const ComparisonRow& row) {
      return row.evidence && row.replication.unit == Replication::blocks;
    });
    if (by_blocks > 0) {
      result_.notes.push_back(
          fmt::format("{} of {} {} on fewer than {} processes a side: what differs from process to "
                      "process is not in the intervals",
                      by_blocks, number_of(tested_.size(), "test"),
                      tested_.size() == 1 ? "rests" : "rest", kFewestProcesses));
    }
    if (cases_of_other_weights_ > 0) {
      result_.notes.push_back(fmt::format(
          "{} of {} {} the same by name, but {} weights are not: what differs there, quality above "
          "all, may come from the weights and says nothing of the engine alone",
          cases_of_other_weights_, result_.cases, result_.cases == 1 ? "case is" : "cases are",
          cases_of_other_weights_ == 1 ? "its" : "their"));
    }
    if (sides_.pooled_rows > 0) {
      result_.notes.push_back(fmt::format(
          "{} rows are of tests that stand more than once in their file: rows of one test are "
          "taken for processes of their own, which they are where the program was started anew "
          "for each",
          sides_.pooled_rows));
    }
    if (unknown_machine_) {
      result_.notes.emplace_back(
          "a side does not say on which machine it was measured; both are taken for the same one");
    }
    for (const auto& [side, name] : {std::pair(&result_.a, 'A'), std::pair(&result_.b, 'B')}) {
      for (const ComparedRun& run : side->runs) {
        if (run.status == "finished") continue;
        result_.notes.push_back(fmt::format("run {} of {} is {}: not all of its cases are there",
                                            run.id.substr(0, 8), name,
                                            run.status == "running" ? "not finished" : run.status));
      }
    }
  }

  [[nodiscard]] Verdict overall() const {
    const auto any = [&](Verdict verdict, auto&& which) {
      return std::ranges::any_of(result_.rows, [&](const ComparisonRow& row) {
        return row.counts && row.verdict == verdict && which(row);
      });
    };
    const auto every = [](const ComparisonRow&) { return true; };
    if (any(Verdict::slower, every)) return Verdict::slower;
    if (any_blocked_) return Verdict::incomparable;
    if (any(Verdict::undecided, every)) return Verdict::undecided;
    // Less memory is welcome, but it is speed that makes a run faster, where speed was compared.
    const auto of_speed = [&](const ComparisonRow& row) { return row.evidence.has_value(); };
    if (!tested_.empty() ? any(Verdict::faster, of_speed) : any(Verdict::faster, every)) {
      return Verdict::faster;
    }
    const bool judged = any(Verdict::same, every) || any(Verdict::faster, every);
    return judged ? Verdict::same : Verdict::incomparable;
  }

  const SelectedSides& sides_;
  const CompareOptions& options_;
  Comparison result_;
  CaseMatches matches_;
  std::vector<std::string> names_;  ///< of the matched cases
  std::map<std::pair<std::size_t, std::size_t>, std::string> blocking_;
  std::vector<std::size_t> tested_;                                         ///< rows with evidence
  std::map<std::size_t, std::pair<const Record*, const Record*>> records_;  ///< by row
  std::map<std::size_t, std::string> withheld_;       ///< by row: why it may not be called faster
  std::map<std::string, WeightsDifference> weights_;  ///< by A's record, where there is one
  std::int64_t cases_of_other_weights_ = 0;
  bool any_blocked_ = false;
  bool unknown_machine_ = false;
};

}  // namespace

namespace {

void require_sound(const CompareOptions& options) {
  const auto is_share = [](double value) { return value > 0 && value < 1; };
  if (!is_share(options.threshold) || !is_share(options.alpha)) {
    throw std::invalid_argument("compare: threshold and alpha lie between 0 and 1");
  }
  require_comparable_metrics(options.metrics);
}

}  // namespace

Comparison compare(const SelectedSides& sides, const CompareOptions& options) {
  require_sound(options);
  Comparing comparing(sides, options);
  comparing.weigh_all();
  const std::vector<double> adjusted = holm_adjusted(comparing.p_values());
  return comparing.decided(adjusted, adjusted.size());
}

std::vector<ComparedPair> compare_many(std::span<const SelectedSides> pairs,
                                       const CompareOptions& options) {
  require_sound(options);
  std::vector<ComparedPair> results(pairs.size());
  std::vector<std::optional<Comparing>> comparing(pairs.size());
  std::vector<double> family;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    try {
      comparing[i].emplace(pairs[i], options);
      comparing[i]->weigh_all();
    } catch (const Error& problem) {
      results[i].problem = problem.what();
      continue;
    }
    const std::vector<double> p = comparing[i]->p_values();
    family.insert(family.end(), p.begin(), p.end());
  }
  const std::vector<double> adjusted = holm_adjusted(family);
  std::size_t from = 0;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (!results[i].problem.empty()) continue;
    const std::size_t tests = comparing[i]->p_values().size();
    results[i].comparison =
        comparing[i]->decided(std::span(adjusted).subspan(from, tests), family.size());
    from += tests;
  }
  return results;
}

}  // namespace ridgepoint
