// Compiled for avx512bf16 alone: nothing here may be reached before isa.h says that the CPU has it.
#if defined(__x86_64__)
#include <bit>

#include "backends/host/kernels.h"
#include "backends/host/kernels/dot_block.h"
#include "backends/host/kernels/dot_rows.h"

namespace ridgepoint::host {

// f16 weights would take three products, one and a half times what f32 takes; quantised ones are
// faster as integers.
constinit const PanelKernels kAvx512Bf16Panels = {
    .plain_product = &panel_bf16_product<Avx512Pairs, DotBlock>,
    .block_product = nullptr,
    .tiled_product = nullptr};

constinit const PanelKernels kAvx512Bf16Rows = {
    .plain_product = &dot_rows_product, .block_product = nullptr, .tiled_product = nullptr};

}  // namespace ridgepoint::host
#endif
