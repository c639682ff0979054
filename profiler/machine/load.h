// How busy the machine is, and how much of it the hypervisor gave to others.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "profiler/reading.h"

namespace ridgepoint {

/// Cumulative since boot, over all CPUs, in jiffies (1/100 s on every common kernel).
struct CpuTime {
  std::int64_t busy = 0;   ///< user, nice, system, irq, softirq
  std::int64_t steal = 0;  ///< wanted to run, the hypervisor ran others
  std::int64_t total = 0;  ///< all of it, idle included
};

/// Runnable processes averaged over 1, 5 and 15 minutes, from the text of /proc/loadavg.
Reading<std::array<double, 3>> parse_load_average(std::string_view text);
Reading<std::array<double, 3>> read_load_average();
/// From the text of /proc/stat.
Reading<CpuTime> parse_cpu_time(std::string_view text);
Reading<CpuTime> read_cpu_time();

}  // namespace ridgepoint
