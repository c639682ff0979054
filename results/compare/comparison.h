// Comparison: what `compare` found, as plain data: verdict, what differs in environment, a row for
// each case and metric, and why. Every report (results/report/comparison_*.h) is made from this
// value alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "results/compare/attribution.h"
#include "results/compare/environment_difference.h"
#include "results/metric.h"
#include "results/outcome.h"
#include "results/statistics/quantile.h"
#include "results/statistics/replicates.h"
#include "results/verdict.h"
#include "workloads/case.h"

namespace ridgepoint {

/// A run that one side took records from.
struct ComparedRun {
  std::string id, label, suite, git_commit, git_branch, tool_version, machine;
  bool git_dirty = false;
  std::string status;
  std::int64_t started_unix_ns = 0;
};

struct ComparisonSide {
  std::string asked;  ///< as typed
  std::vector<ComparedRun> runs;
  std::vector<std::string> unmatched;  ///< names of the cases that the other side lacks
};

/// What one record said.
struct ComparedOutcome {
  Outcome outcome = Outcome::ok;
  std::string reason;
  std::string record_id;
};

/// What the samples of a metric say: ratios are B over A in the metric's own unit.
struct RatioEvidence {
  double ratio =
      1;  ///< Hodges-Lehmann on logarithms, or of means of logarithms (by `unit`, counts)
  Interval interval;  ///< of `ratio`, at 1 - alpha
  double ratio_of_medians = 1;
  std::optional<Interval> ratio_of_medians_interval;
  double p = 1;           ///< of the data if the difference lay within the threshold
  double adjusted_p = 1;  ///< Holm over the family
};

/// How much there was to judge by.
struct RowReplication {
  Replication unit = Replication::none;
  std::int64_t count_a = 0, count_b = 0;          ///< processes or blocks
  std::int64_t values_a = 0, values_b = 0;        ///< repetitions behind them
  std::int64_t processes_a = 1, processes_b = 1;  ///< that took them
};

/// One metric of one case on both sides; or, with `metric` empty, two outcomes.
struct ComparisonRow {
  std::string name;  ///< of the case, unlike every other's
  Case subject;      ///< as A has it
  ComparedOutcome a, b;
  std::string metric;
  Better better = Better::neither;
  double value_a = 0, value_b = 0;  ///< medians; for single values, those
  Verdict verdict = Verdict::undecided;
  std::string reason;                     ///< why not, or what is to know; empty when plain
  bool counts = true;                     ///< whether the overall verdict asks this row
  bool missing_in_b = false;              ///< A has the case, or the metric, and B has not
  bool withheld = false;                  ///< faster, but past its budget: undecided
  bool other_weights = false;             ///< the model is the same by name, its weights are not
  std::optional<RatioEvidence> evidence;  ///< empty: single values, or too little
  RowReplication replication;
  std::optional<Attribution> attribution;
};

struct Comparison {
  Verdict verdict = Verdict::undecided;
  double threshold = 0, alpha = 0;
  bool across_machines = false;
  ComparisonSide a, b;
  std::vector<std::string> free_fields;  ///< case fields in which A and B differ by request
  std::vector<EnvironmentDifference> environment;
  std::vector<ComparisonRow> rows;  ///< in A's order
  std::int64_t cases = 0;           ///< that both sides have
  std::int64_t tests = 0;           ///< size of the Holm family
  std::vector<std::string> notes;   ///< caveats of the whole, sentences
};

}  // namespace ridgepoint
