// Sweep: the cases of one run, one after the other, each result stored the moment it exists, so
// that whatever ends the sweep, what was measured is kept and `resume` goes on from there.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/run/run_case.h"
#include "harness/run/run_options.h"
#include "results/store/store.h"

namespace ridgepoint {

/// Watches a sweep; called on the sweep's thread. Implemented by progress.h and by tests.
class SweepObserver {
 public:
  virtual ~SweepObserver() = default;
  virtual void case_started(std::int64_t position, std::int64_t total, const Case& subject) = 0;
  virtual void case_progress(const CaseProgress& progress) = 0;
  virtual void case_finished(const Record& record) = 0;
  /// Every case has a record; `count` noisy ones follow once more, counted from 0 anew.
  virtual void measuring_again(std::int64_t count) { static_cast<void>(count); }
};

/// Plans a new run: resolved cases, environment, git state, harness floor; stores it as `running`.
/// Returns its id. That what the cases name can be opened is preflight's to say (preflight.h).
std::string begin_sweep(Store& store, const std::vector<Case>& cases, const RunOptions& options,
                        const std::string& suite, const std::string& label,
                        const std::string& command);

struct SweepResult {
  std::int64_t measured = 0;  ///< records written by this call
  std::int64_t remeasured =
      0;  ///< of these or of earlier ones: gave way to one with more processes
  // Of the whole run, records of earlier calls included.
  std::int64_t ok = 0;
  std::int64_t not_ok = 0;  ///< outcomes other than ok and unsupported
  bool interrupted = false;
};

/// Runs every planned case of the run that has no record yet (an interrupted case is measured
/// anew), with the options stored in it, then the noisy ones once more; marks the run finished or
/// interrupted. Error when the run is not in the store, another environment is at hand than the one
/// it was begun in, or another process of this machine measures it.
SweepResult run_sweep(Store& store, const std::string& run_id, SweepObserver& observer,
                      const std::atomic<bool>& stop, const MeasureProgram& program = {});

}  // namespace ridgepoint
