// What an x86-64 CPU says of itself by CPUID, and which registers the kernel keeps for it. What may
// be executed follows from both; who asks for which instructions decides that.
#pragma once

#include <cstdint>

namespace ridgepoint {

struct CpuidRegisters {
  std::uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

/// Zeros for a leaf that the CPU has not, and on every other architecture.
CpuidRegisters read_cpuid(std::uint32_t leaf, std::uint32_t subleaf);

/// Whether AMD made this CPU; false on every other architecture.
bool is_amd_cpu();

/// XCR0: the state that the kernel saves; 0 where it does not save by XSAVE.
std::uint64_t read_saved_state();

/// In XCR0: configuration and data of AMX's tiles.
inline constexpr std::uint64_t kTileState = std::uint64_t{3} << 17;

/// Asks the kernel for AMX's state, for the whole process, also for threads that run already.
/// Refused where a signal stack that some thread has set up is too small for it.
bool ask_for_tiles();

}  // namespace ridgepoint
