// What may be counted as one independent observation. Values taken within one process share its
// memory layout, its clock and the mood of the machine: counting each as evidence finds differences
// between equal programs (Kalibera and Jones, "Rigorous benchmarking in reasonable time", ISMM
// 2013). So the unit is the process where both sides have enough of them, else a block of
// consecutive values, long enough that neighbouring blocks hardly know of each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace ridgepoint {

enum class Replication : std::uint8_t {
  processes,  ///< one value a process: its median
  blocks,     ///< one value a block: what differs from process to process is not in the evidence
  none,       ///< too little for either
};
std::string_view name_of(Replication unit);

inline constexpr std::size_t kFewestProcesses = 3;
inline constexpr std::size_t kFewestBlocks = 6;
inline constexpr std::size_t kMostBlocks = 64;
/// Below this a serial correlation cannot be told from none.
inline constexpr std::size_t kFewestValuesForBlocks = 20;

/// Values in the order taken, and how many of them each process took (empty: one took them all).
struct ProcessValues {
  std::span<const double> values;
  std::span<const std::int64_t> counts;
};

/// Integrated autocorrelation time: how many values in a row are worth one independent value; 1 for
/// white noise. Over ranks, so that an outlier does not hide a correlation. The larger of Geyer's
/// initial positive sequence (1992, "Practical Markov chain Monte Carlo", Statist. Sci. 7) and
/// (1 + r) / (1 - r) of the lag-1 correlation r, corrected for its bias in short series (Kendall
/// 1954, Biometrika 41). Cost: up to a quarter of the squared count; give it a few thousand at
/// most.
double autocorrelation_time(std::span<const double> values);

struct Replicates {
  std::vector<double> values;
  std::size_t processes = 1;     ///< behind the values
  std::size_t block_length = 1;  ///< values in a block, when those are the unit
};

struct ReplicatePair {
  Replication unit = Replication::none;
  Replicates a, b;
};

/// The same unit for both sides. Blocks never span two processes.
ReplicatePair replicates(const ProcessValues& a, const ProcessValues& b);

}  // namespace ridgepoint
