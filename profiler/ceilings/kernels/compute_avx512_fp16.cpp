// Compiled for AVX-512 with FP16 alone: half-precision products and sums.
#if defined(__x86_64__)
#include <immintrin.h>

#include "profiler/ceilings/kernels/compute_chains.h"
#include "profiler/ceilings/kernels/tables.h"

namespace ridgepoint::ceilings {
namespace {

struct ZmmFp16 {
  using Vector = __m512h;
  using Part = _Float16;
  static constexpr std::size_t kChains = 16;
  __m512h factor, summand;
  explicit ZmmFp16(const ComputeData& data)
      : factor(_mm512_load_ph(data.f16)), summand(_mm512_load_ph(data.f16 + 32)) {}
  static __m512h start(std::size_t i) {
    return _mm512_cvtepi16_ph(_mm512_set1_epi16(static_cast<short>(i)));
  }
  [[nodiscard]] __m512h step(__m512h x) const { return _mm512_fmadd_ph(x, factor, summand); }
};

}  // namespace

constinit const ComputeKernel kAvx512Fp16 =
    make_compute_kernel<ZmmFp16>("avx512 fp16 fma", "FLOP/s", 64);

}  // namespace ridgepoint::ceilings
#endif
