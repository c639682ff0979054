#include "backends/host/isa.h"

#include <fmt/format.h>

#include <array>

#include "profiler/machine/cpuid.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

// The compilers' own test says too whether the kernel saves the registers. Clang 14 knows neither
// F16C nor AVX512_BF16 by name; neither adds any.
bool has_avx2() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0 &&
         (read_cpuid(1, 0).ecx & 1U << 29) != 0;
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

bool has_avx512_bf16() {
  return has_avx512() && (read_cpuid(7, 1).eax & 1U << 5) != 0;
}

/// Intel's cores take longer for vdpbf16ps than for the same product in f32 (measured on Sapphire
/// Rapids: half its speed); AMD's do not.
bool has_fast_bf16_dots() {
  return is_amd_cpu();
}

AmxReadings read_amx() {
  AmxReadings readings;
  readings.features = read_cpuid(7, 0).edx;
  readings.saved_state = read_saved_state();
  readings.permitted = (readings.saved_state & kTileState) == kTileState && ask_for_tiles();
  return readings;
}

std::array<IsaEntry, 5> read_isas() {
  const bool bf16 = has_avx512_bf16();
  std::string_view no_amx = why_no_amx(read_amx());
  if (no_amx.empty() && !bf16) no_amx = "the CPU lacks AVX512_BF16, which its kernels use too";
  return {
      {{Isa::scalar, "scalar", true, true, ""},
       {Isa::avx2, "avx2", has_avx2(), true, "the CPU lacks AVX2, FMA or F16C"},
       {Isa::avx512, "avx512", has_avx512(), true, "the CPU lacks AVX-512 F, BW, VL, DQ or VNNI"},
       {Isa::avx512bf16, "avx512bf16", bf16, has_fast_bf16_dots(),
        bf16 ? "f32 is expected to be faster on this vendor's cores" : "the CPU lacks AVX512_BF16"},
       {Isa::amx, "amx", no_amx.empty(), true, no_amx}}};
}

}  // namespace

std::string_view why_no_amx(const AmxReadings& readings) {
  constexpr std::uint32_t kBf16 = 1U << 22, kTile = 1U << 24, kInt8 = 1U << 25;
  if ((readings.features & kTile) == 0) return "the CPU lacks AMX-TILE";
  if ((readings.features & kBf16) == 0) return "the CPU lacks AMX-BF16";
  if ((readings.features & kInt8) == 0) return "the CPU lacks AMX-INT8";
  if ((readings.saved_state & kTileState) != kTileState) {
    return "the kernel does not save AMX's state";
  }
  if (!readings.permitted) return "the kernel refuses this process AMX's state";
  return "";
}

std::span<const IsaEntry> isas() {
  static const std::array<IsaEntry, 5> kIsas = read_isas();
  return kIsas;
}

std::string_view name_of(Isa isa) {
  return isas()[static_cast<std::size_t>(isa)].name;
}

std::string isas_here() {
  std::string here;
  for (const IsaEntry& entry : isas()) {
    if (entry.available) here += fmt::format("{}{}", here.empty() ? "" : ", ", entry.name);
  }
  return here;
}

Isa parse_isa(std::string_view name) {
  for (const IsaEntry& entry : isas()) {
    if (entry.name != name) continue;
    if (entry.available) return entry.isa;
    throw Error(fmt::format("isa: no {} here: {}; there is {}", name, entry.why_not, isas_here()));
  }
  throw Error(fmt::format("isa: unknown instruction set '{}'; this CPU has {}", name, isas_here()));
}

}  // namespace ridgepoint
