#include "backends/host/isa.h"

#include <fmt/format.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <array>

#include "workloads/error.h"

namespace ridgepoint {
namespace {

bool has_avx2() {
#if defined(__x86_64__)
  // Not every compiler's __builtin_cpu_supports knows f16c.
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  const bool f16c = __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx & bit_F16C) != 0;
  return f16c && __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
#else
  return false;
#endif
}

bool has_avx512() {
#if defined(__x86_64__)
  return has_avx2() && __builtin_cpu_supports("avx512f") != 0 &&
         __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512vl") != 0 &&
         __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vnni") != 0;
#else
  return false;
#endif
}

}  // namespace

std::span<const IsaEntry> isas() {
  static const std::array<IsaEntry, 3> kIsas{{
      {Isa::scalar, "scalar", true},
      {Isa::avx2, "avx2", has_avx2()},
      {Isa::avx512, "avx512", has_avx512()},
  }};
  return kIsas;
}

std::string_view name_of(Isa isa) {
  return isas()[static_cast<std::size_t>(isa)].name;
}

Isa best_isa() {
  Isa best = Isa::scalar;
  for (const IsaEntry& entry : isas()) {
    if (entry.available) best = entry.isa;
  }
  return best;
}

Isa parse_isa(std::string_view name) {
  std::string here;
  for (const IsaEntry& entry : isas()) {
    if (entry.available) here += fmt::format("{}{}", here.empty() ? "" : ", ", entry.name);
  }
  for (const IsaEntry& entry : isas()) {
    if (entry.name != name) continue;
    if (entry.available) return entry.isa;
    throw Error(fmt::format("isa: this CPU has no {}; it has {}", name, here));
  }
  throw Error(fmt::format("isa: unknown instruction set '{}'; this CPU has {}", name, here));
}

}  // namespace ridgepoint
