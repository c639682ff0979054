// For every CPU: as wide as the compiler makes it of plain code.
#include "profiler/ceilings/kernels/bandwidth_loops.h"
#include "profiler/ceilings/kernels/tables.h"

namespace ridgepoint::ceilings {
namespace {

struct PlainLine {
  static constexpr std::size_t kSums = 1;
  double v[8];

  static PlainLine broadcast(double x) { return {{x, x, x, x, x, x, x, x}}; }
  static PlainLine load(const double* from) {
    PlainLine line;
    for (int i = 0; i < 8; ++i) line.v[i] = from[i];
    return line;
  }
  static void store(double* to, const PlainLine& line) {
    for (int i = 0; i < 8; ++i) to[i] = line.v[i];
  }
  static void stream(double* to, const PlainLine& line) {
#if defined(__x86_64__)
    for (int i = 0; i < 8; ++i) {
      asm volatile("movnti %1, %0" : "=m"(to[i]) : "r"(__builtin_bit_cast(long long, line.v[i])));
    }
#else
    store(to, line);  // the name promises more than this architecture is given here
#endif
  }
  static void fence() {
#if defined(__x86_64__)
    asm volatile("sfence" ::: "memory");
#endif
  }
  static PlainLine add(const PlainLine& x, const PlainLine& y) {
    PlainLine line;
    for (int i = 0; i < 8; ++i) line.v[i] = x.v[i] + y.v[i];
    return line;
  }
  static PlainLine multiply(const PlainLine& x, const PlainLine& y) {
    PlainLine line;
    for (int i = 0; i < 8; ++i) line.v[i] = x.v[i] * y.v[i];
    return line;
  }
  static PlainLine multiply_add(const PlainLine& x, const PlainLine& y, const PlainLine& z) {
    return add(multiply(x, y), z);
  }
  static double total(const PlainLine& line) {
    double sum = 0;
    for (const double x : line.v) sum += x;
    return sum;
  }
};

}  // namespace

constinit const BandwidthTable kScalarBandwidth = make_bandwidth_table<PlainLine>("baseline");

}  // namespace ridgepoint::ceilings
