// Runs one process of a case (this executable again, hidden subcommand `measure`), with a time and
// a memory limit; whatever happens to the child becomes an outcome with a reason.
//
// The child leads a process group, which dies as a whole: when the child has ended, at the limits,
// and when this process is gone for whatever reason.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/run/measure_case.h"
#include "harness/run/process_plan.h"
#include "harness/run/run_options.h"
#include "results/record.h"

namespace ridgepoint {

struct CaseProgress {
  double fraction = 0;
  std::string phase;
};

inline constexpr int kInstructionsFd = 3;  ///< the child's `in_fd`
inline constexpr int kEventsFd = 4;        ///< the child's `out_fd`

/// What is started for a case: "PROGRAM measure 3 4", which must call measure_main with these two.
struct MeasureProgram {
  std::string path = "/proc/self/exe";
  std::vector<std::string> arguments = {"measure", std::to_string(kInstructionsFd),
                                        std::to_string(kEventsFd)};
};

/// Between SIGTERM and SIGKILL when the time limit is reached.
inline constexpr double kTimeLimitGraceSeconds = 2;
/// The same when the user stops: the sample in flight may take a while.
inline constexpr double kStopGraceSeconds = 10;

struct ProcessTask {
  const Case& subject;
  const RunOptions& options;
  ProcessPlan plan;
  std::int64_t deadline_ns = 0;  ///< of the monotonic clock: then it is ended, timed out
};

struct ProcessResult {
  Outcome outcome = Outcome::ok;
  std::string reason;
  std::vector<Series> series;
  std::map<std::string, double> metrics;
  std::vector<OpTime> op_times;
  std::vector<std::byte> trace;  ///< packed, as the child sent it: it may be anything
  nlohmann::json details = nlohmann::json::object();
  std::int64_t duration_ns = 0;
};

/// Never throws for what the child does. Error when no process can be started at all. `on_progress`
/// may be empty; it is called on this thread.
ProcessResult run_process(const ProcessTask& task, AnswerStore& answers,
                          const std::atomic<bool>& stop,
                          const std::function<void(const CaseProgress&)>& on_progress,
                          const MeasureProgram& program);

}  // namespace ridgepoint
