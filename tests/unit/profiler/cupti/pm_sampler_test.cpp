// Sampling with a library that stands for CUPTI, and its metrics with CUPTI's own host library.
#include "profiler/cupti/pm_sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/fake_cupti.h"

namespace ridgepoint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PmSamplers : public ::testing::Test {
 protected:
  void SetUp() override {
    if (cupti_.path.empty()) GTEST_SKIP() << "this build has no CUPTI";
    options_.cupti = cupti_.path;
  }
  testing::FakeCuptiLibrary cupti_;
  PmSamplerOptions options_;
};

TEST_F(PmSamplers, GiveWhatWasCompletedFromTheFirstSamplesBeginOn) {
  PmSampler sampler(options_);
  ASSERT_EQ(sampler.why_absent(), "");
  ASSERT_TRUE(sampler.start());
  const auto samples = sampler.stop();
  ASSERT_EQ(samples.size(), 3U);
  EXPECT_EQ(samples[0].begin_ns, 0);
  EXPECT_EQ(samples[2].begin_ns, 2000);
  EXPECT_EQ(samples[2].end_ns, 3000);
  // The stand-in's chip has no tensor cores.
  EXPECT_THAT(samples[1].values, ElementsAre(200, 201));
  EXPECT_FALSE(sampler.overflowed());
  EXPECT_TRUE(sampler.start()) << "once more";
}

TEST_F(PmSamplers, DecodeAgainAndAgainUntilTheHardwaresBufferIsEmpty) {
  cupti_.decodings(3);
  PmSampler sampler(options_);
  for (int pass = 0; pass < 2; ++pass) {
    ASSERT_TRUE(sampler.start()) << sampler.why_absent();
    const auto samples = sampler.stop();
    ASSERT_EQ(samples.size(), 9U);
    EXPECT_EQ(samples[8].begin_ns, 8000) << "from the first of all";
    EXPECT_FALSE(sampler.overflowed());
  }
}

TEST_F(PmSamplers, KeepWhatWasDecodedBeforeTheBufferTurnedOutToBeFull) {
  cupti_.decodings(3);
  cupti_.fail("full", 1);
  PmSampler sampler(options_);
  ASSERT_TRUE(sampler.start());
  EXPECT_EQ(sampler.stop().size(), 3U);
  EXPECT_TRUE(sampler.overflowed());
  EXPECT_EQ(sampler.why_absent(), "");
}

TEST_F(PmSamplers, SayWhenThereWasNoRoomForMore) {
  cupti_.fail("overflow", 1);
  PmSampler sampler(options_);
  ASSERT_TRUE(sampler.start());
  EXPECT_FALSE(sampler.stop().empty());
  EXPECT_TRUE(sampler.overflowed());
}

TEST_F(PmSamplers, SayWhyTheyDoNotSample) {
  cupti_.fail("cuptiPmSamplingEnable", 35);
  EXPECT_THAT(PmSampler(options_).why_absent(), HasSubstr("not permitted"));
  cupti_.reset();
  cupti_.passes(2);
  EXPECT_THAT(PmSampler(options_).why_absent(), HasSubstr("2 passes"));
  cupti_.reset();
  cupti_.fail("vGpu", 1);
  EXPECT_THAT(PmSampler(options_).why_absent(), HasSubstr("this GPU is virtual"));
}

TEST(PmSamplerWithout, CuptiIsAbsentAndHarmless) {
  PmSampler sampler({.cupti = "libno-such-cupti.so"});
  EXPECT_FALSE(sampler.why_absent().empty());
  EXPECT_FALSE(sampler.start());
  EXPECT_TRUE(sampler.stop().empty());
}

TEST(PmSamples, TakeOnlyWhatCanBe) {
  MetricSchedule schedule;
  schedule.metrics = {{"dram_read_bytes", "d", 2}};
  PmSample sample{.begin_ns = 1, .end_ns = 3, .values = {}};
  EXPECT_TRUE(take_sample(sample, std::vector<double>{4}, schedule));
  EXPECT_THAT(sample.values, ElementsAre(8));
  EXPECT_FALSE(take_sample(sample, std::vector<double>{std::nan("")}, schedule));
  EXPECT_TRUE(sample.values.empty());
  sample.end_ns = 1;
  EXPECT_FALSE(take_sample(sample, std::vector<double>{4}, schedule));
}

TEST(SampledMetrics, TakeOnePassOnAmpereHopperAndBlackwell) {
  for (const char* chip : {"GA100", "GH100", "GB100"}) {
    const auto made = schedule_metrics(chip, sampled_metrics(), std::string(kCuptiLibrary), {},
                                       CounterUse::sampling);
    if (!made && !known_chips()) GTEST_SKIP() << made.why();
    ASSERT_TRUE(made.has_value()) << chip << ": " << made.why();
    EXPECT_EQ(made.value().passes, 1U) << chip;
    EXPECT_TRUE(made.value().left_out.empty()) << chip << ": " << made.value().left_out.front();
  }
}

}  // namespace
}  // namespace ridgepoint
