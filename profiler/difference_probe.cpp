#include "profiler/difference_probe.h"

#include <algorithm>
#include <utility>

namespace ridgepoint {

std::string DifferenceProbe::why_absent() const {
  return read().why();
}

void DifferenceProbe::start() {
  before_ = read();
}

std::vector<ProbeValue> DifferenceProbe::stop() {
  const auto after = read();
  if (!before_) return all_absent(kinds(), "not started");
  const auto before = *std::exchange(before_, std::nullopt);
  for (const auto* reading : {&before, &after}) {
    if (!*reading) return all_absent(kinds(), reading->why());
  }
  auto values = kinds();
  for (std::size_t i = 0; i < values.size(); ++i) {
    double difference = after.value().at(i) - before.value().at(i);
    if (difference < 0) difference += wraps_at(i);
    values[i].value = Reading<double>::of(std::max(0.0, difference));
  }
  return values;
}

}  // namespace ridgepoint
