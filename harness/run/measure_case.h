// Measures one case in the current process, which is one of those that the case gets: opens the
// backend, loads, warms up until the stated criterion holds, times, checks the output. The child
// side of run_process (harness/run/child.cpp).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "harness/run/process_plan.h"
#include "harness/run/run_options.h"
#include "results/record.h"

namespace ridgepoint {

/// What a child tells its parent while it goes, so that a crash loses nothing measured before it.
class MeasurementSink {
 public:
  virtual ~MeasurementSink() = default;
  virtual void samples(std::string_view series, std::span<const std::int64_t> values) = 0;
  virtual void metric(std::string_view name, double value) = 0;
  virtual void detail(std::string_view key, std::string_view json) = 0;  ///< into Record::details
  virtual void op_times(std::span<const OpTime> ops) = 0;
  virtual void trace(std::span<const std::byte> packed) = 0;  ///< results/store/trace_codec.h
  virtual void progress(double fraction, std::string_view phase) = 0;
};

struct CaseResult {
  Outcome outcome = Outcome::ok;
  std::string reason;
};

/// Finds and stores answers of the reference (harness/run/check.h), owned by the parent.
struct AnswerStore {
  std::function<std::string(const std::string& key)> find;  ///< empty string: none
  std::function<void(const std::string& key, const std::string& value)> put;
};

/// `plan` says which process this is and what of the budget is its own; the first one checks the
/// answers. `stop` is set by SIGINT / SIGTERM: finish the current sample, keep what there is. An
/// Error or std::bad_alloc on the way becomes the outcome.
CaseResult measure_case(const Case& subject, const RunOptions& options, MeasurementSink& sink,
                        AnswerStore& answers, const std::atomic<bool>& stop,
                        const ProcessPlan& plan = {});

}  // namespace ridgepoint
