#include "profiler/memory/fault_probe.h"

#include "profiler/memory/process_activity.h"

namespace ridgepoint {

std::vector<ProbeValue> FaultProbe::kinds() const {
  return {{.name = "minor_faults", .unit = "1"},
          {.name = "major_faults", .unit = "1"},
          {.name = "voluntary_switches", .unit = "1"},
          {.name = "involuntary_switches", .unit = "1"}};
}

Reading<std::vector<double>> FaultProbe::read() const {
  const auto activity = read_process_activity();
  if (!activity) return Reading<std::vector<double>>::absent(activity.why());
  const ProcessActivity& counts = activity.value();
  return Reading<std::vector<double>>::of({static_cast<double>(counts.minor_faults),
                                           static_cast<double>(counts.major_faults),
                                           static_cast<double>(counts.voluntary_switches),
                                           static_cast<double>(counts.involuntary_switches)});
}

}  // namespace ridgepoint
