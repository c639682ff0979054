#include "results/statistics/distributions.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace ridgepoint {
namespace {

TEST(Distributions, NormalTailAndQuantileAgreeWithTables) {
  EXPECT_NEAR(normal_upper_tail(0), 0.5, 1e-15);
  EXPECT_NEAR(normal_upper_tail(1.959963984540054), 0.025, 1e-14);
  EXPECT_NEAR(normal_upper_quantile(0.025), 1.959963984540054, 1e-12);
  EXPECT_NEAR(normal_upper_quantile(0.005), 2.5758293035489004, 1e-12);
  EXPECT_NEAR(normal_upper_quantile(0.995), -2.5758293035489004, 1e-12);
  EXPECT_NEAR(normal_upper_quantile(1e-10), 6.361340902404056, 1e-9);
}

TEST(Distributions, StudentTailAndQuantileAgreeWithTables) {
  // R: pt(2, 3, lower.tail = FALSE), qt(0.995, 4), qt(0.975, 1), qt(0.975, 2.5)
  EXPECT_NEAR(student_upper_tail(2, 3), 0.0696629842794216, 1e-12);
  EXPECT_NEAR(student_upper_tail(-2, 3), 1 - 0.0696629842794216, 1e-12);
  EXPECT_NEAR(student_upper_quantile(0.005, 4), 4.604094871349993, 1e-9);
  EXPECT_NEAR(student_upper_quantile(0.025, 1), 12.706204736174694, 1e-8);
  EXPECT_NEAR(student_upper_quantile(0.025, 1e7), 1.959964, 1e-5) << "the normal one in the end";
  EXPECT_EQ(student_upper_tail(0, 5), 0.5);
}

TEST(Distributions, TailsAndQuantilesAreInversesWhereverOneLooks) {
  for (const double p : {0.4, 0.1, 0.01, 1e-4, 1e-8}) {
    EXPECT_NEAR(normal_upper_tail(normal_upper_quantile(p)) / p, 1, 1e-9);
    for (const double freedom : {1.0, 2.7, 4.0, 30.0}) {
      EXPECT_NEAR(student_upper_tail(student_upper_quantile(p, freedom), freedom) / p, 1, 1e-6);
    }
  }
}

TEST(Distributions, TakeNoProbabilityOutsideOfZeroToOne) {
  EXPECT_THROW(normal_upper_quantile(0), std::invalid_argument);
  EXPECT_THROW(normal_upper_quantile(1), std::invalid_argument);
  EXPECT_THROW(student_upper_quantile(1.5, 3), std::invalid_argument);
  EXPECT_THROW(student_upper_tail(1, 0), std::invalid_argument);
}

}  // namespace
}  // namespace ridgepoint
