#include "profiler/machine/cpuid.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace ridgepoint {

#if defined(__x86_64__)

CpuidRegisters read_cpuid(std::uint32_t leaf, std::uint32_t subleaf) {
  CpuidRegisters read;
  if (__get_cpuid_count(leaf, subleaf, &read.eax, &read.ebx, &read.ecx, &read.edx) == 0) return {};
  return read;
}

bool is_amd_cpu() {
  return __builtin_cpu_is("amd") != 0;
}

std::uint64_t read_saved_state() {
  if ((read_cpuid(1, 0).ecx & 1U << 27) == 0) return 0;
  std::uint32_t low = 0, high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return std::uint64_t{high} << 32 | low;
}

bool ask_for_tiles() {
  constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;               // XFEATURE_XTILEDATA
  return ::syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

#else

CpuidRegisters read_cpuid(std::uint32_t, std::uint32_t) {
  return {};
}

bool is_amd_cpu() {
  return false;
}

std::uint64_t read_saved_state() {
  return 0;
}

bool ask_for_tiles() {
  return false;
}

#endif

}  // namespace ridgepoint
