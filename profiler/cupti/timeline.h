// CuptiTimeline: what a GPU did and when, from CUPTI's activity records, joined to ops. It listens
// to the ops that an execution announces while it launches or records them, and after each pass
// puts spans on the ops' track and on one track for each stream of the device.
//
// It is opened late, when nothing that is timed is left, so that headline latencies never come from
// a process in which CUPTI has been. One at a time in a process. Whatever fails leaves a sentence
// and a program that goes on without it. No callback of CUPTI's ever throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "profiler/cupti/activity_join.h"
#include "profiler/cupti/activity_recording.h"
#include "profiler/cupti/metric_schedule.h"
#include "profiler/span_recorder.h"

namespace ridgepoint {

/// What is known of one pass, or of several together.
struct TimelinePass {
  std::size_t kernels = 0, copies = 0, fills = 0;
  std::size_t by_external = 0, by_node = 0, by_range = 0, by_nothing = 0;
  std::size_t dropped = 0, without_times = 0, lost_buffers = 0, cut = 0;
  std::int64_t copied_bytes = 0, overhead_ns = 0;
  /// How far an activity lay outside the pass on the host's clock: the two clocks' disagreement.
  std::int64_t outside_ns = 0;
  DeviceGaps gaps;
  /// Whether every record came, with its times. What is not is no trace of a pass.
  [[nodiscard]] bool whole() const {
    return dropped == 0 && without_times == 0 && lost_buffers == 0 && cut == 0;
  }
  void add(const TimelinePass& other);
};

class CuptiTimeline : public SpanListener {
 public:
  /// Begins at once. `recorder` must outlive it.
  explicit CuptiTimeline(SpanRecorder& recorder,
                         const std::string& library = std::string(kCuptiLibrary));
  ~CuptiTimeline() override;
  CuptiTimeline(const CuptiTimeline&) = delete;
  CuptiTimeline& operator=(const CuptiTimeline&) = delete;

  /// Empty, or why there is no timeline: one line.
  [[nodiscard]] const std::string& why_absent() const { return why_; }
  /// What is missing though there is one: a line each.
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

  void begin(std::uint32_t source, std::uint32_t op) noexcept override;
  void end() noexcept override;
  [[nodiscard]] DeviceSpans device_spans() const noexcept override {
    return why_.empty() ? DeviceSpans::by_listener : DeviceSpans::by_execution;
  }

  /// The first whole pass from now on is kept in a file (activity_recording.h); what became of that
  /// is recording() afterwards.
  void record_to(std::string path);
  /// Empty before the pass; then "written", or why not.
  [[nodiscard]] const std::string& recording() const { return recording_; }

  /// Forgets what ran until now. The device has been waited for.
  void forget();
  /// What ran since then, within a pass from `begin_ns` to `end_ns`. Adds spans to the recorder's
  /// tracks if all of it is there. The device has been waited for.
  TimelinePass collect(std::int64_t begin_ns, std::int64_t end_ns);

 private:
  struct Cupti;
  void open(const std::string& library);
  Activities drain(TimelinePass& pass, ActivityRecording* recording = nullptr);
  [[nodiscard]] NodeOps nodes() const;
  void add_spans(const Joined& joined, const Activities& activities);

  SpanRecorder& recorder_;
  std::unique_ptr<Cupti> cupti_;
  std::string why_;
  std::string recording_path_, recording_;
  std::vector<std::string> notes_;
  std::uint32_t names_source_ = 0;
  bool has_names_source_ = false;
};

}  // namespace ridgepoint
