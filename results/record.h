// Record: what one case left behind. Samples are kept, every one, as integers; figures that people
// read are derived from them by results/metric.h and stored beside them. Immutable once stored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "results/outcome.h"
#include "results/run_marks.h"
#include "workloads/case.h"

namespace ridgepoint {

/// Samples of one kind, in the order taken. Times are nanoseconds of CLOCK_MONOTONIC differences.
/// Well-known names (results/metric.h says what is derived from each):
///   op:  "run"            one pass of the operator
///   llm: "ttft"           prompt in to first token out, one a repetition
///        "inter_token"    gaps between tokens, repetition-major, equally many each
///        "decode_step"    generate-only cases: every step, repetition-major
///        "end_to_end"     one a repetition
///        "load"           file to ready session, one a load
///        "warm_up"        discarded passes, kept to be looked at
struct Series {
  std::string name;
  std::string unit = "ns";
  std::vector<std::int64_t> samples;
  /// Samples of each process that took some, in order; their sum is the number of samples. Empty:
  /// one process took them all, or nobody said (imports).
  std::vector<std::int64_t> process_counts{};
  bool operator==(const Series&) const = default;
};

/// What one op did in one pass of a phase, from a traced pass of its own: headline latencies are
/// never traced ones. Op ids are the graph's, stable over backends.
struct OpTime {
  std::string phase;         ///< "prefill", "decode"; "run" for operator cases
  std::string op_id;         ///< "layer.3.attention.q"
  std::string op;            ///< operator name, "matrix_product"
  std::int64_t time_ns = 0;  ///< median over the traced passes
  std::int64_t passes = 0;   ///< how many were traced
  double work_flops = 0;     ///< what it must compute in the pass
  double work_bytes = 0;     ///< what it must move at the least
  /// Of work_bytes; all 0 where nobody said (before schema 7).
  double weight_bytes = 0, kv_bytes = 0, activation_bytes = 0;
  std::string weight_type{};  ///< "q8_0"; empty: it has no weights, or nobody said
  /// Interval of time_ns: 95 % of the median from six passes on, below that the range of all; 0 and
  /// 0 where nobody said.
  std::int64_t low_ns = 0, high_ns = 0;
  bool operator==(const OpTime&) const = default;
};

struct Measurement {
  std::vector<Series> series;
  std::map<std::string, double> metrics;  ///< by MetricSpec name
  std::vector<OpTime> op_times{};         ///< in graph order, phase by phase; empty: not traced
  /// Spans of the traced passes, packed (store/trace_codec.h); empty: none were kept. Of what is
  /// read from a store only Store::record has it.
  std::vector<std::byte> trace{};
  [[nodiscard]] const Series* find(std::string_view name) const;
};

struct Record {
  std::string id;            ///< UUID
  std::string run_id;        ///< UUID
  std::int64_t ordinal = 0;  ///< position of the case in its run
  Case subject;
  Outcome outcome = Outcome::ok;
  std::string reason;  ///< empty only when ok
  std::int64_t started_unix_ns = 0;
  std::int64_t duration_ns = 0;
  Measurement measurement;
  /// Canonical JSON object: backend, model, warm-up, stopping, check, cache proof, load and steal
  /// around the case. Keys in docs/formats.md.
  std::string details = "{}";
};

/// A key of a run's conditions: what its dates are taken from, where the program that measured it
/// wrote none.
inline constexpr std::string_view kDatedBy = "dated_by";
/// Its value: when the imported file was last written.
inline constexpr std::string_view kDatedByFile = "file";

/// A key of a run's conditions: why there is no commit, a sentence.
inline constexpr std::string_view kNoGit = "no_git";

/// One invocation of `run`, `resume`d or not.
struct Run {
  std::string id;       ///< UUID
  std::string label;    ///< free, from --label
  std::string suite;    ///< suite name, empty for a single case
  std::string command;  ///< command line
  std::string tool_version;
  std::string git_commit;  ///< of the working directory, empty outside a repository
  std::string git_branch;
  bool git_dirty = false;
  std::string status;  ///< running, finished, interrupted
  std::int64_t started_unix_ns = 0;
  std::int64_t finished_unix_ns = 0;  ///< 0 while running
  std::int64_t harness_floor_ns = 0;  ///< median of a null sample, measured at the start
  std::string environment_hash;       ///< over the stable part
  std::string environment;            ///< canonical JSON, stable part
  std::string conditions;             ///< canonical JSON, the part that moves (load, steal, clocks)
  std::string conditions_after;       ///< the same when it finished; empty while running
  std::string options =
      "{}";          ///< canonical JSON of run options needed to resume (limits, repetitions)
  RunMarks marks{};  ///< all that may change of it later
};

struct PlannedCase {
  std::int64_t ordinal = 0;
  Case subject;
};

/// All that is known of one run: what travels in exports and imports.
struct RunWithRecords {
  Run run;
  std::vector<Record> records;       ///< in ordinal order
  std::vector<PlannedCase> planned;  ///< every case of the run; empty: just those with records
};

}  // namespace ridgepoint
