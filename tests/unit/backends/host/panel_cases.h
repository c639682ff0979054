// What products over panels must do, whoever multiplies: for the emulated machine, for vdpbf16ps
// and for AMX's own code.
#pragma once

#include "backends/host/kernels.h"

namespace ridgepoint {

/// `base` with every product that `panels` takes done by them, whatever its size.
host::Kernels with_panels(const host::Kernels& base, const host::PanelKernels& panels);

/// Against the product in float64, with the bounds of kernels/panel_product.h: sizes that are no
/// multiple of anything, several slices, ranges of outputs, bias and addend.
void expect_plain_products_within_bounds(const host::PanelKernels& panels, bool with_f16 = true);
void expect_tiled_products_within_bounds(const host::PanelKernels& panels);
/// Weights of bytes with one scale a row, with the bound of kernels/byte_product.h, the product of
/// activations as they were quantised; one that is no number makes its row none.
void expect_byte_products_within_bounds(const host::PanelKernels& panels);
/// The same for blocks that lie where a file has them.
void expect_block_products_within_bounds(const host::PanelKernels& panels);
/// Three threads with a third of the outputs each give what one gives.
void expect_same_product_from_several_threads(const host::PanelKernels& panels);
/// Against the product of activations that were not quantised: the error's root mean square is at
/// most a quarter above that of the kernels that sum integers.
void expect_little_error_beside_quantising(const host::PanelKernels& panels);

}  // namespace ridgepoint
