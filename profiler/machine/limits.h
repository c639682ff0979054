// What of this machine the process may use: affinity, and the cgroups that a container or a batch
// system put it in.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "profiler/reading.h"

namespace ridgepoint {

struct Limits {
  Reading<std::vector<int>> cpus = Reading<std::vector<int>>::absent("not read");  ///< by affinity
  /// CPUs' worth of time that the tightest cgroup on the way up allows; absent: no limit, or why
  /// it is not known.
  Reading<double> cgroup_cpus = Reading<double>::absent("not read");
  Reading<std::int64_t> cgroup_memory_bytes = Reading<std::int64_t>::absent("not read");
};
Limits read_limits();

struct CgroupLimits {
  Reading<double> cpus = Reading<double>::absent("not read");
  Reading<std::int64_t> memory_bytes = Reading<std::int64_t>::absent("not read");
};
/// `membership` is the text of /proc/self/cgroup; `mount` is where the cgroup file system stands
/// (version 2 at the top or under unified/, version 1 a folder a controller).
CgroupLimits read_cgroup_limits(const std::string& membership,
                                const std::string& mount = "/sys/fs/cgroup");

}  // namespace ridgepoint
