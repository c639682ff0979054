// What CUPTI adds to the traced passes of a case on a GPU: a timeline while they run, then passes
// whose ops are counted. Never both at once. What cannot be had is an absence with its reason in
// the details.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "profiler/cupti/pm_sampler.h"
#include "profiler/cupti/range_counter.h"
#include "profiler/cupti/timeline.h"
#include "profiler/span_recorder.h"
#include "profiler/trace/trace.h"

namespace ridgepoint {

/// The libraries that are asked, by name.
struct GpuLibraries {
  std::string cupti = std::string(kCuptiLibrary);
  std::string driver = "libcuda.so.1";
  /// Where the first whole pass's activity records go; empty: nowhere.
  std::string recording = asked_for_recording();
  /// RIDGEPOINT_CUPTI_RECORDING, or empty.
  static std::string asked_for_recording();
};

class GpuPasses {
 public:
  /// Nothing happens where `device` is none.
  GpuPasses(std::optional<int> device, SpanRecorder& recorder, GpuLibraries libraries = {});

  /// Who listens; null where there is no timeline.
  [[nodiscard]] SpanListener* timeline();
  void before_pass();
  /// False when something of the pass is missing. The device has been waited for.
  bool after_pass(std::span<const TracedPart> parts);
  /// Ends the timeline. What it saw, all passes together; null where there is no GPU.
  [[nodiscard]] nlohmann::json end_timeline();

  /// One pass: makes ready, calls start_pass() of the counter, runs, and returns the parts; nothing
  /// when it was stopped.
  using CountedPass = std::function<std::optional<std::vector<TracedPart>>(RangeCounter&)>;
  /// Counts what there is to count, as often as it takes; the timeline has ended. The recorder's
  /// listener is the counter's meanwhile. Null where there is no GPU.
  [[nodiscard]] nlohmann::json count(const CountedPass& pass);

  /// One pass: makes ready, calls start() of the sampler, runs, and returns the parts; nothing when
  /// it was stopped.
  using SampledPass = std::function<std::optional<std::vector<TracedPart>>(PmSampler&)>;
  /// What the device did over the time of one pass. Null where there is no GPU.
  [[nodiscard]] nlohmann::json sample(const SampledPass& pass) const;

 private:
  std::optional<int> device_;
  SpanRecorder& recorder_;
  GpuLibraries libraries_;
  std::unique_ptr<CuptiTimeline> timeline_;
  TimelinePass all_;
  std::int64_t passes_ = 0, incomplete_ = 0;
};

/// Counted values of each phase and op: of one part of that phase, the mean over the parts that
/// were counted to their end. `ranges` may lack the last ones for want of room.
nlohmann::json counts_json(std::span<const CountedRange> ranges, const MetricSchedule& schedule,
                           std::span<const SpanSource> sources, std::span<const TracedPart> parts,
                           bool is_cut);

/// Values over time: "at_ns" from the pass's begin, to which the first sample is set, and a list a
/// meaning, bytes as bytes a second.
nlohmann::json samples_json(std::span<const PmSample> samples, const MetricSchedule& schedule);

/// Bytes at the device's memory, read and written, of all ops of a phase; nothing where one of them
/// was not counted. `counted` is what GpuPasses::count gives.
std::optional<double> counted_memory_bytes(const nlohmann::json& counted, std::string_view phase);

}  // namespace ridgepoint
