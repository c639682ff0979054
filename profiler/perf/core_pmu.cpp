#include "profiler/perf/core_pmu.h"

#include <filesystem>
#include <system_error>

namespace ridgepoint {

Reading<std::string> read_core_pmu() {
  const std::filesystem::path sources = "/sys/bus/event_source/devices";
  std::error_code error;
  // Hybrid and Arm cores have sources of other names; each of these has a list of its CPUs.
  for (const auto& entry : std::filesystem::directory_iterator(sources, error)) {
    const std::string name = entry.path().filename();
    std::error_code ignored;
    if (name == "cpu" || (std::filesystem::exists(entry.path() / "cpus", ignored) &&
                          (name.starts_with("cpu_") || name.starts_with("armv")))) {
      return Reading<std::string>::of(name);
    }
  }
  if (error) {
    return Reading<std::string>::absent("/sys/bus/event_source/devices: " + error.message());
  }
  return Reading<std::string>::absent(
      "the kernel shows no core PMU (/sys/bus/event_source/devices has no cpu), as in most "
      "virtual machines");
}

}  // namespace ridgepoint
