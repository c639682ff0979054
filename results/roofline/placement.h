// Placing an op under the roofs of its machine: how near it came to the one that is its own, and
// what holds it back. Pure arithmetic on ranges, so that what is not known well enough is said to
// be ambiguous rather than guessed.
//
// The model: weights and KV come again after a whole pass, so they come from the level that holds
// what a pass walks through; activations come again at once, so they come from the level that holds
// the op's own. The time at the memory's roof is the sum of both, the time at the compute roof is
// FLOPs over the peak of the type, and the later of the two is the roof.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "results/roofline/roofs.h"

namespace ridgepoint::roofline {

struct OpWork {
  double flops = 0;
  double weight_bytes = 0, kv_bytes = 0, activation_bytes = 0;
  std::string weight_type;

  [[nodiscard]] double bytes() const { return weight_bytes + kv_bytes + activation_bytes; }
};

struct OpSituation {
  Range time_ns;  ///< of one pass, without what tracing adds
  double pass_bytes =
      0;  ///< weights and KV of the whole pass; infinite: nothing is found in caches
  /// What an op takes that does nothing, at the most: the shortest of its pass; 0: not known.
  double fixed_ns = 0;
};

enum class Bound : std::uint8_t {
  memory,    ///< at least half of its time is explained by its bytes
  compute,   ///< by its FLOPs
  latency,   ///< by neither: it waits for results, instructions or the slowest thread
  overhead,  ///< by neither, and it takes hardly longer than an op that does nothing
  ambiguous  ///< the ranges allow more than one of these
};
std::string_view name_of(Bound bound);
std::optional<Bound> find_bound(std::string_view name);

/// Below this share of its roof an op is held back by something else.
inline constexpr double kNearRoof = 0.5;
/// An op that takes no longer than so many times the shortest is taken to do nothing but begin.
inline constexpr double kLikeNothing = 3;

struct Placement {
  double intensity = 0;         ///< FLOPs a byte; 0 without bytes
  Range ridge;                  ///< intensity from which FLOPs take longer than bytes
  Range memory_ns, compute_ns;  ///< at the roofs; zeros without bytes, FLOPs or a ceiling
  Range bytes_per_second, flops_per_second;      ///< attained
  std::map<std::string, double> bytes_by_level;  ///< from which level they come, by the model
  /// Its own roof, the one that takes longer: what it is of, its height and how near the op came.
  std::string roof_of;  ///< "level 2", "avx512 f32 fma"; empty: no work, or no ceiling
  std::string unit;     ///< of attained and roof: "bytes/s", "FLOP/s", "OP/s"
  Range attained, roof;
  Range share;  ///< time at its roof over its time
  Bound bound = Bound::overhead;
  std::string bound_by;  ///< "memory (level 2)", "latency", "ambiguous: memory or compute"
  std::string
      mistrusted;  ///< likely cause, when its time is shorter than its roof at the best allows

  [[nodiscard]] Range roof_ns() const { return larger_of(memory_ns, compute_ns); }
};

Placement place(const OpWork& work, const OpSituation& situation, const Roofs& roofs);

}  // namespace ridgepoint::roofline
