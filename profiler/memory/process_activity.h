// What the kernel did to this process: page faults and context switches, which disturb samples.
#pragma once

#include <cstdint>

#include "profiler/reading.h"

namespace ridgepoint {

/// Cumulative over all threads of this process.
struct ProcessActivity {
  std::int64_t minor_faults = 0;          ///< page was in memory already
  std::int64_t major_faults = 0;          ///< page came from storage
  std::int64_t voluntary_switches = 0;    ///< it waited
  std::int64_t involuntary_switches = 0;  ///< it was pushed off the CPU
};
Reading<ProcessActivity> read_process_activity();

}  // namespace ridgepoint
