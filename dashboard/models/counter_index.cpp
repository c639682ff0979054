// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/counter_index.h"

#include <algorithm>
#include <utility>

namespace ridgepoint {

CounterIndex::CounterIndex(TracedCounter counter)
    : name(std::move(counter.name)), unit(std::move(counter.unit)) {
  std::ranges::stable_sort(counter.points, {}, &TracedCounter::Point::at_ns);
  own_at_ns_.reserve(counter.points.size());
  values_.reserve(counter.points.size());
  for (const TracedCounter::Point& point : counter.points) {
    own_at_ns_.push_back(point.at_ns);
    values_.push_back(static_cast<float>(point.value));
    highest = std::max(highest, point.value);
  }
  at_ns_ = own_at_ns_;
  build_levels();
}

CounterIndex::CounterIndex(std::string_view its_name, std::string its_unit,
                           std::span<const std::int64_t> begin_ns,
                           std::span<const std::int64_t> end_ns, std::vector<float> rates)
    : name(its_name),
      unit(std::move(its_unit)),
      at_ns_(begin_ns),
      end_ns_(end_ns),
      values_(std::move(rates)) {
  if (!values_.empty()) highest = std::max(0.F, *std::ranges::max_element(values_));
  build_levels();
}

void CounterIndex::build_levels() {
  const std::vector<float>* below = &values_;
  while (below->size() > kFactor) {
    std::vector<float> level;
    level.reserve(below->size() / kFactor + 1);
    for (std::size_t i = 0; i < below->size(); i += kFactor) {
      const auto first = below->begin() + static_cast<std::ptrdiff_t>(i);
      const auto last =
          below->begin() + static_cast<std::ptrdiff_t>(std::min(below->size(), i + kFactor));
      level.push_back(*std::max_element(first, last));
    }
    levels_.push_back(std::move(level));
    below = &levels_.back();
  }
}

double CounterIndex::highest_of(std::size_t first, std::size_t last) const {
  float found = 0;
  const std::vector<float>* row = &values_;
  std::size_t level = 0;
  // From both ends up, as far as whole blocks lie between.
  while (first < last) {
    if (last - first < 2 * kFactor || level == levels_.size()) {
      for (std::size_t i = first; i < last; ++i) found = std::max(found, (*row)[i]);
      break;
    }
    for (; first % kFactor != 0; ++first) found = std::max(found, (*row)[first]);
    for (; last % kFactor != 0; --last) found = std::max(found, (*row)[last - 1]);
    first /= kFactor;
    last /= kFactor;
    row = &levels_[level++];
  }
  return found;
}

double CounterIndex::highest_within(std::int64_t from_ns, std::int64_t to_ns) const {
  const auto end = std::ranges::lower_bound(at_ns_, to_ns);
  const auto last = static_cast<std::size_t>(end - at_ns_.begin());
  if (!end_ns_.empty()) {
    const auto first = std::ranges::upper_bound(end_ns_, from_ns) - end_ns_.begin();
    return highest_of(std::min(static_cast<std::size_t>(first), last), last);
  }
  const auto after = std::ranges::upper_bound(at_ns_, from_ns);
  // What held when the stretch began counts, too.
  const auto first = static_cast<std::size_t>(after - at_ns_.begin());
  return highest_of(first > 0 ? first - 1 : 0, std::max(first, last));
}

}  // namespace ridgepoint
