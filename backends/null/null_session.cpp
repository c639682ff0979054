#include "backends/null/null_session.h"

#include <fmt/format.h>

#include "backends/check_tokens.h"
#include "backends/null/spin.h"
#include "workloads/error.h"

namespace ridgepoint {

NullSession::NullSession(std::int64_t vocabulary, const SessionOptions& options,
                         std::int64_t latency_ns)
    : vocabulary_(vocabulary),
      batch_(options.batch),
      capacity_(options.capacity),
      latency_ns_(latency_ns) {
  if (options.batch < 1 || options.capacity < 1) {
    throw Error(fmt::format("a session needs a batch ({}) and capacity ({}) of at least 1",
                            options.batch, options.capacity));
  }
  next_.resize(static_cast<std::size_t>(batch_));
  logits_.resize(static_cast<std::size_t>(batch_ * vocabulary_));
}

void NullSession::forward(std::span<const std::int32_t> tokens) {
  const std::int64_t fresh = check_tokens(
      tokens,
      {.batch = batch_, .length = length_, .capacity = capacity_, .vocabulary = vocabulary_});
  spin_for(latency_ns_);
  length_ += fresh;
}

void NullSession::truncate(std::int64_t length) {
  if (length < 0 || length > length_) {
    throw Error(fmt::format("cannot truncate a session of {} tokens to {}", length_, length));
  }
  length_ = length;
}

MemoryLedger NullSession::memory() const {
  return {.activations_bytes = static_cast<std::int64_t>(next_.size() * sizeof(std::int32_t) +
                                                         logits_.size() * sizeof(float))};
}

Support NullSession::trace(SpanRecorder*) {
  return Support::no("the null backend runs no graph of a model, so a pass has no ops");
}

}  // namespace ridgepoint
