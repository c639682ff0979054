#include "backends/host/kernels.h"

#include <stdexcept>

namespace ridgepoint::host {
namespace {

#if defined(__x86_64__)
/// AVX-512's, but where dot products of pairs are faster.
void plain_product_by_dots(const PlainMatrix& weight, const FloatRows& input, std::int64_t rows,
                           std::int64_t begin, std::int64_t end, const ProductTarget& target) {
  if (weight.type != Type::bf16 || rows < kDotPlainRows) {
    kAvx512Kernels.plain_product(weight, input, rows, begin, end, target);
  } else if (rows < kDotPanelRows) {
    kAvx512Bf16Rows.plain_product(weight, input, rows, begin, end, target);
  } else {
    kAvx512Bf16Panels.plain_product(weight, input, rows, begin, end, target);
  }
}

void plain_product_by_amx(const PlainMatrix& weight, const FloatRows& input, std::int64_t rows,
                          std::int64_t begin, std::int64_t end, const ProductTarget& target) {
  const bool narrow = weight.type == Type::bf16 || weight.type == Type::f16;
  const bool panels = narrow && rows >= kAmxPlainRows;
  (panels ? kAmxPanels.plain_product : kAvx512Kernels.plain_product)(weight, input, rows, begin,
                                                                     end, target);
}

void tiled_product_by_amx(const TiledMatrix& weight, const QuantisedRows& input, std::int64_t rows,
                          std::int64_t begin, std::int64_t end, const ProductTarget& target) {
  if (rows >= kAmxTiledRows && kAmxPanels.tiled_product(weight, input, rows, begin, end, target)) {
    return;
  }
  kAvx512Kernels.tiled_product(weight, input, rows, begin, end, target);
}

void block_product_by_amx(const BlockMatrix& weight, const QuantisedRows& input, std::int64_t rows,
                          std::int64_t begin, std::int64_t end, const ProductTarget& target) {
  (rows >= kAmxTiledRows ? kAmxPanels.block_product : kAvx512Kernels.block_product)(
      weight, input, rows, begin, end, target);
}

const Kernels& avx512_bf16_kernels() {
  static const Kernels kKernels = [] {
    Kernels kernels = kAvx512Kernels;
    kernels.isa = Isa::avx512bf16;
    kernels.plain_product = &plain_product_by_dots;
    return kernels;
  }();
  return kKernels;
}

const Kernels& amx_kernels() {
  static const Kernels kKernels = [] {
    Kernels kernels = kAvx512Kernels;
    kernels.isa = Isa::amx;
    kernels.plain_product = &plain_product_by_amx;
    kernels.tiled_product = &tiled_product_by_amx;
    kernels.block_product = &block_product_by_amx;
    return kernels;
  }();
  return kKernels;
}
#endif

}  // namespace

const Kernels& kernels_for(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::amx) return amx_kernels();
  if (isa == Isa::avx512bf16) return avx512_bf16_kernels();
  if (isa == Isa::avx512) return kAvx512Kernels;
  if (isa == Isa::avx2) return kAvx2Kernels;
#endif
  if (isa != Isa::scalar) throw std::logic_error("kernels_for: not compiled for this machine");
  return kScalarKernels;
}

}  // namespace ridgepoint::host
