#include "profiler/clock/clock_probe.h"

#include <utility>

#include "profiler/clock/clock_estimate.h"

namespace ridgepoint {
namespace {

constexpr double kHzOfKhz = 1000;

std::vector<ProbeValue> clock_values() {
  return {{.name = "clock_at_start", .unit = "Hz", .provenance = ProbeProvenance::estimated},
          {.name = "clock_at_end", .unit = "Hz", .provenance = ProbeProvenance::estimated}};
}

}  // namespace

std::string ClockProbe::why_absent() const {
  return estimate_clock_khz().why();
}

void ClockProbe::start() {
  before_ = estimate_clock_khz();
}

std::vector<ProbeValue> ClockProbe::stop() {
  auto values = clock_values();
  if (!before_) return all_absent(std::move(values), "not started");
  const Reading<std::int64_t> readings[] = {*std::exchange(before_, std::nullopt),
                                            estimate_clock_khz()};
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i].value = readings[i]
                          ? Reading<double>::of(kHzOfKhz * static_cast<double>(readings[i].value()))
                          : Reading<double>::absent(readings[i].why());
  }
  return values;
}

}  // namespace ridgepoint
