#include "backends/host/kernels.h"
#include "backends/host/kernels/simd_scalar.h"
#include "backends/host/kernels/table.h"

namespace ridgepoint::host {

constinit const Kernels kScalarKernels = make_kernels<Scalar>();

}  // namespace ridgepoint::host
