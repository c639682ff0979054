#include "harness/environment/environment.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/environment/build_info.h"
#include "profiler/machine/clocks.h"
#include "profiler/machine/cpu.h"
#include "profiler/machine/limits.h"
#include "profiler/machine/load.h"
#include "profiler/machine/operating_system.h"
#include "profiler/machine/system_file.h"
#include "profiler/machine/system_memory.h"
#include "profiler/machine/topology.h"
#include "profiler/machine/virtualisation.h"
#include "profiler/memory/process_activity.h"
#include "workloads/content_hash.h"

namespace ridgepoint {
namespace {

using Json = nlohmann::json;  // keys in std::map order: sorted, hence canonical

// MemTotal is what the kernel left over at boot and differs by some MiB from one boot of the same
// machine to the next; to a quarter of a GiB it is the same.
constexpr std::int64_t kMemoryStepBytes = std::int64_t{256} << 20;

template <class T>
Json to_json(const Reading<T>& reading) {
  if (reading) return reading.value();
  return Json{{"absent", reading.why()}};
}

Json cpu_json() {
  const auto cpu = read_cpu();
  Json json{{"model", to_json(cpu.model)},
            {"isa", to_json(cpu.isa)},
            {"governor", to_json(read_clocks().governor)}};
  const auto topology = read_topology();
  if (topology) {
    json["sockets"] = topology.value().sockets;
    json["cores"] = topology.value().cores;
    json["threads"] = topology.value().threads;
    json["numa_nodes"] = topology.value().numa_nodes;
    json["cache_bytes"] = topology.value().cache_bytes;
  } else {
    for (const auto* key : {"sockets", "cores", "threads", "numa_nodes", "cache_bytes"}) {
      json[key] = Json{{"absent", topology.why()}};
    }
  }
  return json;
}

Json memory_json() {
  auto total = read_system_memory().total_bytes;
  if (total) {
    total = Reading<std::int64_t>::of((total.value() + kMemoryStepBytes / 2) / kMemoryStepBytes *
                                      kMemoryStepBytes);
  }
  return Json{{"total_bytes", to_json(total)}};
}

Json virtualisation_json() {
  const auto virtualisation = read_virtualisation();
  return Json{{"hypervisor", to_json(virtualisation.hypervisor)},
              {"vendor", to_json(virtualisation.vendor)},
              {"product", to_json(virtualisation.product)}};
}

Json limits_json() {
  const auto limits = read_limits();
  Json json{{"cgroup_cpus", to_json(limits.cgroup_cpus)},
            {"cgroup_memory_bytes", to_json(limits.cgroup_memory_bytes)}};
  json["cpus"] = limits.cpus ? Json(to_cpu_list(limits.cpus.value())) : to_json(limits.cpus);
  return json;
}

Json build_json() {
  const auto& build = build_info();
  return Json{{"id", build.compiler},
              {"version", build.compiler_version},
              {"flags", build.flags},
              {"build_type", build.build_type}};
}

}  // namespace

Environment read_environment() {
  const Json json{
      {"cpu", cpu_json()},
      {"memory", memory_json()},
      {"huge_pages", to_json(read_transparent_huge_pages())},
      {"kernel", to_json(read_kernel())},
      {"os", to_json(read_operating_system())},
      {"virtualisation", virtualisation_json()},
      {"limits", limits_json()},
      {"compiler", build_json()},
      {"ridgepoint", {{"version", build_info().version}, {"commit", build_info().commit}}},
  };
  Environment environment;
  environment.stable = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  environment.stable_hash = content_hash(environment.stable);
  return environment;
}

std::string read_conditions() {
  Json json;
  json["load_average"] = to_json(read_load_average());
  const auto time = read_cpu_time();
  json["cpu_jiffies"] = time ? Json{{"busy", time.value().busy},
                                    {"steal", time.value().steal},
                                    {"total", time.value().total}}
                             : to_json(Reading<int>::absent(time.why()));
  json["memory_available_bytes"] = to_json(read_system_memory().available_bytes);
  auto khz = read_clocks().khz;
  if (!khz) khz = read_cpu().clocks_khz;
  json["clocks_khz"] = to_json(khz);
  const auto activity = read_process_activity();
  json["process"] = activity ? Json{{"minor_faults", activity.value().minor_faults},
                                    {"major_faults", activity.value().major_faults},
                                    {"voluntary_switches", activity.value().voluntary_switches},
                                    {"involuntary_switches", activity.value().involuntary_switches}}
                             : to_json(Reading<int>::absent(activity.why()));
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace ridgepoint
