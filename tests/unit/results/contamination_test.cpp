#include "results/contamination.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace ridgepoint {
namespace {

/// Ten batches of 10 ms without anything.
Measurement calm() {
  const std::vector<std::int64_t> nothing(10, 0);
  Measurement measurement;
  measurement.series = {{"batch.samples", "1", std::vector<std::int64_t>(10, 5)},
                        {"batch.duration_ns", "ns", std::vector<std::int64_t>(10, 10'000'000)},
                        {"batch.steal_ns", "ns", nothing},
                        {"batch.voluntary_switches", "1", std::vector<std::int64_t>(10, 900)},
                        {"batch.involuntary_switches", "1", std::vector<std::int64_t>(10, 1)},
                        {"batch.minor_faults", "1", std::vector<std::int64_t>(10, 30)},
                        {"batch.major_faults", "1", nothing},
                        {"batch.clock_khz", "kHz", std::vector<std::int64_t>(10, 3'000'000)},
                        {"batch.throttles", "1", nothing}};
  return measurement;
}

std::vector<std::int64_t>& series_named(Measurement& measurement, const std::string& name) {
  for (auto& each : measurement.series) {
    if (each.name == name) return each.samples;
  }
  throw std::logic_error(name);
}

TEST(Contamination, IsNoneInCalmBatches) {
  const auto found = contamination_of(calm(), 2, false);
  EXPECT_EQ(found.batches, 10);
  EXPECT_EQ(found.contaminated, 0);
  EXPECT_TRUE(found.by.empty());
}

TEST(Contamination, HasACauseForEachCounter) {
  for (const auto& [name, value, cause] :
       {std::tuple("batch.steal_ns", std::int64_t{10'000'000}, "steal"),
        {"batch.involuntary_switches", 2, "involuntary switches"},
        {"batch.major_faults", 1, "major faults"},
        {"batch.clock_khz", 2'600'000, "clock"},
        {"batch.throttles", 1, "throttling"}}) {
    auto measurement = calm();
    series_named(measurement, name)[4] = value;
    const auto found = contamination_of(measurement, 2, false);
    EXPECT_EQ(found.contaminated, 1) << name;
    EXPECT_EQ(found.by.at(cause), 1) << name;
  }
}

TEST(Contamination, CountsABatchOnceWhateverItsCauses) {
  auto measurement = calm();
  series_named(measurement, "batch.steal_ns")[0] = 20'000'000;
  series_named(measurement, "batch.major_faults")[0] = 3;
  const auto found = contamination_of(measurement, 2, false);
  EXPECT_EQ(found.contaminated, 1);
  EXPECT_DOUBLE_EQ(found.share(), 0.1);
  EXPECT_EQ(found.by.size(), 2U);
}

TEST(Contamination, ForgivesLongBatchesMoreSwitchesAndALittleSteal) {
  auto measurement = calm();
  series_named(measurement, "batch.duration_ns")[2] = 1'000'000'000;
  series_named(measurement, "batch.involuntary_switches")[2] = 11;
  series_named(measurement, "batch.steal_ns")[2] = 10'000'000;
  EXPECT_EQ(contamination_of(measurement, 2, false).contaminated, 0);
}

TEST(Contamination, TakesReadingADiskForMeantWhereItIs) {
  auto measurement = calm();
  series_named(measurement, "batch.major_faults")[0] = 100;
  EXPECT_EQ(contamination_of(measurement, 2, true).contaminated, 0);
}

TEST(Contamination, KnowsNothingOfSeriesThatAreAbsentOrOfAnotherLength) {
  auto measurement = calm();
  series_named(measurement, "batch.major_faults") = {1};
  EXPECT_EQ(contamination_of(measurement, 2, false).contaminated, 0);
  EXPECT_EQ(contamination_of(Measurement{}, 2, false).batches, 0);
}

TEST(BatchSeries, HaveUnitsAndNamesOfTheirOwn) {
  std::set<std::string_view> names;
  for (const auto& spec : batch_series()) {
    EXPECT_TRUE(spec.name.starts_with("batch.")) << spec.name;
    EXPECT_TRUE(names.insert(spec.name).second) << spec.name;
    EXPECT_EQ(unit_of_series(spec.name), spec.unit);
  }
  EXPECT_EQ(unit_of_series("ttft"), "ns");
}

}  // namespace
}  // namespace ridgepoint
