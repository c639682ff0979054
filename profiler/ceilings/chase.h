// The latency of memory: a walk in which each address comes out of the line before, in an order
// that no prefetcher guesses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ridgepoint::ceilings {

inline constexpr std::size_t kLineBytes = 64;

/// Turns `memory` (on a line boundary) into one random ring: the first word of every whole line is
/// the address of another, and each is visited once a round. The same for the same seed.
void build_chase(std::span<std::byte> memory, std::uint64_t seed);

/// Takes `steps` steps from `start`; where it ends.
const void* follow_chase(const void* start, std::int64_t steps);

}  // namespace ridgepoint::ceilings
