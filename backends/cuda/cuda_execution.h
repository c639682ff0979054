// A graph made ready for a device: launches that are fixed, started one by one, or, in steps of
// decoding, recorded once and started together.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "backends/backend.h"
#include "backends/cuda/device_timer.h"
#include "backends/cuda/planner.h"
#include "backends/graph_spans.h"

namespace ridgepoint::cuda {

class CudaExecution : public Execution {
 public:
  /// `cache` may be null when the graph has no cache values. `weights` must outlive it.
  CudaExecution(const Graph& graph, const WeightMap& weights, const PlanOptions& options,
                std::shared_ptr<DeviceCache> cache, bool record);

  void write_input(ValueId id, std::span<const std::byte> bytes) override;
  /// Error for a token or position outside its table; std::logic_error when past + tokens exceed
  /// the cache.
  void run(std::int64_t past) override;
  void synchronise() override;
  void read_output(ValueId id, std::span<std::byte> bytes) const override;
  [[nodiscard]] MemoryLedger memory() const override { return plan_.ledger; }
  [[nodiscard]] Support time_on_device(bool on) override;
  [[nodiscard]] std::optional<DeviceTime> device_time() const override {
    return timer_ ? timer_->last() : std::nullopt;
  }
  /// Spans are times between events of the device, put where the pass ended on the host's clock, of
  /// launches one by one; a listener hears when each op is launched. One that brings the device's
  /// spans itself hears it while the step is recorded, and what is played is what is played
  /// untraced.
  [[nodiscard]] Support trace(SpanRecorder* recorder) override;
  // For whoever runs several as one (rotated_execution.h).
  /// What run() does before it launches.
  void begin(std::int64_t past);
  /// The launches of a pass, and nothing else.
  void launch_all();
  /// Announces from now on as `first` does, which has the same graph; nothing where it does not.
  void announce_as(const CudaExecution& first) {
    track_ = first.track_;
    source_ = first.source_;
  }

  /// Who is told what events said; never null.
  [[nodiscard]] const std::shared_ptr<EventTimes>& event_times() const { return event_times_; }
  [[nodiscard]] bool recorded() const { return recording_ != nullptr; }

 private:
  [[nodiscard]] std::byte* end(ValueId id, Role role, std::size_t size) const;
  /// Both may be null.
  void launch_announced(SpanListener* listener, Marks* marks);
  void make_marks();
  [[nodiscard]] DeviceSpans spans_come() const;
  void announce();

  Graph graph_;
  std::shared_ptr<Arena> arena_;
  std::shared_ptr<DeviceCache> cache_;
  DevicePlan plan_;
  GraphSpans spans_;
  std::unique_ptr<Recording> recording_;
  std::unique_ptr<Marks> marks_;
  std::shared_ptr<EventTimes> event_times_;
  std::optional<DeviceTimer> timer_;
  SpanTrack* track_ = nullptr;
  std::uint32_t source_ = 0;
  std::int64_t started_ns_ = 0;
  bool to_announce_ = false;
};

}  // namespace ridgepoint::cuda
