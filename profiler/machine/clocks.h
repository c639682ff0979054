// Who decides the processor's clock, and what it is now.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "profiler/reading.h"

namespace ridgepoint {

struct Clocks {
  /// cpufreq governor; "performance,powersave" when CPUs differ.
  Reading<std::string> governor = Reading<std::string>::absent("not read");
  /// Present clock of each CPU in kHz, in CPU order.
  Reading<std::vector<std::int64_t>> khz = Reading<std::vector<std::int64_t>>::absent("not read");
};

/// `root` stands for the folder of CPUs in sysfs, so that recorded ones can be read.
Clocks read_clocks(const std::string& root = "/sys/devices/system/cpu");

}  // namespace ridgepoint
