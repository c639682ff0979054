// The kernels that arithmetic is measured with: chains that stay in registers, enough of them side
// by side to hide each one's latency, on finite random data.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace ridgepoint::ceilings {

/// What the chains compute with, the same for the same seed. Values lie between 0.5 and 1, products
/// of either sign where sums would grow.
struct ComputeData {
  alignas(64) float f32[64];
  alignas(64) double f64[64];
  alignas(64) std::uint16_t bf16[2048];
  alignas(64) std::uint16_t f16[64];
  alignas(64) std::int8_t i8[4096];
};
ComputeData make_compute_data(std::uint64_t seed);

struct ComputeKernel {
  std::string_view name;  ///< "avx512 f32 fma"
  std::string_view unit;  ///< "FLOP/s"; "OP/s" for integers
  double operations;      ///< of one round; a product with a sum is two
  /// What depends on every round, so that none can be left out.
  double (*run)(std::int64_t rounds, const ComputeData& data);
};

struct ComputeEntry {
  const ComputeKernel* kernel;  ///< null where why_not is not empty
  std::string_view name;
  std::string_view unit;
  std::string_view why_not;  ///< empty: it runs here
};

/// All that there are, those that cannot run here with why not.
std::span<const ComputeEntry> compute_kernels();

}  // namespace ridgepoint::ceilings
