#include "profiler/clock/ticks.h"

#include "profiler/machine/cpuid.h"
#include "profiler/machine/system_file.h"

namespace ridgepoint {
namespace {

bool look_at_ticks() {
  constexpr std::uint32_t kPowerLeaf = 0x80000007, kInvariant = 1U << 8;
  if ((read_cpuid(kPowerLeaf, 0).edx & kInvariant) == 0) return false;
  const auto source =
      read_system_file("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  // A kernel that found the counter unsteady takes another one.
  return source && trim(source.value()) == "tsc";
}

}  // namespace

bool ticks_are_steady() {
  static const bool steady = look_at_ticks();
  return steady;
}

}  // namespace ridgepoint
