#include "harness/quality/logit_source.h"

#include <algorithm>

namespace ridgepoint {

void SessionLogits::begin(const TextWindow& window) {
  window_ = &window;
  session_.truncate(0);
  if (window.first > 0) {
    session_.forward(std::span(window.inputs).first(static_cast<std::size_t>(window.first)));
    note_choice();
  }
}

void SessionLogits::note_choice() {
  if (session_.length() == window_->half) choice_ = session_.next_tokens().front();
}

void SessionLogits::read(std::int64_t rows, std::span<float> logits) {
  const std::size_t vocabulary = logits.size() / static_cast<std::size_t>(rows);
  for (std::int64_t done = 0; done < rows;) {
    const std::int64_t at = session_.length();
    // The choice after half of the window is to be seen, so no call reaches across it.
    const std::int64_t until = at < window_->half ? window_->half - at : rows;
    const std::int64_t count = std::min(rows - done, until);
    session_.score(std::span(window_->inputs)
                       .subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(count)),
                   logits.subspan(static_cast<std::size_t>(done) * vocabulary,
                                  static_cast<std::size_t>(count) * vocabulary));
    note_choice();
    done += count;
  }
}

std::vector<std::int32_t> SessionLogits::greedy(std::int64_t count) {
  session_.truncate(window_->half);
  std::vector<std::int32_t> chosen;
  for (std::int64_t i = 0; i < count; ++i) {
    chosen.push_back(i == 0 ? choice_ : session_.next_tokens().front());
    if (i + 1 < count) session_.forward(std::span(&chosen.back(), 1));
  }
  return chosen;
}

}  // namespace ridgepoint
