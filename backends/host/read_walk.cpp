#include "backends/host/read_walk.h"

#include <fmt/format.h>

#include "profiler/machine/cpuid.h"
#include "workloads/error.h"

namespace ridgepoint {

ReadWalk walk_of_this_cpu() {
  return is_amd_cpu() ? kSequentialWalk : kStreamsWalk;
}

ReadWalk parse_walk(std::string_view name) {
  for (const ReadWalk& walk : {kSequentialWalk, kStreamsWalk}) {
    if (name == walk.name) return walk;
  }
  throw Error(fmt::format("walk: unknown '{}'; known: {}, {}", name, kSequentialWalk.name,
                          kStreamsWalk.name));
}

}  // namespace ridgepoint
