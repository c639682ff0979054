// PmSampler: what a GPU's memory and tensor cores did over time, sampled by its hardware every so
// often while a pass runs (CUPTI's PM sampling). Metrics that take one pass only. Passes that are
// sampled are never timed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "profiler/cupti/metric_schedule.h"

namespace ridgepoint {

struct PmSamplerOptions {
  int device = 0;
  std::uint64_t interval_ns = 10'000;
  std::uint32_t most_samples = 4096;  ///< decoded at once; of these there may be many
  std::string cupti = std::string(kCuptiLibrary);
};

struct PmSample {
  std::int64_t begin_ns = 0, end_ns = 0;  ///< of the device's timer, from the first sample's begin
  std::vector<double> values;             ///< by metric of the schedule, in the meaning's unit
};

/// Raw values of a sample, times each metric's factor; false, and no values, for what can be none.
bool take_sample(PmSample& sample, std::span<const double> raw, const MetricSchedule& schedule);

class PmSampler {
 public:
  explicit PmSampler(const PmSamplerOptions& options);
  ~PmSampler();
  PmSampler(const PmSampler&) = delete;
  PmSampler& operator=(const PmSampler&) = delete;

  /// Empty, or why nothing is sampled: one line.
  [[nodiscard]] const std::string& why_absent() const { return why_; }
  [[nodiscard]] const MetricSchedule& schedule() const { return schedule_; }
  /// Samples were lost because there was no room for more.
  [[nodiscard]] bool overflowed() const { return overflowed_; }

  /// False when it does not work; why_absent() then says why.
  bool start();
  /// What there was since; empty when it went wrong.
  std::vector<PmSample> stop();

 private:
  struct Cupti;
  void open(const PmSamplerOptions& options);
  bool failed(std::string_view what, int status);
  /// Those that were decoded last; `first_ns`: when the first of all began, 0: not known yet.
  bool add_samples(std::vector<PmSample>& samples, std::uint64_t& first_ns);

  std::unique_ptr<Cupti> cupti_;
  MetricSchedule schedule_;
  std::string why_;
  bool overflowed_ = false;
};

}  // namespace ridgepoint
