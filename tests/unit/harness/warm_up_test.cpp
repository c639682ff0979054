#include "harness/run/warm_up.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace ridgepoint {
namespace {

constexpr std::int64_t kMs = 1'000'000;

TEST(WarmUp, EndsWhenTwoWindowsAgree) {
  WarmUp warm_up(10'000 * kMs);
  EXPECT_FALSE(warm_up.add(400 * kMs, 400 * kMs));
  EXPECT_FALSE(warm_up.add(200 * kMs, 600 * kMs));
  EXPECT_TRUE(warm_up.add(199 * kMs, 799 * kMs));
  const auto json = nlohmann::json::parse(warm_up.to_json());
  EXPECT_EQ(json["ended_by"], "criterion");
  EXPECT_EQ(json["passes"], 3);
  EXPECT_NEAR(json["last_change"].get<double>(), 0.005, 1e-9);
  EXPECT_EQ(warm_up.passes().size(), 3u);
}

TEST(WarmUp, ComparesWindowsOfShortPassesByTheirMedians) {
  WarmUp warm_up(10'000 * kMs);
  std::int64_t elapsed = 0;
  bool over = false;
  int passes = 0;
  // One pass in ten is disturbed: the medians do not care.
  while (!over) {
    const auto pass = passes % 10 == 9 ? 20 * kMs : 2 * kMs;
    elapsed += pass;
    over = warm_up.add(pass, elapsed);
    ++passes;
  }
  EXPECT_EQ(nlohmann::json::parse(warm_up.to_json())["ended_by"], "criterion");
  EXPECT_GE(elapsed, 2 * WarmUp::kWindowNs);
  EXPECT_LE(elapsed, 3 * WarmUp::kWindowNs);
}

TEST(WarmUp, GivesUpWhenItsBudgetIsSpent) {
  WarmUp warm_up(5000 * kMs);
  std::int64_t elapsed = 0, pass = 1000 * kMs;
  while (!warm_up.add(pass, elapsed += pass)) pass = pass * 9 / 10;
  const auto json = nlohmann::json::parse(warm_up.to_json());
  EXPECT_EQ(json["ended_by"], "budget");
  EXPECT_NEAR(json["last_change"].get<double>(), 0.1, 0.01);
}

TEST(WarmUp, AlwaysTakesOneWholePass) {
  WarmUp warm_up(1);
  EXPECT_TRUE(warm_up.add(5'000 * kMs, 5'000 * kMs));
  const auto json = nlohmann::json::parse(warm_up.to_json());
  EXPECT_EQ(json["passes"], 1);
  EXPECT_TRUE(json["last_change"].is_null());
}

}  // namespace
}  // namespace ridgepoint
