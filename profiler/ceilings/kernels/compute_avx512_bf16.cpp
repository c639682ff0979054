// Compiled for AVX-512 with BF16 alone: vdpbf16ps, two products to a float sum.
#if defined(__x86_64__)
#include <immintrin.h>

#include "profiler/ceilings/kernels/compute_chains.h"
#include "profiler/ceilings/kernels/tables.h"

namespace ridgepoint::ceilings {
namespace {

struct ZmmBf16 {
  using Vector = __m512;
  using Part = float;
  static constexpr std::size_t kChains = 16;
  __m512bh left, right;
  explicit ZmmBf16(const ComputeData& data)
      : left(__builtin_bit_cast(__m512bh, _mm512_load_si512(data.bf16))),
        right(__builtin_bit_cast(__m512bh, _mm512_load_si512(data.bf16 + 32))) {}
  static __m512 start(std::size_t i) { return _mm512_set1_ps(static_cast<float>(i)); }
  [[nodiscard]] __m512 step(__m512 x) const { return _mm512_dpbf16_ps(x, left, right); }
};

}  // namespace

constinit const ComputeKernel kAvx512Bf16 =
    make_compute_kernel<ZmmBf16>("avx512 bf16 vdpbf16ps", "FLOP/s", 64);

}  // namespace ridgepoint::ceilings
#endif
