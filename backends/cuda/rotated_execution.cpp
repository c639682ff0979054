#include "backends/cuda/rotated_execution.h"

#include <stdexcept>
#include <utility>

namespace ridgepoint::cuda {

RotatedExecution::RotatedExecution(std::shared_ptr<Arena> arena,
                                   std::vector<std::unique_ptr<CudaExecution>> turns)
    : arena_(std::move(arena)), turns_(std::move(turns)), last_(turns_.size() - 1) {
  if (turns_.empty()) throw std::logic_error("RotatedExecution: no turns");
  recording_ = arena_->device().record([this] {
    for (const auto& turn : turns_) turn->launch_all();
  });
}

void RotatedExecution::write_input(ValueId id, std::span<const std::byte> bytes) {
  for (const auto& turn : turns_) turn->write_input(id, bytes);
}

void RotatedExecution::run(std::int64_t past) {
  if (traced_) {
    last_ = (last_ + 1) % turns_.size();
    past_.reset();
    if (timer_) timer_->begin(/*hold=*/false);
    turns_[last_]->run(past);
    if (timer_) timer_->end();
    return;
  }
  // Outside of the recording, and once: what follows is the same as long as the past is.
  if (past_ != past) {
    for (const auto& turn : turns_) turn->begin(past);
    past_ = past;
  }
  if (timer_) timer_->begin(/*hold=*/true);
  recording_->play();
  if (timer_) timer_->end();
  last_ = turns_.size() - 1;
  arena_->device().check_launches("executions in turns");
}

void RotatedExecution::synchronise() {
  turns_[last_]->synchronise();
  if (timer_) timer_->finish();
}

void RotatedExecution::read_output(ValueId id, std::span<std::byte> bytes) const {
  turns_[last_]->read_output(id, bytes);
}

MemoryLedger RotatedExecution::memory() const {
  MemoryLedger all;
  for (const auto& turn : turns_) {
    const MemoryLedger one = turn->memory();
    all.weights_bytes += one.weights_bytes;
    all.kv_bytes += one.kv_bytes;
    all.activations_bytes += one.activations_bytes;
    all.activations_live_bytes += one.activations_live_bytes;
    all.scratch_bytes += one.scratch_bytes;
  }
  return all;
}

Support RotatedExecution::time_on_device(bool on) {
  timer_.reset();
  if (on) timer_.emplace(arena_, turns_.front()->event_times());
  return Support::yes();
}

Support RotatedExecution::trace(SpanRecorder* recorder) {
  Support support = turns_.front()->trace(recorder);
  for (const auto& turn : turns_) turn->announce_as(*turns_.front());
  traced_ = recorder != nullptr;
  return support;
}

std::int64_t RotatedExecution::passes_a_run() const {
  return traced_ ? 1 : static_cast<std::int64_t>(turns_.size());
}

}  // namespace ridgepoint::cuda
