#include "results/statistics/students_t.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace ridgepoint {
namespace {

TEST(StudentsT, HasTheQuantilesOfTheTables) {
  EXPECT_NEAR(students_t(0.95, 1), 12.7062, 1e-4);
  EXPECT_NEAR(students_t(0.95, 2), 4.3027, 1e-4);
  EXPECT_NEAR(students_t(0.95, 3), 3.1824, 1e-4);
  EXPECT_NEAR(students_t(0.95, 9), 2.2622, 1e-4);
  EXPECT_NEAR(students_t(0.99, 10), 3.1693, 1e-4);
  EXPECT_NEAR(students_t(0.97, 2), 5.6428, 1e-4);
  EXPECT_NEAR(students_t(0.95, 120), 1.9799, 1e-4);
  EXPECT_NEAR(students_t(0.95, 1'000'000), 1.9600, 2e-3) << "the normal distribution";
}

TEST(StudentsT, TakesNoConfidenceOutsideOfZeroToOneAndNoDegreesBelowOne) {
  EXPECT_THROW(students_t(1, 3), std::invalid_argument);
  EXPECT_THROW(students_t(0, 3), std::invalid_argument);
  EXPECT_THROW(students_t(0.95, 0), std::invalid_argument);
}

}  // namespace
}  // namespace ridgepoint
