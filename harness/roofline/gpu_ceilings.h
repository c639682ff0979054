// Ceilings of a GPU, measured through the backend that computes on it and stored as a run of a
// suite of their own, so that nobody takes them for the processor's.
#pragma once

#include <atomic>
#include <string>

#include "backends/device_ceilings.h"
#include "results/record.h"
#include "results/store/store.h"

namespace ridgepoint {

struct GpuCeilings {
  Run run;
  ceilings::Measured measured;
};

/// `device` is "cuda:N", or "cuda" for the first. Error, one line, for another text, where there is
/// no such device, and when nothing was measured.
GpuCeilings measure_gpu_ceilings(Store& store, const std::string& device, const std::string& label,
                                 const std::string& command, const DeviceCeilingOptions& options,
                                 const std::atomic<bool>& stop);

/// What `open_backend` takes for a device: "cuda:device=1" for "cuda:1". Error for another text.
std::string backend_of_device(const std::string& device);

}  // namespace ridgepoint
