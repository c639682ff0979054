// Whether a series is one thing or several: a machine whose matrix unit runs at a third of its
// speed for some hundred samples gives a series whose median means nothing. Looked for, over the
// batches of a series in time order: two levels that it moves between (once or many times), a level
// shift in the noise, a trend. Two conditions must hold before anything is named: that chance alone
// would do it in at most kFalseAlarmRate of steady series, however correlated neighbours are, and
// that it is large enough to matter. docs/statistics.md has the method, its sources and its
// simulated rates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace ridgepoint {

inline constexpr double kFalseAlarmRate = 0.01;
/// With fewer batches, or with fewer stretches that are independent, nothing is said.
inline constexpr std::size_t kLeastBatches = 12;
/// Fresh processes differ by themselves (layout, pages), and there are too few of them to say how
/// much is usual: what differs between processes and inside of none shows in the interval, and is
/// named here only from this ratio of two levels on.
inline constexpr double kBetweenProcesses = 2;

enum class Steadiness : std::uint8_t { too_few, steady, levels, trend };

/// One of the levels that a series moves between.
struct Level {
  double median = 0;         ///< of its batches
  std::int64_t samples = 0;  ///< that belong to it
  std::vector<std::pair<std::int64_t, std::int64_t>>
      ranges;  ///< first and last sample of each stay
};

struct Stationarity {
  Steadiness steadiness = Steadiness::too_few;
  std::vector<Level> levels;  ///< the lower first; when there are levels
  double start = 0, end = 0;  ///< of the trend, when there is one
  std::size_t batches = 0;
  std::size_t block = 1;  ///< batches that hang together, by their autocorrelation
  double p_value = 1;     ///< of what was found, or the smallest of what was not
};

/// `floor` is the least difference, as a share of the median, that matters. The same samples always
/// give the same answer.
Stationarity judge_stationarity(std::span<const std::int64_t> samples,
                                std::span<const std::int64_t> process_counts, double floor);

}  // namespace ridgepoint
