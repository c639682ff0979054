// Runs one case in a process of its own (this executable again, hidden subcommand `measure`), with
// a time and a memory limit; whatever happens to the child becomes a Record with an outcome.
//
// The child leads a process group, which dies as a whole: when the child has ended, at the limits,
// and when this process is gone for whatever reason.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "harness/run/measure_case.h"
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

/// Never throws for what the child does. Fills outcome, reason, measurement (with derived metrics),
/// details, start and duration; the caller sets id, run id and ordinal. Error when no process can
/// be started at all. `on_progress` may be empty; it is called on this thread.
Record run_case(const Case& subject, const RunOptions& options, AnswerStore& answers,
                const std::atomic<bool>& stop,
                const std::function<void(const CaseProgress&)>& on_progress,
                const MeasureProgram& program = {});

/// The child's main: reads instructions from `in_fd`, writes events to `out_fd`; returns exit code.
int measure_main(int in_fd, int out_fd);

}  // namespace ridgepoint
