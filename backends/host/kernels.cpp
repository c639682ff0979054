#include "backends/host/kernels.h"

#include <stdexcept>

namespace ridgepoint::host {

const Kernels& kernels_for(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::avx512) return kAvx512Kernels;
  if (isa == Isa::avx2) return kAvx2Kernels;
#endif
  if (isa != Isa::scalar) throw std::logic_error("kernels_for: not compiled for this machine");
  return kScalarKernels;
}

}  // namespace ridgepoint::host
