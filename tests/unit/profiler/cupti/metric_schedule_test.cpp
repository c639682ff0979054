// Metrics are scheduled by CUPTI's own host library, without a GPU; skipped where there is no
// CUPTI.
#include "profiler/cupti/metric_schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace ridgepoint {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

class MetricSchedules : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto chips = known_chips();
    if (!chips) GTEST_SKIP() << chips.why();
    chips_ = chips.value();
  }
  std::vector<std::string> chips_;
};

TEST_F(MetricSchedules, KnowAmpereHopperAndBlackwell) {
  for (const char* chip : {"GA100", "GH100", "GB100"}) EXPECT_THAT(chips_, Contains(chip));
}

TEST_F(MetricSchedules, CountDramBytesOfAnOpInOnePassOnEveryOfThem) {
  for (const char* chip : {"GA100", "GH100", "GB100"}) {
    const auto made = schedule_metrics(chip, roofline_metrics());
    ASSERT_TRUE(made.has_value()) << chip << ": " << made.why();
    const MetricSchedule& schedule = made.value();
    EXPECT_EQ(schedule.passes, 1U) << chip;
    EXPECT_FALSE(schedule.config.empty()) << chip;
    EXPECT_TRUE(schedule.left_out.empty()) << chip << ": " << schedule.left_out.front();
    for (const char* meaning : {"dram_read_bytes", "dram_write_bytes", "l2_bytes"}) {
      EXPECT_TRUE(std::ranges::any_of(
          schedule.metrics,
          [&](const ScheduledMetric& metric) { return metric.meaning == meaning; }))
          << chip << ": " << meaning;
    }
  }
}

TEST_F(MetricSchedules, CountOperationsInSeveralPasses) {
  for (const char* chip : {"GA100", "GH100", "GB100"}) {
    const auto made = schedule_metrics(chip, operation_metrics());
    ASSERT_TRUE(made.has_value()) << chip << ": " << made.why();
    EXPECT_GE(made.value().passes, 1U) << chip;
    EXPECT_EQ(made.value().metrics.size() + made.value().left_out.size(),
              operation_metrics().size());
  }
}

TEST_F(MetricSchedules, CountOperationsOfTensorCoresByTypeAsEachChipCallsThem) {
  struct Chip {
    const char* name;
    const char* f16;
    const char* fp8;  // null: it has no tensor cores for these
  };
  constexpr const char* kF16OfF32Sums = "sm__ops_path_tensor_src_fp16_dst_fp32.sum";
  for (const Chip& chip :
       {Chip{"GA100", kF16OfF32Sums, nullptr},
        Chip{"GH100", "sm__ops_path_tensor_src_fp16.sum", "sm__ops_path_tensor_src_fp8.sum"},
        Chip{"GB100", kF16OfF32Sums, "sm__ops_path_tensor_src_fp4_fp6_fp8_dst_fp32.sum"}}) {
    const auto made = schedule_metrics(chip.name, operation_metrics());
    ASSERT_TRUE(made.has_value()) << chip.name << ": " << made.why();
    std::map<std::string, std::string> names;
    for (const ScheduledMetric& metric : made.value().metrics) names[metric.meaning] = metric.name;
    EXPECT_EQ(names["tensor_bf16_operations"], "sm__ops_path_tensor_src_bf16_dst_fp32.sum");
    EXPECT_EQ(names["tensor_f16_operations"], chip.f16) << chip.name;
    EXPECT_EQ(names["tensor_tf32_operations"], "sm__ops_path_tensor_src_tf32_dst_fp32.sum");
    EXPECT_EQ(names["tensor_int8_operations"], "sm__ops_path_tensor_src_int8.sum");
    EXPECT_EQ(names["tensor_fp8_operations"], chip.fp8 == nullptr ? "" : chip.fp8) << chip.name;
    EXPECT_EQ(made.value().left_out.size(), chip.fp8 == nullptr ? 1U : 0U) << chip.name;
  }
}

TEST_F(MetricSchedules, LeaveOutWhatAChipDoesNotHaveAndSaySo) {
  const std::vector<MetricWish> wishes{{"time_ns", {"gpu__time_duration.sum"}},
                                       {"luck", {"gpu__luck.sum", "gpu__fortune.sum"}}};
  const auto made = schedule_metrics("GH100", wishes);
  ASSERT_TRUE(made.has_value()) << made.why();
  EXPECT_EQ(made.value().metrics.size(), 1U);
  ASSERT_EQ(made.value().left_out.size(), 1U);
  EXPECT_THAT(made.value().left_out.front(), HasSubstr("luck: GH100 has no gpu__luck.sum"));
}

TEST_F(MetricSchedules, TakeTheFirstNameThatAChipHas) {
  const std::vector<MetricWish> wishes{{"time", {"gpu__luck.sum", "gpu__time_duration.sum"}, 2}};
  const auto made = schedule_metrics("GA100", wishes);
  ASSERT_TRUE(made.has_value()) << made.why();
  EXPECT_EQ(made.value().metrics.front().name, "gpu__time_duration.sum");
  EXPECT_EQ(made.value().metrics.front().factor, 2);
}

TEST_F(MetricSchedules, AreAbsentForAnUnknownChip) {
  EXPECT_THAT(schedule_metrics("GX999", roofline_metrics()).why(), HasSubstr("GX999"));
}

TEST(MetricSchedule, IsAbsentWithoutCupti) {
  const auto made = schedule_metrics("GH100", roofline_metrics(), "libno-such-cupti.so");
  EXPECT_FALSE(made.has_value());
  EXPECT_FALSE(made.why().empty());
  EXPECT_EQ(made.why().find('\n'), std::string::npos);
}

}  // namespace
}  // namespace ridgepoint
