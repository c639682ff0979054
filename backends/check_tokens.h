// What every session refuses before it feeds tokens to an engine.
#pragma once

#include <cstdint>
#include <span>

namespace ridgepoint {

/// What a session holds when tokens come.
struct Holding {
  std::int64_t batch = 1;
  std::int64_t length = 0;    ///< tokens of each sequence so far
  std::int64_t capacity = 0;  ///< most tokens of a sequence
  std::int64_t vocabulary = 0;
};

/// How many tokens each sequence gets, of `tokens` [batch, n]. Error when they cannot be shared out
/// evenly, do not fit or are outside the vocabulary.
std::int64_t check_tokens(std::span<const std::int32_t> tokens, const Holding& holding);

}  // namespace ridgepoint
