#include "dashboard/models/distribution.h"

#include <gtest/gtest.h>

#include "tests/unit/dashboard/dashboard_data.h"

namespace ridgepoint {
namespace {

Record timed_record(std::vector<std::int64_t> samples) {
  Record record;
  record.subject = operator_case();
  record.measurement.series = {{"run", "ns", std::move(samples), {}}};
  return record;
}

TEST(Distribution, OfAnOperatorIsItsPasses) {
  const Distribution passes = repetitions_of(timed_record({30, 10, 20}), "run_ns");
  EXPECT_EQ(passes.values, (std::vector<double>{10, 20, 30}));
  EXPECT_EQ(passes.unit, "ns");
  EXPECT_TRUE(repetitions_of(timed_record({30, 10, 20}), "peak_rss_bytes").values.empty());
}

TEST(Distribution, OfTokensIsFinerThanItsRepetitions) {
  Record record;
  record.subject = example_case(8, 4);
  record.measurement.series = {{"ttft", "ns", {100, 100}, {}},
                               {"end_to_end", "ns", {400, 460}, {}},
                               {"inter_token", "ns", {90, 100, 110, 110, 120, 130}, {}}};
  EXPECT_EQ(repetitions_of(record, "tpot_ns").values, (std::vector<double>{100, 120}));
  EXPECT_EQ(samples_of(record, "tpot_ns").values.size(), 6U);
  EXPECT_EQ(samples_of(record, "ttft_ns").values.size(), 2U);
}

TEST(Distribution, AsStepsRisesFromNoneToAll) {
  const auto steps = ecdf({"x", "ns", {10, 20, 20, 40}});
  ASSERT_EQ(steps.size(), 5U);
  EXPECT_EQ(steps.front().y, 0);
  EXPECT_EQ(steps[1].y, 0.25);
  EXPECT_EQ(steps.back().x, 40);
  EXPECT_EQ(steps.back().y, 1);
  std::vector<double> many(100'000);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = static_cast<double>(i);
  const auto thinned = ecdf({"x", "ns", many});
  EXPECT_LE(thinned.size(), 4001U);
  EXPECT_EQ(thinned.back().x, 99'999) << "the largest value is never left out";
}

TEST(Distribution, ClaimsNoPercentileThatItsValuesDoNotSupport) {
  std::vector<double> values(60);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i + 1);
  const auto curve = percentile_curve({"x", "ns", values});
  ASSERT_FALSE(curve.empty());
  EXPECT_EQ(curve.front().y, 1);
  EXPECT_GT(curve.back().x, nines(0.94));
  EXPECT_LE(curve.back().x, nines(0.951)) << "59 values support p95, and no more";
  EXPECT_TRUE(percentile_curve({"x", "ns", {1, 2, 3, 4}}).empty());
  EXPECT_TRUE(percentile_curve({}).empty());
}

}  // namespace
}  // namespace ridgepoint
