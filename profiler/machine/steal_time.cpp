#include "profiler/machine/steal_time.h"

#include <unistd.h>

#include "profiler/machine/load.h"

namespace ridgepoint {

Reading<std::int64_t> StealTime::read_ns() {
  const auto text = file_.read();
  if (!text) return Reading<std::int64_t>::absent(text.why());
  const auto time = parse_cpu_time(text.value());
  if (!time) return Reading<std::int64_t>::absent(time.why());
  const auto jiffies_a_second = ::sysconf(_SC_CLK_TCK);
  if (jiffies_a_second <= 0) return Reading<std::int64_t>::absent("sysconf: no clock ticks");
  return Reading<std::int64_t>::of(time.value().steal * (1'000'000'000 / jiffies_a_second));
}

}  // namespace ridgepoint
