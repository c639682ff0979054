#include "profiler/perf/paranoia.h"

#include "profiler/machine/system_file.h"

namespace ridgepoint {

Reading<std::int64_t> read_paranoia(const std::string& path) {
  const auto text = read_system_file(path);
  if (!text) return Reading<std::int64_t>::absent(text.why());
  const auto value = parse_integer(text.value());
  return value ? Reading<std::int64_t>::of(*value)
               : Reading<std::int64_t>::absent(path + ": it holds no number");
}

std::string explain_paranoia(std::int64_t value) {
  const std::string setting = "perf_event_paranoid is " + std::to_string(value) + ": ";
  // Debian's kernels know 3 and above as well: nothing at all.
  if (value >= 3) {
    return setting +
           "without CAP_PERFMON nothing may be counted; sudo sysctl kernel.perf_event_paranoid=2 "
           "allows a user's own processes";
  }
  if (value == 2) return setting + "a user may count his own processes, outside of the kernel";
  if (value == 1) return setting + "a user may count his own processes, the kernel's part included";
  if (value == 0) return setting + "a user may count whole CPUs as well, but not read tracepoints";
  return setting + "everything may be counted";
}

}  // namespace ridgepoint
