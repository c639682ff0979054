// Compiled for AVX-512 F, BW, DQ and VL alone.
#if defined(__x86_64__)
#include <immintrin.h>

#include "profiler/ceilings/kernels/compute_chains.h"
#include "profiler/ceilings/kernels/tables.h"

namespace ridgepoint::ceilings {
namespace {

struct ZmmF32 {
  using Vector = __m512;
  using Part = float;
  static constexpr std::size_t kChains = 16;
  __m512 factor, summand;
  explicit ZmmF32(const ComputeData& data)
      : factor(_mm512_load_ps(data.f32)), summand(_mm512_load_ps(data.f32 + 16)) {}
  static __m512 start(std::size_t i) { return _mm512_set1_ps(static_cast<float>(i)); }
  [[nodiscard]] __m512 step(__m512 x) const { return _mm512_fmadd_ps(x, factor, summand); }
};

struct ZmmF64 {
  using Vector = __m512d;
  using Part = double;
  static constexpr std::size_t kChains = 16;
  __m512d factor, summand;
  explicit ZmmF64(const ComputeData& data)
      : factor(_mm512_load_pd(data.f64)), summand(_mm512_load_pd(data.f64 + 8)) {}
  static __m512d start(std::size_t i) { return _mm512_set1_pd(static_cast<double>(i)); }
  [[nodiscard]] __m512d step(__m512d x) const { return _mm512_fmadd_pd(x, factor, summand); }
};

}  // namespace

constinit const ComputeKernel kAvx512F32 =
    make_compute_kernel<ZmmF32>("avx512 f32 fma", "FLOP/s", 32);
constinit const ComputeKernel kAvx512F64 =
    make_compute_kernel<ZmmF64>("avx512 f64 fma", "FLOP/s", 16);

}  // namespace ridgepoint::ceilings
#endif
