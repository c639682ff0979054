#include "harness/run/sample_loop.h"

#include <benchmark/benchmark.h>

#include <algorithm>

namespace ridgepoint {

void SampleLoop::begin_batch() {
  batches_->begin();
  look_at_ns_ = std::min(deadline_ns_, batches_->due_ns());
}

bool SampleLoop::look(std::int64_t now_ns) {
  if (now_ns >= deadline_ns_) return true;
  count_batched();
  batches_->end();
  begin_batch();
  return false;
}

void SampleLoop::count_batched() {
  batches_->add(static_cast<std::int64_t>(samples_.size() - batched_));
  batched_ = samples_.size();
}

void SampleLoop::run(benchmark::State& state) {
  const bool over_before = *ended_by_ != '\0';
  if (skipped_) {
    state.SkipWithError(ended_by_);
    return;
  }
  // Rounds grow until the library is content; one that does not is a repetition of one that it has
  // reported, and all of those must count the same iterations or it aborts: then the rest of them
  // is run through without a sample. Otherwise an error is its own way of leaving early.
  const bool repetition = state.max_iterations == last_round_;
  last_round_ = state.max_iterations;
  if (!over_before) samples_.grow(static_cast<std::size_t>(state.max_iterations));

  const bool cold = static_cast<bool>(before_sample_);
  double seconds = 0;
  bool over = over_before;
  if (batches_ != nullptr && !over) begin_batch();
  for ([[maybe_unused]] auto _ : state) {
    if (!over && samples_.full()) {
      ended_by_ = "samples";
      over = true;
    }
    if (over) {
      if (!repetition) break;
      state.SetIterationTime(seconds);
      continue;
    }
    if (cold) before_sample_();
    const auto pass = timed_pass(execution_, past_);
    samples_.push(pass.duration_ns());
    seconds = static_cast<double>(pass.duration_ns()) * 1e-9;
    state.SetIterationTime(seconds);
    if (pass.end_ns >= look_at_ns_) {
      if (look(pass.end_ns)) {
        ended_by_ = "budget";
        over = true;
      }
    } else if (stop_.load(std::memory_order_relaxed)) {
      ended_by_ = "stop";
      over = true;
    }
  }
  if (batches_ != nullptr) count_batched();
  if (over && !repetition) {
    skipped_ = true;
    state.SkipWithError(ended_by_);
  }
}

}  // namespace ridgepoint
