// How often processors were slowed down because they were hot, as x86 kernels count it in sysfs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "profiler/machine/counter_file.h"
#include "profiler/reading.h"

namespace ridgepoint {

class ThrottleCount {
 public:
  /// `root` stands for the folder of CPUs in sysfs, so that recorded ones can be read. Looks at the
  /// CPUs that this process may run on, at most 64 of them.
  explicit ThrottleCount(const std::string& root = "/sys/devices/system/cpu");
  /// Times since boot, cores and packages together; absent where nobody counts (virtual machines).
  Reading<std::int64_t> read();

 private:
  std::vector<CounterFile> files_;
  std::string why_;
};

}  // namespace ridgepoint
