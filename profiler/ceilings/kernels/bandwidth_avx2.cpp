// Compiled for AVX2 alone.
#if defined(__x86_64__)
#include <immintrin.h>

#include "profiler/ceilings/kernels/bandwidth_loops.h"
#include "profiler/ceilings/kernels/tables.h"

namespace ridgepoint::ceilings {
namespace {

struct YmmLine {
  static constexpr std::size_t kSums = 4;
  __m256d low, high;

  static YmmLine broadcast(double x) { return {_mm256_set1_pd(x), _mm256_set1_pd(x)}; }
  static YmmLine load(const double* from) {
    return {_mm256_load_pd(from), _mm256_load_pd(from + 4)};
  }
  static void store(double* to, const YmmLine& line) {
    _mm256_store_pd(to, line.low);
    _mm256_store_pd(to + 4, line.high);
  }
  static void stream(double* to, const YmmLine& line) {
    _mm256_stream_pd(to, line.low);
    _mm256_stream_pd(to + 4, line.high);
  }
  static void fence() { _mm_sfence(); }
  static YmmLine add(const YmmLine& x, const YmmLine& y) {
    return {_mm256_add_pd(x.low, y.low), _mm256_add_pd(x.high, y.high)};
  }
  static YmmLine multiply(const YmmLine& x, const YmmLine& y) {
    return {_mm256_mul_pd(x.low, y.low), _mm256_mul_pd(x.high, y.high)};
  }
  static YmmLine multiply_add(const YmmLine& x, const YmmLine& y, const YmmLine& z) {
    return {_mm256_fmadd_pd(x.low, y.low, z.low), _mm256_fmadd_pd(x.high, y.high, z.high)};
  }
  static double total(const YmmLine& line) {
    alignas(32) double parts[4];
    _mm256_store_pd(parts, _mm256_add_pd(line.low, line.high));
    return parts[0] + parts[1] + parts[2] + parts[3];
  }
};

}  // namespace

constinit const BandwidthTable kAvx2Bandwidth = make_bandwidth_table<YmmLine>("avx2");

}  // namespace ridgepoint::ceilings
#endif
