// Compiled for AVX2 and FMA alone.
#if defined(__x86_64__)
#include <immintrin.h>

#include "profiler/ceilings/kernels/compute_chains.h"
#include "profiler/ceilings/kernels/tables.h"

namespace ridgepoint::ceilings {
namespace {

struct FmaF32 {
  using Vector = __m128;
  using Part = float;
  static constexpr std::size_t kChains = 12;
  __m128 factor, summand;
  explicit FmaF32(const ComputeData& data)
      : factor(_mm_set_ss(data.f32[0])), summand(_mm_set_ss(data.f32[1])) {}
  static __m128 start(std::size_t i) { return _mm_set_ss(static_cast<float>(i)); }
  [[nodiscard]] __m128 step(__m128 x) const { return _mm_fmadd_ss(x, factor, summand); }
};

struct FmaF64 {
  using Vector = __m128d;
  using Part = double;
  static constexpr std::size_t kChains = 12;
  __m128d factor, summand;
  explicit FmaF64(const ComputeData& data)
      : factor(_mm_set_sd(data.f64[0])), summand(_mm_set_sd(data.f64[1])) {}
  static __m128d start(std::size_t i) { return _mm_set_sd(static_cast<double>(i)); }
  [[nodiscard]] __m128d step(__m128d x) const { return _mm_fmadd_sd(x, factor, summand); }
};

struct YmmF32 {
  using Vector = __m256;
  using Part = float;
  static constexpr std::size_t kChains = 12;
  __m256 factor, summand;
  explicit YmmF32(const ComputeData& data)
      : factor(_mm256_load_ps(data.f32)), summand(_mm256_load_ps(data.f32 + 16)) {}
  static __m256 start(std::size_t i) { return _mm256_set1_ps(static_cast<float>(i)); }
  [[nodiscard]] __m256 step(__m256 x) const { return _mm256_fmadd_ps(x, factor, summand); }
};

struct YmmF64 {
  using Vector = __m256d;
  using Part = double;
  static constexpr std::size_t kChains = 12;
  __m256d factor, summand;
  explicit YmmF64(const ComputeData& data)
      : factor(_mm256_load_pd(data.f64)), summand(_mm256_load_pd(data.f64 + 8)) {}
  static __m256d start(std::size_t i) { return _mm256_set1_pd(static_cast<double>(i)); }
  [[nodiscard]] __m256d step(__m256d x) const { return _mm256_fmadd_pd(x, factor, summand); }
};

}  // namespace

constinit const ComputeKernel kFmaScalarF32 =
    make_compute_kernel<FmaF32>("scalar f32 fma", "FLOP/s", 2);
constinit const ComputeKernel kFmaScalarF64 =
    make_compute_kernel<FmaF64>("scalar f64 fma", "FLOP/s", 2);
constinit const ComputeKernel kAvx2F32 = make_compute_kernel<YmmF32>("avx2 f32 fma", "FLOP/s", 16);
constinit const ComputeKernel kAvx2F64 = make_compute_kernel<YmmF64>("avx2 f64 fma", "FLOP/s", 8);

}  // namespace ridgepoint::ceilings
#endif
