#include "profiler/ceilings/isa_here.h"

#include <cstdint>

#include "profiler/machine/cpuid.h"

namespace ridgepoint::ceilings {
namespace {

#if defined(__x86_64__)

bool has_bit(std::uint32_t word, int bit) {
  return (word >> bit & 1U) != 0;
}

IsaHere find_isa() {
  constexpr std::uint64_t kYmm = 0x6, kZmm = 0xe6;
  const CpuidRegisters basic = read_cpuid(1, 0), extended = read_cpuid(7, 0),
                       more = read_cpuid(7, 1);
  const std::uint64_t saved = read_saved_state();
  IsaHere isa;
  isa.avx2 = !has_bit(extended.ebx, 5) ? "the CPU lacks AVX2"
             : !has_bit(basic.ecx, 12) ? "the CPU lacks FMA"
             : (saved & kYmm) != kYmm  ? "the kernel does not save AVX registers"
                                       : "";
  const bool foundation = has_bit(extended.ebx, 16) && has_bit(extended.ebx, 17) &&
                          has_bit(extended.ebx, 30) && has_bit(extended.ebx, 31);
  isa.avx512 = !isa.avx2.empty()        ? isa.avx2
               : !foundation            ? "the CPU lacks AVX-512 F, DQ, BW or VL"
               : (saved & kZmm) != kZmm ? "the kernel does not save AVX-512 registers"
                                        : "";
  const auto on_avx512 = [&](bool there, std::string_view why_not) {
    return !isa.avx512.empty() ? isa.avx512 : there ? std::string_view() : why_not;
  };
  isa.avx512_vnni = on_avx512(has_bit(extended.ecx, 11), "the CPU lacks AVX512_VNNI");
  isa.avx512_bf16 = on_avx512(has_bit(more.eax, 5), "the CPU lacks AVX512_BF16");
  isa.avx512_fp16 = on_avx512(has_bit(extended.edx, 23), "the CPU lacks AVX512_FP16");
  std::string_view no_tiles;
  if (!has_bit(extended.edx, 24)) {
    no_tiles = "the CPU lacks AMX-TILE";
  } else if ((saved & kTileState) != kTileState) {
    no_tiles = "the kernel does not save AMX's state";
  } else if (!ask_for_tiles()) {
    no_tiles = "the kernel refuses this process AMX's state";
  }
  const auto on_tiles = [&](bool there, std::string_view why_not) {
    return !no_tiles.empty() ? no_tiles : there ? std::string_view() : why_not;
  };
  isa.amx_bf16 = on_tiles(has_bit(extended.edx, 22), "the CPU lacks AMX-BF16");
  isa.amx_int8 = on_tiles(has_bit(extended.edx, 25), "the CPU lacks AMX-INT8");
  return isa;
}

#else

IsaHere find_isa() {
  return {};
}

#endif

}  // namespace

const IsaHere& isa_here() {
  static const IsaHere isa = find_isa();
  return isa;
}

}  // namespace ridgepoint::ceilings
