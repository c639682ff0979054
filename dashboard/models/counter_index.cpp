// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/counter_index.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace ridgepoint {

SortedTimes::SortedTimes(std::span<const std::int64_t> all_ns) : all_ns_(all_ns) {
  some_ns_.reserve(all_ns.size() / kApart + 1);
  for (std::size_t i = 0; i < all_ns.size(); i += kApart) some_ns_.push_back(all_ns[i]);
}

std::size_t SortedTimes::from(std::int64_t at_ns) const {
  const auto some = std::ranges::lower_bound(some_ns_, at_ns) - some_ns_.begin();
  // What is looked for lies behind the one before, up to this one.
  const std::size_t last = std::min(static_cast<std::size_t>(some) * kApart, all_ns_.size());
  const std::size_t first = some == 0 ? 0 : (static_cast<std::size_t>(some) - 1) * kApart + 1;
  const auto between = all_ns_.subspan(first, last - first);
  return first +
         static_cast<std::size_t>(std::ranges::lower_bound(between, at_ns) - between.begin());
}

std::size_t SortedTimes::after(std::int64_t at_ns) const {
  return at_ns == std::numeric_limits<std::int64_t>::max() ? all_ns_.size() : from(at_ns + 1);
}

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
  at_ns_ = SortedTimes(own_at_ns_);
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
  const std::size_t last = at_ns_.from(to_ns);
  if (!end_ns_.empty()) return highest_of(std::min(end_ns_.after(from_ns), last), last);
  // What held when the stretch began counts, too.
  const std::size_t first = at_ns_.after(from_ns);
  return highest_of(first > 0 ? first - 1 : 0, std::max(first, last));
}

}  // namespace ridgepoint
