// Instruction sets that the host kernels are compiled for. One level is chosen when a backend is
// opened: the best that this CPU has, or another one that was asked for (option isa=NAME), so that
// every level can be tested and compared on one machine. choose_isa.h says which is the best.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ridgepoint {

enum class Isa : std::uint8_t {
  scalar,      ///< what every x86-64 (or other) CPU has
  avx2,        ///< AVX2, FMA, F16C
  avx512,      ///< AVX-512 F, BW, VL, DQ and VNNI
  avx512bf16,  ///< the same with AVX512_BF16, for products of many rows with bf16 weights
  amx,         ///< AVX-512 with AMX tiles of bf16, for products of many rows
};

struct IsaEntry {
  Isa isa;
  std::string_view name;
  bool available;  ///< on this CPU, and compiled in
  /// Whether it may be chosen without being asked for.
  bool automatic;
  std::string_view why_not;  ///< it is not available, or not automatic
};

/// In ascending order. The first call asks the kernel for AMX's state where the CPU has AMX.
std::span<const IsaEntry> isas();
std::string_view name_of(Isa isa);
/// "scalar, avx2": the names of what is available.
std::string isas_here();
/// Error when the name is unknown or this CPU lacks it; lists what there is.
Isa parse_isa(std::string_view name);

/// What has to be so for AMX, as the CPU and the kernel say it.
struct AmxReadings {
  std::uint32_t features = 0;     ///< CPUID 7.0, EDX
  std::uint64_t saved_state = 0;  ///< XCR0: the state that the kernel saves
  bool permitted = false;         ///< the kernel lets this process use tiles
};
/// Empty when AMX may be used; what is missing otherwise.
std::string_view why_no_amx(const AmxReadings& readings);

}  // namespace ridgepoint
