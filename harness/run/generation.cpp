#include "harness/run/generation.h"

#include <algorithm>
#include <utility>

#include "profiler/clock/monotonic_clock.h"

namespace ridgepoint {

std::int32_t first_token(std::int64_t vocabulary) {
  return vocabulary > 1 ? 1 : 0;
}

Generation::Generation(std::vector<std::int32_t> prompt, std::int64_t batch, std::int64_t generate,
                       std::int64_t vocabulary)
    : prompt_(std::move(prompt)),
      batch_(static_cast<std::size_t>(batch)),
      first_token_(first_token(vocabulary)) {
  // The first token of a prompted run comes from the prefill, even when none is asked for.
  const auto generated =
      static_cast<std::size_t>(has_prompt() ? std::max<std::int64_t>(generate, 1) : generate);
  tokens_.resize(generated * batch_);
  steps_ns_.resize(has_prompt() ? generated - 1 : generated);
}

bool Generation::run(Session& session, const std::atomic<bool>& stop) {
  taken_ = 0;
  auto target = tokens_.begin();
  // The last choice, which is the next input.
  std::span<const std::int32_t> last;
  const auto keep = [&] {
    const auto next = session.next_tokens();
    const auto end = std::copy(next.begin(), next.end(), target);
    last = {target, end};
    target = end;
  };

  const std::int64_t start_ns = start_ns_ = monotonic_ns();
  std::int64_t before_ns = start_ns;
  if (has_prompt()) {
    session.forward(prompt_);
    keep();
    before_ns = monotonic_ns();
    ttft_ns_ = before_ns - start_ns;
  }
  while (taken_ < steps_ns_.size()) {
    if (stop.load(std::memory_order_relaxed)) return false;
    if (last.empty()) {
      // Every sequence starts with the same token: the room of the first step serves as input.
      std::fill_n(tokens_.begin(), batch_, first_token_);
      last = std::span(tokens_).first(batch_);
    }
    session.forward(last);
    keep();
    const std::int64_t now_ns = monotonic_ns();
    steps_ns_[taken_++] = now_ns - before_ns;
    before_ns = now_ns;
  }
  end_to_end_ns_ = before_ns - start_ns;
  return true;
}

bool Generation::steps_again(Session& session, const std::atomic<bool>& stop) const {
  const std::vector<std::int32_t> first(batch_, first_token_);
  for (std::size_t step = 0; step < steps_ns_.size(); ++step) {
    if (stop.load(std::memory_order_relaxed)) return false;
    // What was chosen before it: by the prompt, by another step, or nothing.
    const std::size_t chosen = has_prompt() ? step + 1 : step;
    session.forward(chosen == 0 ? std::span(first)
                                : std::span(tokens_).subspan((chosen - 1) * batch_, batch_));
  }
  return true;
}

}  // namespace ridgepoint
