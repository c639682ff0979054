// For every CPU: a product and a sum as the baseline has them. Compiled without vectorising, which
// would make vectors of the chains.
#include "profiler/ceilings/kernels/compute_chains.h"
#include "profiler/ceilings/kernels/tables.h"

namespace ridgepoint::ceilings {
namespace {

struct PlainF32 {
  using Vector = float;
  using Part = float;
  static constexpr std::size_t kChains = 12;
  float factor, summand;
  explicit PlainF32(const ComputeData& data) : factor(data.f32[0]), summand(data.f32[1]) {}
  static float start(std::size_t i) { return static_cast<float>(i); }
  [[nodiscard]] float step(float x) const { return x * factor + summand; }
};

struct PlainF64 {
  using Vector = double;
  using Part = double;
  static constexpr std::size_t kChains = 12;
  double factor, summand;
  explicit PlainF64(const ComputeData& data) : factor(data.f64[0]), summand(data.f64[1]) {}
  static double start(std::size_t i) { return static_cast<double>(i); }
  [[nodiscard]] double step(double x) const { return x * factor + summand; }
};

}  // namespace

constinit const ComputeKernel kScalarF32 =
    make_compute_kernel<PlainF32>("scalar f32 mul+add", "FLOP/s", 2);
constinit const ComputeKernel kScalarF64 =
    make_compute_kernel<PlainF64>("scalar f64 mul+add", "FLOP/s", 2);

}  // namespace ridgepoint::ceilings
