// How the machine is laid out: packages, cores, hardware threads, NUMA nodes, caches. From hwloc,
// which reconciles cpuid, sysfs and the restrictions of containers.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "profiler/reading.h"

namespace ridgepoint {

struct Topology {
  std::int64_t sockets = 0;
  std::int64_t cores = 0;
  std::int64_t threads = 0;
  std::int64_t numa_nodes = 0;
  /// "L1d", "L1i", "L2", "L3": bytes of one instance; the largest where kinds of cores differ.
  std::map<std::string, std::int64_t> cache_bytes;
  std::map<std::string, std::int64_t> cache_count;  ///< instances of each
};

Reading<Topology> read_topology();
/// From hwloc's XML (`lstopo --of xml`), for a machine that is not this one.
Reading<Topology> parse_topology_xml(std::string_view xml);

}  // namespace ridgepoint
