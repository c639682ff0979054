// What each source of this folder, compiled for its instruction set, offers. isa_here.h says which
// may be called.
#pragma once

#include "profiler/ceilings/bandwidth_kernels.h"
#include "profiler/ceilings/compute_kernels.h"

namespace ridgepoint::ceilings {

extern const BandwidthTable kScalarBandwidth, kAvx2Bandwidth, kAvx512Bandwidth;

extern const ComputeKernel kScalarF32, kScalarF64;
extern const ComputeKernel kFmaScalarF32, kFmaScalarF64, kAvx2F32, kAvx2F64;
extern const ComputeKernel kAvx512F32, kAvx512F64;
extern const ComputeKernel kAvx512Vnni, kAvx512Bf16, kAvx512Fp16, kAmxBf16, kAmxInt8;
extern const ComputeKernel kAmxBf16FromL2, kAmxInt8FromL2;

}  // namespace ridgepoint::ceilings
