#include "backends/cuda/runtime/cuda_error.h"

#include <fmt/format.h>

#include "backends/cuda/device.h"
#include "workloads/error.h"

namespace ridgepoint::cuda {
namespace {

std::string_view advice_for(cudaError_t status) {
  switch (status) {
    case cudaErrorNoKernelImageForDevice:
      return "; the build's architectures do not cover this GPU: configure with "
             "-DRIDGEPOINT_CUDA_ARCHITECTURES=native";
    case cudaErrorIllegalAddress:
    case cudaErrorMisalignedAddress:
    case cudaErrorLaunchFailure:
    case cudaErrorAssert:
      return "; a kernel failed, and nothing more can be done in this process: run it under "
             "compute-sanitizer and report what it says";
    case cudaErrorDevicesUnavailable:
      return "; another process has this GPU for itself: see nvidia-smi";
    case cudaErrorECCUncorrectable:
      return "; the GPU's memory is faulty: see nvidia-smi -q";
    default:
      return "";
  }
}

}  // namespace

std::string line_of(cudaError_t status, std::string_view what) {
  return fmt::format("backend 'cuda': {}: {}: {}{}", what, cudaGetErrorName(status),
                     cudaGetErrorString(status), advice_for(status));
}

void fail(cudaError_t status, std::string_view what) {
  static_cast<void>(cudaGetLastError());  // what can be forgotten is
  if (status == cudaErrorMemoryAllocation) throw OutOfDeviceMemory(line_of(status, what));
  throw Error(line_of(status, what));
}

}  // namespace ridgepoint::cuda
