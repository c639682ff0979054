// The timed loop of an execution, inside Google Benchmark's: it asks for iterations, we take each
// sample ourselves and keep it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <utility>

#include "backends/backend.h"
#include "harness/run/batch_log.h"
#include "harness/run/sample_buffer.h"
#include "harness/run/timed_pass.h"

namespace benchmark {
class State;
}

namespace ridgepoint {

class SampleLoop {
 public:
  /// `before_sample` makes data cold, or is empty. Taking samples ends at `deadline_ns` of the
  /// monotonic clock, when `stop` is set, or when the buffer is full. `batches`, if any, logs what
  /// happened around them; it must be ended by the caller.
  SampleLoop(Execution& execution, std::int64_t past, SampleBuffer& samples,
             std::function<void()> before_sample, std::int64_t deadline_ns,
             const std::atomic<bool>& stop, BatchLog* batches = nullptr)
      : execution_(execution),
        past_(past),
        samples_(samples),
        before_sample_(std::move(before_sample)),
        deadline_ns_(deadline_ns),
        look_at_ns_(deadline_ns),
        stop_(stop),
        batches_(batches) {}

  /// One round of Google Benchmark's: as many samples as the state asks for, or up to an end of our
  /// own; none once there was one.
  void run(benchmark::State& state);

  /// Why it ended before Google Benchmark was content: "budget", "stop", "samples"; else empty.
  [[nodiscard]] const char* ended_by() const { return ended_by_; }

 private:
  void begin_batch();
  void count_batched();
  /// What there is to do from look_at_ns_ on; returns whether it is the deadline.
  bool look(std::int64_t now_ns);

  Execution& execution_;
  std::int64_t past_;
  SampleBuffer& samples_;
  std::function<void()> before_sample_;
  std::int64_t deadline_ns_;
  std::int64_t look_at_ns_;  ///< the deadline, or the end of a batch before it
  const std::atomic<bool>& stop_;
  BatchLog* batches_;
  std::size_t batched_ = 0;  ///< samples that belong to batches
  const char* ended_by_ = "";
  std::int64_t last_round_ = 0;  ///< iterations asked for by the round before
  bool skipped_ = false;
};

}  // namespace ridgepoint
