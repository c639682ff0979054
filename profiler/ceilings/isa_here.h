// Which instruction sets this process may execute: the CPU has them, and the kernel saves their
// registers. Each is an empty text, or why not.
#pragma once

#include <string_view>

namespace ridgepoint::ceilings {

struct IsaHere {
  std::string_view avx2 = "not an x86-64 CPU";    ///< AVX2 and FMA
  std::string_view avx512 = "not an x86-64 CPU";  ///< F, BW, DQ, VL
  std::string_view avx512_vnni = "not an x86-64 CPU";
  std::string_view avx512_bf16 = "not an x86-64 CPU";
  std::string_view avx512_fp16 = "not an x86-64 CPU";
  std::string_view amx_bf16 = "not an x86-64 CPU";
  std::string_view amx_int8 = "not an x86-64 CPU";
};

/// The first call asks the kernel for AMX's state where the CPU has AMX.
const IsaHere& isa_here();

}  // namespace ridgepoint::ceilings
