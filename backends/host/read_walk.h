// How kernels that read weights once, for one or a few rows of activations, lead a core through
// memory. Cores differ in what they fetch by themselves: Sapphire Rapids reads several streams a
// third faster than one and gains from being asked a kilobyte ahead; Zen 4 reads one stream of
// tiles a fifth faster than two, and asking further ahead than some lines takes a quarter of its
// bandwidth (docs/backends.md has the measurements).
#pragma once

#include <cstdint>
#include <string_view>

namespace ridgepoint {

struct ReadWalk {
  std::string_view name;
  bool several_tiles;        ///< at once, each a stream; else one after the other
  std::int64_t ahead_bytes;  ///< how far on, in each stream, memory is asked for

  bool operator==(const ReadWalk&) const = default;
};

inline constexpr ReadWalk kSequentialWalk{
    .name = "sequential", .several_tiles = false, .ahead_bytes = 256};
inline constexpr ReadWalk kStreamsWalk{
    .name = "streams", .several_tiles = true, .ahead_bytes = 1024};

/// What this CPU's vendor gains from: AMD's cores sequential, others streams.
ReadWalk walk_of_this_cpu();
/// Error for a name that no walk has.
ReadWalk parse_walk(std::string_view name);

}  // namespace ridgepoint
