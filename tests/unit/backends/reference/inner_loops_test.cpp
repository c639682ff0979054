// The inner loops against their documented order of arithmetic, bit by bit: whichever instruction
// set was picked when the program started, it gives what these plain loops give.
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "backends/reference/dot.h"
#include "backends/reference/weighted_sum.h"

namespace ridgepoint {
namespace {

std::vector<double> random_floats(std::size_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal;
  std::vector<double> values(count);
  for (double& each : values) each = static_cast<double>(normal(engine));
  return values;
}

double documented_dot(const double* x, const double* w, std::size_t count) {
  double lanes[kDotLanes] = {};
  for (std::size_t i = 0; i < count; ++i) lanes[i % kDotLanes] += x[i] * w[i];
  return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) +
         ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

TEST(DotTile, FollowsItsDocumentedOrderForEveryTile) {
  constexpr std::size_t kStride = 77;
  const auto x = random_floats(5 * kStride, 1), w = random_floats(11 * kStride, 2);
  for (const std::size_t count : {1U, 7U, 8U, 9U, 16U, 31U, 64U, 77U}) {
    for (std::size_t x_rows = 1; x_rows <= 5; ++x_rows) {
      for (std::size_t w_rows = 1; w_rows <= 11; ++w_rows) {
        std::vector<double> out(x_rows * 12, -1.0);
        dot_tile({.x = x.data(),
                  .x_rows = x_rows,
                  .x_stride = kStride,
                  .w = w.data(),
                  .w_rows = w_rows,
                  .w_stride = kStride,
                  .count = count,
                  .out = out.data(),
                  .out_stride = 12});
        for (std::size_t r = 0; r < x_rows; ++r) {
          for (std::size_t c = 0; c < w_rows; ++c) {
            ASSERT_EQ(out[r * 12 + c],
                      documented_dot(x.data() + r * kStride, w.data() + c * kStride, count));
          }
          ASSERT_EQ(out[r * 12 + w_rows], -1.0);  // and touches nothing beside
        }
      }
    }
  }
}

TEST(WeightedSum, FollowsItsDocumentedOrderForEveryWidth) {
  std::mt19937 engine(3);
  std::uniform_real_distribution<double> uniform;  // full doubles: products are inexact
  for (const std::size_t width : {1U, 16U, 31U, 32U, 33U, 64U, 100U}) {
    constexpr std::size_t kCount = 19;
    const std::size_t stride = width + 3;
    const auto rows = random_floats(kCount * stride, 4);
    std::vector<double> weights(kCount), sums(width), expected;
    for (double& each : weights) each = uniform(engine);
    for (double& each : sums) each = uniform(engine);
    expected = sums;
    for (std::size_t j = 0; j < kCount; ++j) {
      for (std::size_t d = 0; d < width; ++d) {
        // Kept apart so that no compiler fuses the two.
        const volatile double product = weights[j] * rows[j * stride + d];
        expected[d] += product;
      }
    }
    weighted_sum(weights.data(), kCount, rows.data(), stride, width, sums.data());
    EXPECT_EQ(sums, expected) << width;
  }
}

TEST(Widen, IsExact) {
  const std::vector<float> source{0.1F, -3.5F, 1e-45F, 3.4e38F, 5, 6, 7, 8, 9};
  std::vector<double> target(source.size());
  widen(source, target);
  for (std::size_t i = 0; i < source.size(); ++i) {
    EXPECT_EQ(target[i], static_cast<double>(source[i]));
  }
}

}  // namespace
}  // namespace ridgepoint
