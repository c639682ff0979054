// SPDX-License-Identifier: GPL-3.0-or-later
// CounterIndex: values over time, arranged so that the highest within a stretch is found without
// looking at all of them. Each holds until the next, or, of rates, while its span is at work.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "profiler/trace/trace.h"

namespace ridgepoint {

/// Times in order, of which every kApart-th stands in a row of its own: found there first, a place
/// among millions takes a few lines from memory, not one for each halving.
class SortedTimes {
 public:
  SortedTimes() = default;
  /// The times must stay where they are.
  explicit SortedTimes(std::span<const std::int64_t> all_ns);

  [[nodiscard]] bool empty() const { return all_ns_.empty(); }
  /// Of the first time that is not before `at_ns`; of the first that is after it.
  [[nodiscard]] std::size_t from(std::int64_t at_ns) const;
  [[nodiscard]] std::size_t after(std::int64_t at_ns) const;

 private:
  static constexpr std::size_t kApart = 128;

  std::span<const std::int64_t> all_ns_;
  std::vector<std::int64_t> some_ns_;
};

class CounterIndex {
 public:
  explicit CounterIndex(TracedCounter counter);
  /// A rate for each of some spans, none of which overlaps another; between them it is 0. The times
  /// must stay where they are as long as this.
  CounterIndex(std::string_view name, std::string unit, std::span<const std::int64_t> begin_ns,
               std::span<const std::int64_t> end_ns, std::vector<float> rates);
  CounterIndex(const CounterIndex&) = delete;
  CounterIndex& operator=(const CounterIndex&) = delete;

  std::string name, unit;
  double highest = 0;  ///< of all

  /// The highest value that held at any time from `from_ns` to before `to_ns`; 0 before the first.
  [[nodiscard]] double highest_within(std::int64_t from_ns, std::int64_t to_ns) const;
  [[nodiscard]] std::size_t size() const { return values_.size(); }

 private:
  static constexpr std::size_t kFactor = 16;
  [[nodiscard]] double highest_of(std::size_t first, std::size_t last) const;

  void build_levels();

  std::vector<std::int64_t> own_at_ns_;
  SortedTimes at_ns_;   ///< of own_at_ns_, or of spans
  SortedTimes end_ns_;  ///< empty: each holds until the next
  std::vector<float> values_;
  std::vector<std::vector<float>> levels_;  ///< the highest of kFactor of what lies below
};

}  // namespace ridgepoint
