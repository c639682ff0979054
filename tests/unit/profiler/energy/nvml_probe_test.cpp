#include "profiler/energy/nvml_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const std::string kFakeLibrary = std::string(RIDGEPOINT_BINARY_DIR) + "/tests/libfake_nvml.so";

TEST(NvmlProbe, ReadsWhatTheLibrarySays) {
  NvmlProbe probe(kFakeLibrary);
  ASSERT_EQ(probe.why_absent(), "");
  probe.start();
  const auto values = probe.stop();
  ASSERT_EQ(values.size(), 5U);
  EXPECT_DOUBLE_EQ(values[0].value.value(), 2.5);
  EXPECT_DOUBLE_EQ(values[1].value.value(), 650);
  EXPECT_DOUBLE_EQ(values[2].value.value(), 61);
  EXPECT_DOUBLE_EQ(values[3].value.value(), 1.755e9);
  EXPECT_DOUBLE_EQ(values[4].value.value(), 1);
  EXPECT_THAT(values[4].note, AllOf(HasSubstr("power limit"), HasSubstr("temperature (software)")));
}

TEST(NvmlProbe, SaysWhatOneValueLacksAndGivesTheOthers) {
  NvmlProbe probe(kFakeLibrary, "0000:0A:00.0");
  probe.start();
  const auto values = probe.stop();
  EXPECT_THAT(values[0].value.why(), AllOf(HasSubstr("energy"), HasSubstr("Not Supported")));
  EXPECT_TRUE(values[1].value.has_value());
}

TEST(NvmlProbe, SaysHowTheDeviceIsAtAnyMoment) {
  const NvmlProbe probe(kFakeLibrary);
  EXPECT_EQ(probe.throttling().value(), 0x24U);
  EXPECT_TRUE(is_slowed_down(probe.throttling().value()));
  EXPECT_FALSE(is_slowed_down(0x3));
  EXPECT_DOUBLE_EQ(probe.temperature_c().value(), 61);
  EXPECT_THAT(NvmlProbe("libno-such-nvml.so").throttling().why(), HasSubstr("no NVIDIA driver"));
}

TEST(NvmlProbe, SaysWhyThereIsNothing) {
  EXPECT_THAT(NvmlProbe(kFakeLibrary, "0000:0B:00.0").why_absent(),
              AllOf(HasSubstr("device at 0000:0B:00.0"), HasSubstr("Not Found")));
  EXPECT_THAT(NvmlProbe("libno-such-nvml.so").why_absent(), HasSubstr("no NVIDIA driver"));
  EXPECT_THAT(NvmlProbe("libm.so.6").why_absent(), HasSubstr("too old"));
}

TEST(NvmlProbe, NamesEveryReasonForThrottling) {
  EXPECT_EQ(throttle_reasons(0), "");
  EXPECT_EQ(throttle_reasons(0x1), "idle");
  EXPECT_EQ(throttle_reasons(0x88), "hardware slowdown, power brake");
}

}  // namespace
}  // namespace ridgepoint
