// Time that the hypervisor took from this machine, read often: /proc/stat, kept open.
#pragma once

#include <cstdint>
#include <string>

#include "profiler/machine/counter_file.h"
#include "profiler/reading.h"

namespace ridgepoint {

class StealTime {
 public:
  explicit StealTime(std::string path = "/proc/stat") : file_(std::move(path)) {}
  /// Nanoseconds since boot over all CPUs, in steps of the kernel's jiffy (10 ms). Absent where the
  /// kernel counts none.
  Reading<std::int64_t> read_ns();

 private:
  CounterFile file_;
};

}  // namespace ridgepoint
