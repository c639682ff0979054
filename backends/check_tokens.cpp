#include "backends/check_tokens.h"

#include <fmt/format.h>

#include <iterator>

#include "workloads/error.h"
#include "workloads/number_of.h"

namespace ridgepoint {

std::int64_t check_tokens(std::span<const std::int32_t> tokens, const Holding& holding) {
  const auto [batch, length, capacity, vocabulary] = holding;
  if (tokens.empty() || std::ssize(tokens) % batch != 0) {
    throw Error(fmt::format("{} cannot be shared out evenly among {}",
                            number_of(tokens.size(), "token"), number_of(batch, "sequence")));
  }
  const std::int64_t fresh = std::ssize(tokens) / batch;
  if (fresh > capacity - length) {
    throw Error(fmt::format("{} after {}: more than the session's capacity of {}",
                            number_of(fresh, "token"), length, capacity));
  }
  for (const std::int32_t token : tokens) {
    if (token < 0 || token >= vocabulary) {
      throw Error(
          fmt::format("token {} is outside the vocabulary of {} tokens", token, vocabulary));
    }
  }
  return fresh;
}

}  // namespace ridgepoint
