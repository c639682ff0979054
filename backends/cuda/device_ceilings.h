// The ceilings of a GPU: bytes a second over working sets, so that the levels of its memory show as
// plateaus (the second-level cache has a near and a far part on some); from shared memory;
// operations a second of CUDA cores, of tensor cores by type, and of the library's products; and
// the clock.
//
// Times are the device's own, between events around batches that are long enough for that. Data are
// random and finite, never zeros, which take less power and so run faster.
#pragma once

#include <atomic>

#include "backends/cuda/device.h"
#include "backends/device_ceilings.h"
#include "profiler/ceilings/ceiling.h"

namespace ridgepoint::cuda {

/// Error when the device fails. What it does not have is absent with the reason.
ceilings::Measured measure_device_ceilings(Device& device, const DeviceCeilingOptions& options,
                                           const std::atomic<bool>& stop);

/// The clock of one multiprocessor now, from its cycles over the device's timer during `spin_ns`.
/// `room` is 16 bytes on the device. 0: it could not be told.
double device_clock_hz(Device& device, std::byte* room, std::uint64_t spin_ns);

}  // namespace ridgepoint::cuda
