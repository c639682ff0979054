// Compiled for avx2 alone: nothing here may be reached before isa.h says that the CPU has it.
#if defined(__x86_64__)
#include "backends/host/kernels.h"
#include "backends/host/kernels/simd_avx2.h"
#include "backends/host/kernels/table.h"

namespace ridgepoint::host {

constinit const Kernels kAvx2Kernels = make_kernels<Avx2>();

}  // namespace ridgepoint::host
#endif
