// Equal executions over data of their own, run one after the other as one recording: by the time
// that one's turn comes again, the others' data have gone through the device's cache, so each turn
// finds its own in memory, and no launch waits for the host.
//
// Traced, it runs one turn at a time, the next one each time, started as an execution alone is: the
// caches are as cold, and spans and counted bytes are those of one pass.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "backends/cuda/cuda_execution.h"

namespace ridgepoint::cuda {

class RotatedExecution : public Execution {
 public:
  /// Of one graph, none recorded by itself; at least one.
  RotatedExecution(std::shared_ptr<Arena> arena, std::vector<std::unique_ptr<CudaExecution>> turns);

  /// Of every turn.
  void write_input(ValueId id, std::span<const std::byte> bytes) override;
  void run(std::int64_t past) override;
  void synchronise() override;
  /// Of the turn that came last.
  void read_output(ValueId id, std::span<std::byte> bytes) const override;
  /// Of all turns together.
  [[nodiscard]] MemoryLedger memory() const override;
  [[nodiscard]] Support time_on_device(bool on) override;
  [[nodiscard]] std::optional<DeviceTime> device_time() const override {
    return timer_ ? timer_->last() : std::nullopt;
  }
  [[nodiscard]] Support trace(SpanRecorder* recorder) override;
  [[nodiscard]] std::int64_t passes_a_run() const override;

 private:
  std::shared_ptr<Arena> arena_;
  std::vector<std::unique_ptr<CudaExecution>> turns_;
  std::unique_ptr<Recording> recording_;
  std::optional<DeviceTimer> timer_;
  std::optional<std::int64_t> past_;  ///< that every turn was told
  std::size_t last_;                  ///< the turn that came last
  bool traced_ = false;
};

}  // namespace ridgepoint::cuda
