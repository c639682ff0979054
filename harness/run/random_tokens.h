// Token ids to feed a model: uniform over its vocabulary, the same on every machine for a seed.
// Each purpose has a stream of its own, so that a longer prompt does not move the depth's tokens.
#pragma once

#include <cstdint>
#include <vector>

namespace ridgepoint {

enum class TokenStream : std::uint64_t { prompt = 1, depth = 2, check = 3 };

/// [batch, count], sequence-major; different for each sequence.
std::vector<std::int32_t> random_tokens(std::uint64_t seed, TokenStream stream, std::int64_t batch,
                                        std::int64_t count, std::int64_t vocabulary);

/// What each sequence of a case holds already before it is timed: the same for all of them, so that
/// an engine may compute it once (Session::fill_alike).
std::vector<std::int32_t> past_tokens(std::uint64_t seed, std::int64_t count,
                                      std::int64_t vocabulary);

}  // namespace ridgepoint
