#include "workloads/number_of.h"

#include <gtest/gtest.h>

#include <cstddef>

namespace ridgepoint {
namespace {

TEST(NumberOf, HasASingularForOneAlone) {
  EXPECT_EQ(number_of(1, "case"), "1 case");
  EXPECT_EQ(number_of(0, "case"), "0 cases");
  EXPECT_EQ(number_of(-1, "token"), "-1 tokens");
  EXPECT_EQ(number_of(std::size_t{2}, "sample"), "2 samples");
}

TEST(NumberOf, KnowsWordsThatHiss) {
  EXPECT_EQ(number_of(2, "process"), "2 processes");
  EXPECT_EQ(number_of(1, "process"), "1 process");
  EXPECT_EQ(number_of(3, "batch"), "3 batches");
  EXPECT_EQ(noun_for(2, "pass"), "passes");
}

}  // namespace
}  // namespace ridgepoint
