#include "profiler/ceilings/chase.h"

#include <cstring>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

namespace ridgepoint::ceilings {

void build_chase(std::span<std::byte> memory, std::uint64_t seed) {
  const auto lines = static_cast<std::uint32_t>(memory.size() / kLineBytes);
  if (lines == 0) return;
  std::vector<std::uint32_t> next(lines);
  std::iota(next.begin(), next.end(), 0U);
  // Sattolo's shuffle gives a permutation of a single cycle.
  std::mt19937_64 random(seed);
  for (std::uint32_t i = lines - 1; i > 0; --i) {
    const auto other = static_cast<std::uint32_t>((random() >> 32) * i >> 32);
    std::swap(next[i], next[other]);
  }
  for (std::uint32_t i = 0; i < lines; ++i) {
    const std::byte* const target = memory.data() + std::size_t{next[i]} * kLineBytes;
    std::memcpy(memory.data() + std::size_t{i} * kLineBytes, &target, sizeof target);
  }
}

const void* follow_chase(const void* start, std::int64_t steps) {
  const void* at = start;
  for (; steps > 0; --steps) at = *static_cast<const void* const*>(at);
  return at;
}

}  // namespace ridgepoint::ceilings
