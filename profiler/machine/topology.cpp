#include "profiler/machine/topology.h"

#include <fmt/format.h>
#include <hwloc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <type_traits>

namespace ridgepoint {
namespace {

struct Destroy {
  void operator()(hwloc_topology* topology) const { hwloc_topology_destroy(topology); }
};
using OwnedTopology = std::unique_ptr<hwloc_topology, Destroy>;

OwnedTopology make_topology() {
  // Where /sys is absent hwloc would complain on stderr; the reading says so itself.
  setenv("HWLOC_HIDE_ERRORS", "2", /*overwrite=*/0);
  hwloc_topology_t raw = nullptr;
  if (hwloc_topology_init(&raw) != 0) return nullptr;
  OwnedTopology topology(raw);
  // L1 instruction caches are filtered out by default.
  hwloc_topology_set_icache_types_filter(raw, HWLOC_TYPE_FILTER_KEEP_ALL);
  return topology;
}

std::int64_t count(hwloc_topology_t topology, hwloc_obj_type_t type) {
  return std::max(0, hwloc_get_nbobjs_by_type(topology, type));
}

Reading<Topology> load(const OwnedTopology& owned) {
  hwloc_topology_t topology = owned.get();
  if (hwloc_topology_load(topology) != 0) {
    return Reading<Topology>::absent("hwloc could not read the machine's topology");
  }
  Topology result;
  result.sockets = count(topology, HWLOC_OBJ_PACKAGE);
  result.cores = count(topology, HWLOC_OBJ_CORE);
  result.threads = count(topology, HWLOC_OBJ_PU);
  result.numa_nodes = count(topology, HWLOC_OBJ_NUMANODE);
  for (int type = HWLOC_OBJ_L1CACHE; type <= HWLOC_OBJ_L3ICACHE; ++type) {
    const auto cache_type = static_cast<hwloc_obj_type_t>(type);
    for (hwloc_obj_t cache = hwloc_get_next_obj_by_type(topology, cache_type, nullptr);
         cache != nullptr; cache = hwloc_get_next_obj_by_type(topology, cache_type, cache)) {
      const auto& attributes = cache->attr->cache;
      std::string name = fmt::format("L{}", attributes.depth);
      if (attributes.type == HWLOC_OBJ_CACHE_DATA) name += 'd';
      if (attributes.type == HWLOC_OBJ_CACHE_INSTRUCTION) name += 'i';
      auto& bytes = result.cache_bytes[name];
      bytes = std::max(bytes, static_cast<std::int64_t>(attributes.size));
      ++result.cache_count[name];
    }
  }
  return Reading<Topology>::of(std::move(result));
}

}  // namespace

Reading<Topology> read_topology() {
  const auto topology = make_topology();
  if (!topology) return Reading<Topology>::absent("hwloc could not start");
  return load(topology);
}

Reading<Topology> parse_topology_xml(std::string_view xml) {
  const auto topology = make_topology();
  if (!topology) return Reading<Topology>::absent("hwloc could not start");
  const std::string text(xml);  // hwloc wants the terminating zero within the length
  if (hwloc_topology_set_xmlbuffer(topology.get(), text.c_str(),
                                   static_cast<int>(text.size() + 1)) != 0) {
    return Reading<Topology>::absent("not hwloc XML");
  }
  return load(topology);
}

}  // namespace ridgepoint
