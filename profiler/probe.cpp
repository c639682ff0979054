#include "profiler/probe.h"

#include "profiler/clock/clock_probe.h"
#include "profiler/energy/nvml_probe.h"
#include "profiler/energy/rapl_probe.h"
#include "profiler/machine/steal_probe.h"
#include "profiler/memory/fault_probe.h"
#include "profiler/memory/pressure_probe.h"
#include "profiler/perf/perf_probe.h"

namespace ridgepoint {

std::string_view name_of(ProbeProvenance provenance) {
  return provenance == ProbeProvenance::counted ? "counted" : "estimated";
}

std::vector<std::unique_ptr<Probe>> make_probes(const std::string& gpu_bus_id) {
  std::vector<std::unique_ptr<Probe>> probes;
  probes.push_back(make_perf_probe(PerfEvents::hardware));
  probes.push_back(make_perf_probe(PerfEvents::software));
  probes.push_back(std::make_unique<FaultProbe>());
  probes.push_back(std::make_unique<PressureProbe>());
  probes.push_back(std::make_unique<StealProbe>());
  probes.push_back(std::make_unique<RaplProbe>());
  probes.push_back(std::make_unique<ClockProbe>());
  probes.push_back(std::make_unique<NvmlProbe>("libnvidia-ml.so.1", gpu_bus_id));
  return probes;
}

std::vector<ProbeValue> all_absent(std::vector<ProbeValue> values, const std::string& why) {
  for (ProbeValue& value : values) value.value = Reading<double>::absent(why);
  return values;
}

}  // namespace ridgepoint
