#include "harness/run/random_tokens.h"

namespace ridgepoint {
namespace {

/// SplitMix64's output function (Steele, Lea, Flood 2014), here over a counter.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

}  // namespace

std::vector<std::int32_t> random_tokens(std::uint64_t seed, TokenStream stream, std::int64_t batch,
                                        std::int64_t count, std::int64_t vocabulary) {
  std::vector<std::int32_t> tokens;
  tokens.reserve(static_cast<std::size_t>(batch * count));
  for (std::int64_t sequence = 0; sequence < batch; ++sequence) {
    const auto key = mix(mix(mix(seed) + static_cast<std::uint64_t>(stream)) +
                         static_cast<std::uint64_t>(sequence));
    for (std::int64_t i = 0; i < count; ++i) {
      tokens.push_back(static_cast<std::int32_t>(mix(key + static_cast<std::uint64_t>(i)) %
                                                 static_cast<std::uint64_t>(vocabulary)));
    }
  }
  return tokens;
}

std::vector<std::int32_t> past_tokens(std::uint64_t seed, std::int64_t count,
                                      std::int64_t vocabulary) {
  return random_tokens(seed, TokenStream::depth, 1, count, vocabulary);
}

}  // namespace ridgepoint
