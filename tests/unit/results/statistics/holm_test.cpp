#include "results/statistics/holm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace ridgepoint {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

TEST(Holm, AgreesWithAWorkedExample) {
  // R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
  EXPECT_THAT(holm_adjusted(std::vector<double>{0.01, 0.04, 0.03, 0.005}),
              ElementsAre(DoubleNear(0.03, 1e-12), DoubleNear(0.06, 1e-12), DoubleNear(0.06, 1e-12),
                          DoubleNear(0.02, 1e-12)));
  EXPECT_TRUE(holm_adjusted({}).empty());
  EXPECT_THAT(holm_adjusted(std::vector<double>{0.9, 0.8}), ElementsAre(1, 1));
}

TEST(Holm, KeepsTheErrorOfTheWholeFamily) {
  std::mt19937_64 random(11);
  std::uniform_real_distribution<double> uniform;
  constexpr int kFamilies = 4000;
  int any_false = 0;
  for (int family = 0; family < kFamilies; ++family) {
    std::vector<double> p(50);
    std::ranges::generate(p, [&] { return uniform(random); });
    p[0] = 1e-9;  // one true difference, which must not open the door to the others
    const std::vector<double> adjusted = holm_adjusted(p);
    EXPECT_LE(adjusted[0], 0.05);
    any_false += std::any_of(adjusted.begin() + 1, adjusted.end(),
                             [](double value) { return value <= 0.05; })
                     ? 1
                     : 0;
  }
  EXPECT_LT(any_false / static_cast<double>(kFamilies), 0.065);
}

}  // namespace
}  // namespace ridgepoint
