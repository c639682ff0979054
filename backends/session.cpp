#include "backends/session.h"

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace ridgepoint {

void Session::fill_alike(std::span<const std::int32_t> tokens) {
  std::vector<std::int32_t> all;
  for (std::size_t s = 0; s < next_tokens().size(); ++s) {
    all.insert(all.end(), tokens.begin(), tokens.end());
  }
  truncate(0);
  forward(all);
}

void Session::score(std::span<const std::int32_t> tokens, std::span<float> logits) {
  const std::size_t batch = next_tokens().size();
  if (tokens.empty() || batch == 0 || tokens.size() % batch != 0 ||
      logits.size() % tokens.size() != 0) {
    throw std::logic_error("Session::score: tokens and logits do not fit each other");
  }
  const std::size_t count = tokens.size() / batch;
  const std::size_t vocabulary = logits.size() / tokens.size();
  std::vector<std::int32_t> step(batch);
  for (std::size_t position = 0; position < count; ++position) {
    for (std::size_t s = 0; s < batch; ++s) step[s] = tokens[s * count + position];
    forward(step);
    const std::span<const float> rows = this->logits();
    if (rows.size() != batch * vocabulary) {
      throw std::logic_error("Session::score: logits of another vocabulary");
    }
    for (std::size_t s = 0; s < batch; ++s) {
      std::ranges::copy(rows.subspan(s * vocabulary, vocabulary),
                        logits.subspan((s * count + position) * vocabulary, vocabulary).begin());
    }
  }
}

}  // namespace ridgepoint
