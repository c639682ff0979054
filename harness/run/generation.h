// One repetition of a model case: a prompt in, tokens out one by one, the clock read at each. Room
// for all of it is made once; within the timed region nothing is allocated.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "backends/session.h"

namespace ridgepoint {

/// What generate-only cases start from: token 1, where most vocabularies keep the beginning of a
/// text.
std::int32_t first_token(std::int64_t vocabulary);

class Generation {
 public:
  /// `prompt` is [batch, n]; empty for generate-only cases, which start from first_token() and
  /// count every step.
  Generation(std::vector<std::int32_t> prompt, std::int64_t batch, std::int64_t generate,
             std::int64_t vocabulary);

  /// The session holds what was there before (the depth). Stops between tokens when `stop` is set.
  /// Returns whether it was completed.
  bool run(Session& session, const std::atomic<bool>& stop);
  // Parts of the last run once more, untimed, for who watches one of them alone. The session holds
  // what it held before that part.
  void prompt_again(Session& session) const { session.forward(prompt_); }
  /// Every step with the token that the last run had there. Returns whether it was completed.
  bool steps_again(Session& session, const std::atomic<bool>& stop) const;

  // Of the last run. It began at start_ns() of the monotonic clock. Steps: gaps between tokens
  // after the first, or every step without a prompt.
  [[nodiscard]] bool has_prompt() const { return !prompt_.empty(); }
  [[nodiscard]] std::int64_t start_ns() const { return start_ns_; }
  [[nodiscard]] std::int64_t ttft_ns() const { return ttft_ns_; }
  [[nodiscard]] std::span<const std::int64_t> steps_ns() const {
    return std::span(steps_ns_).first(taken_);
  }
  [[nodiscard]] std::int64_t end_to_end_ns() const { return end_to_end_ns_; }
  /// Of all sequences, step by step; complete only after a completed run.
  [[nodiscard]] std::span<const std::int32_t> tokens() const { return tokens_; }
  /// Steps a completed run takes.
  [[nodiscard]] std::size_t planned_steps() const { return steps_ns_.size(); }

 private:
  std::vector<std::int32_t> prompt_;
  std::size_t batch_;
  std::int32_t first_token_;
  std::vector<std::int32_t> tokens_;  ///< [generated, batch]
  std::vector<std::int64_t> steps_ns_;
  std::size_t taken_ = 0;
  std::int64_t start_ns_ = 0, ttft_ns_ = 0, end_to_end_ns_ = 0;
};

}  // namespace ridgepoint
