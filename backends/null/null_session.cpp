#include "backends/null/null_session.h"

#include <fmt/format.h>

#include "backends/null/spin.h"
#include "workloads/error.h"
#include "workloads/number_of.h"

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
  const auto count = static_cast<std::int64_t>(tokens.size());
  if (count == 0 || count % batch_ != 0) {
    throw Error(fmt::format("{} cannot be shared out evenly among {}", number_of(count, "token"),
                            number_of(batch_, "sequence")));
  }
  if (length_ + count / batch_ > capacity_) {
    throw Error(fmt::format("{} after {}: more than the session's capacity of {}",
                            number_of(count / batch_, "token"), length_, capacity_));
  }
  for (const std::int32_t token : tokens) {
    if (token < 0 || token >= vocabulary_) {
      throw Error(
          fmt::format("token {} is outside the vocabulary of {} tokens", token, vocabulary_));
    }
  }
  spin_for(latency_ns_);
  length_ += count / batch_;
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
