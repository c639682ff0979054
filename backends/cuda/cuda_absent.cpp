// What a build without CUDA says.
#include "backends/cuda/cuda_backend.h"
#include "workloads/error.h"

#if !defined(RIDGEPOINT_HAS_CUDA)

namespace ridgepoint {

std::string cuda_unavailable() {
  return "this build has no CUDA; configure with -DRIDGEPOINT_CUDA=ON where there is a toolkit";
}

std::unique_ptr<Backend> open_cuda_backend(std::string_view) {
  throw Error("backend 'cuda': " + cuda_unavailable());
}

}  // namespace ridgepoint

#endif
