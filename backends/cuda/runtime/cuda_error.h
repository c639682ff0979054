// Every status of CUDA becomes an Error of one line: what was tried, what CUDA said, what to do.
#pragma once

#include <cuda_runtime_api.h>

#include <string>
#include <string_view>

namespace ridgepoint::cuda {

/// "backend 'cuda': WHAT: CODE: description; advice"
std::string line_of(cudaError_t status, std::string_view what);
/// Error, or OutOfDeviceMemory where that is what it was.
[[noreturn]] void fail(cudaError_t status, std::string_view what);
inline void check(cudaError_t status, std::string_view what) {
  if (status != cudaSuccess) fail(status, what);
}

}  // namespace ridgepoint::cuda
