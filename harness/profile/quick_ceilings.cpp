#include "harness/profile/quick_ceilings.h"

#include <algorithm>

#include "harness/environment/new_run.h"
#include "harness/roofline/ceiling_records.h"
#include "harness/roofline/gpu_ceilings.h"
#include "profiler/ceilings/measure.h"
#include "profiler/machine/system_memory.h"
#include "results/roofline/attach_profile.h"

namespace ridgepoint {

void measure_quick_ceilings(Store& store, const std::string& suite, const std::string& command,
                            const std::atomic<bool>& stop) {
  if (suite.starts_with(kGpuCeilingsSuite)) {
    measure_gpu_ceilings(store, suite.substr(kCeilingsSuite.size() + 1), "quick, before a profile",
                         command, quick_device_options(), stop);
    return;
  }
  auto options = ceilings::quick_options();
  const auto available = read_system_memory().available_bytes;
  if (available) options.largest_bytes = std::min(options.largest_bytes, available.value() / 2);
  const Run run = new_run(std::string(kCeilingsSuite), "quick, before a profile", command);
  const auto measured = ceilings::measure_ceilings(
      options, [](const std::string&) {}, stop);
  store_ceilings(store, run, measured);
}

}  // namespace ridgepoint
