#include "workloads/tensor/tensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "tests/support/error_of.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

TEST(Shape, CountsItsElements) {
  EXPECT_EQ(element_count({}), 1);
  EXPECT_EQ(element_count({7}), 7);
  EXPECT_EQ(element_count({2, 3, 4}), 24);
  EXPECT_EQ(element_count({5, 0}), 0);
}

TEST(Shape, WithAZeroAndHugeDimensionsIsEmptyWhateverTheOrder) {
  EXPECT_EQ(element_count({0, std::int64_t{1} << 40, std::int64_t{1} << 40}), 0);
  EXPECT_EQ(element_count({std::int64_t{1} << 40, std::int64_t{1} << 40, 0}), 0);
}

TEST(Shape, RefusesOverflowAndNegativeDimensions) {
  EXPECT_THAT(error_of([] {
                element_count({std::int64_t{1} << 32, std::int64_t{1} << 31});
              }),
              HasSubstr("64 bits"));
  EXPECT_THAT(error_of([] { element_count({4, -1}); }), HasSubstr("[4, -1]"));
}

TEST(Shape, CountsItsBytesRowByRow) {
  EXPECT_EQ(byte_count(Type::q8_0, {3, 64}), 3 * 68);
  EXPECT_EQ(byte_count(Type::f16, {2, 2, 5}), 40);
  EXPECT_EQ(byte_count(Type::f32, {}), 4);
  EXPECT_EQ(byte_count(Type::q4_0, {0, 5}), 0);
  EXPECT_THAT(error_of([] { byte_count(Type::q4_0, {64, 16}); }), HasSubstr("q4_0"));
  EXPECT_THAT(error_of([] {
                byte_count(Type::f32, {std::int64_t{1} << 31, std::int64_t{1} << 31});
              }),
              HasSubstr("64 bits"));
}

TEST(Shape, PrintsAsAList) {
  EXPECT_EQ(to_string(Shape{2048, 5632}), "[2048, 5632]");
  EXPECT_EQ(to_string(Shape{}), "[]");
}

TEST(TensorView, GivesItsRows) {
  std::array<std::byte, 24> bytes{};
  const TensorView view{Type::f16, {2, 3, 2}, bytes};
  EXPECT_EQ(view.rows(), 6);
  EXPECT_EQ(view.row_length(), 2);
  EXPECT_EQ(view.row(5).data(), bytes.data() + 20);
  EXPECT_EQ(view.row(5).size(), 4U);
  const TensorView vector{Type::f32, {6}, bytes};
  EXPECT_EQ(vector.rows(), 1);
  EXPECT_EQ(vector.row(0).size(), 24U);
}

}  // namespace
}  // namespace ridgepoint
