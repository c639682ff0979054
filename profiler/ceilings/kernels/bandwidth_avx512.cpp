// Compiled for AVX-512 alone.
#if defined(__x86_64__)
#include <immintrin.h>

#include "profiler/ceilings/kernels/bandwidth_loops.h"
#include "profiler/ceilings/kernels/tables.h"

namespace ridgepoint::ceilings {
namespace {

struct ZmmLine {
  static constexpr std::size_t kSums = 8;
  __m512d all;

  static ZmmLine broadcast(double x) { return {_mm512_set1_pd(x)}; }
  static ZmmLine load(const double* from) { return {_mm512_load_pd(from)}; }
  static void store(double* to, const ZmmLine& line) { _mm512_store_pd(to, line.all); }
  static void stream(double* to, const ZmmLine& line) { _mm512_stream_pd(to, line.all); }
  static void fence() { _mm_sfence(); }
  static ZmmLine add(const ZmmLine& x, const ZmmLine& y) { return {_mm512_add_pd(x.all, y.all)}; }
  static ZmmLine multiply(const ZmmLine& x, const ZmmLine& y) {
    return {_mm512_mul_pd(x.all, y.all)};
  }
  static ZmmLine multiply_add(const ZmmLine& x, const ZmmLine& y, const ZmmLine& z) {
    return {_mm512_fmadd_pd(x.all, y.all, z.all)};
  }
  static double total(const ZmmLine& line) {
    alignas(64) double parts[8];
    _mm512_store_pd(parts, line.all);
    double sum = 0;
    for (const double part : parts) sum += part;
    return sum;
  }
};

}  // namespace

constinit const BandwidthTable kAvx512Bandwidth = make_bandwidth_table<ZmmLine>("avx512");

}  // namespace ridgepoint::ceilings
#endif
