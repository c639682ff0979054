// Instruction sets that the host kernels are compiled for. One level is chosen when a backend is
// opened: the highest that this CPU has, or a lower one that was asked for (option isa=NAME), so
// that every level can be tested and compared on one machine.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ridgepoint {

enum class Isa : std::uint8_t {
  scalar,  ///< what every x86-64 (or other) CPU has
  avx2,    ///< AVX2, FMA, F16C
  avx512,  ///< AVX-512 F, BW, VL, DQ and VNNI
};

struct IsaEntry {
  Isa isa;
  std::string_view name;
  bool available;  ///< on this CPU, and compiled in
};

/// In ascending order.
std::span<const IsaEntry> isas();
std::string_view name_of(Isa isa);
Isa best_isa();
/// Error when the name is unknown or this CPU lacks it; lists what there is.
Isa parse_isa(std::string_view name);

}  // namespace ridgepoint
