#include "workloads/formats/synthetic_tensor.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <cmath>
#include <utility>

#include "workloads/error.h"
#include "workloads/tensor/convert.h"

namespace ridgepoint {

namespace {

constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15U;

/// The finaliser of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", OOPSLA 2014): a bijection that makes a counter look random.
inline std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

/// The sum of the four 16-bit quarters of a draw, about its mean: near normal (Irwin-Hall), whole,
/// and exact in float.
inline std::int32_t bell(std::uint64_t draw) {
  const auto quarters = static_cast<std::int32_t>((draw & 0xffffU) + ((draw >> 16) & 0xffffU) +
                                                  ((draw >> 32) & 0xffffU) + (draw >> 48));
  return quarters - 2 * 65535;
}
/// Four times the variance of a uniform whole number below 2^16.
const double kBellDeviation = std::sqrt((65536.0 * 65536.0 - 1.0) / 3.0);

struct Spread {
  double mean;
  double deviation;
};

Spread spread_of(const TensorPlan& plan) {
  const std::string_view name = plan.name;
  if (name.ends_with("norm.weight")) {
    return {1.0, 0.05};
  }
  if (plan.shape.size() == 1 || name.ends_with(".bias") || name.starts_with("token_embd") ||
      name.starts_with("position_embd")) {
    return {0.0, 0.02};
  }
  return {0.0, 1.0 / std::sqrt(static_cast<double>(plan.shape.back()))};
}

}  // namespace

SyntheticTensor::SyntheticTensor(TensorPlan plan, Type type, std::uint64_t seed)
    : plan_(std::move(plan)), type_(plan_.matrix ? type : Type::f32) {
  const TensorView view{type_, plan_.shape, {}};
  rows_ = view.rows();
  row_length_ = view.row_length();
  try {
    row_bytes_ = ridgepoint::row_bytes(type_, row_length_);
  } catch (const Error& error) {
    throw Error(fmt::format("tensor '{}': {}", plan_.name, error.what()));
  }
  key_ = mix(XXH3_64bits(plan_.name.data(), plan_.name.size()) + mix(seed + kGolden));
  const Spread spread = spread_of(plan_);
  mean_ = static_cast<float>(spread.mean);
  scale_ = static_cast<float>(spread.deviation / kBellDeviation);
}

void SyntheticTensor::fill(std::int64_t first_row, std::int64_t count, std::span<std::byte> target,
                           std::vector<float>& scratch) const {
  scratch.resize(static_cast<std::size_t>(row_length_));
  const auto stride = static_cast<std::size_t>(row_bytes_);
  for (std::int64_t i = 0; i < count; ++i) {
    std::uint64_t counter = mix(key_ + kGolden * static_cast<std::uint64_t>(first_row + i));
    for (float& value : scratch) {
      counter += kGolden;
      // The product is exact in double, so a fused multiply-add rounds just the same.
      value =
          static_cast<float>(static_cast<double>(bell(mix(counter))) * static_cast<double>(scale_) +
                             static_cast<double>(mean_));
    }
    from_float(type_, scratch, target.subspan(static_cast<std::size_t>(i) * stride, stride));
  }
}

}  // namespace ridgepoint
