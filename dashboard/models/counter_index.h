// SPDX-License-Identifier: GPL-3.0-or-later
// CounterIndex: values over time, each until the next, arranged so that the highest within a
// stretch is found without looking at all of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "profiler/trace/trace.h"

namespace ridgepoint {

class CounterIndex {
 public:
  explicit CounterIndex(TracedCounter counter);

  std::string name, unit;
  double highest = 0;  ///< of all

  /// The highest value that held at any time from `from_ns` to before `to_ns`; 0 before the first.
  [[nodiscard]] double highest_within(std::int64_t from_ns, std::int64_t to_ns) const;
  [[nodiscard]] std::size_t size() const { return values_.size(); }

 private:
  static constexpr std::size_t kFactor = 16;
  [[nodiscard]] double highest_of(std::size_t first, std::size_t last) const;

  std::vector<std::int64_t> at_ns_;
  std::vector<double> values_;
  std::vector<std::vector<double>> levels_;  ///< the highest of kFactor of what lies below
};

}  // namespace ridgepoint
