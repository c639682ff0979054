#include "results/roofline/roofs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/error_of.h"
#include "tests/unit/results/roofline/example_roofs.h"

namespace ridgepoint::roofline {
namespace {

using ::testing::HasSubstr;
using StoredRun = Run;  // inside a TEST, Run is a member of ::testing::Test

StoredRun run_of_id(const std::string& id) {
  StoredRun run;
  run.id = id;
  return run;
}

TEST(Roofs, GiveTheLevelThatHoldsWhatIsWalkedThrough) {
  const Roofs roofs = example_roofs();
  EXPECT_EQ(roofs.bandwidth_at(5e5, Access::read)->level, "level 1");
  EXPECT_EQ(roofs.bandwidth_at(100, Access::read)->level, "level 1") << "smaller than was measured";
  EXPECT_EQ(roofs.bandwidth_at(1e8, Access::read)->level, "the outermost level");
  EXPECT_EQ(roofs.bandwidth_at(1e12, Access::read)->bytes_per_second.value, 20e9);
  EXPECT_DOUBLE_EQ(roofs.outermost()->bytes_per_second.high, 21e9);
}

TEST(Roofs, SayNothingOfMoreThanWasWalkedThroughInCaches) {
  Roofs roofs = example_roofs();
  EXPECT_EQ(roofs.why_not_at(1e12), "");
  roofs.largest_cache_bytes = 0.6e9;  // the walk ended at 1e9: hardly outside
  EXPECT_TRUE(roofs.bandwidth_at(1e9, Access::read).has_value());
  EXPECT_FALSE(roofs.bandwidth_at(1.1e9, Access::read).has_value());
  EXPECT_THAT(roofs.why_not_at(1.1e9), HasSubstr("less than twice the largest cache (600 MB)"));
  EXPECT_TRUE(roofs.outermost().has_value());
  roofs.largest_cache_bytes = 0.5e9;
  EXPECT_TRUE(roofs.bandwidth_at(1.1e9, Access::read).has_value()) << "in memory";
}

TEST(Roofs, KnowTheLargestCacheOfTheMachineThatTheyAreOf) {
  StoredRun run = run_of_id("abc");
  run.environment = R"({"cpu":{"cache_bytes":{"L1d":32768,"L3":33554432}}})";
  EXPECT_EQ(roofs_of(run, example_ceilings(), 4).largest_cache_bytes, 33554432);
  run.environment = R"({"cpu":{"cache_bytes":{"absent":"hwloc failed"}}})";
  EXPECT_EQ(roofs_of(run, example_ceilings(), 4).largest_cache_bytes, 0);
}

TEST(Roofs, BetweenTwoLevelsTheRangeHoldsBoth) {
  const auto between = example_roofs().bandwidth_at(4e6, Access::read);
  EXPECT_EQ(between->level, "between level 1 and the outermost level");
  EXPECT_DOUBLE_EQ(between->bytes_per_second.low, 19e9);
  EXPECT_DOUBLE_EQ(between->bytes_per_second.high, 105e9);
  EXPECT_NEAR(between->bytes_per_second.value, 60e9, 1) << "half way between 1 MB and 16 MB";
}

TEST(Roofs, AreOfTheBestArithmeticThatAWeightTypeAllows) {
  const Roofs roofs = example_roofs();
  EXPECT_EQ(roofs.peak_for("q8_0")->what, "avx512 int8 vpdpbusd");
  EXPECT_EQ(roofs.peak_for("f32")->what, "avx512 f32 fma");
  EXPECT_EQ(roofs.peak_for("fp8")->what, "avx512 f32 fma") << "no ceiling of e4m3 here";
  EXPECT_EQ(roofs.peak_for("")->what, "avx512 f32 fma");
  EXPECT_EQ(roofs.peak_for("bf16")->what, "avx512 f32 fma") << "no ceiling of bf16 here";
}

TEST(Roofs, ComeFromStoredCeilings) {
  const Roofs roofs = roofs_of(run_of_id("abc"), example_ceilings(), 4);
  EXPECT_EQ(roofs.run_id, "abc");
  EXPECT_EQ(roofs.note, "");
  EXPECT_EQ(roofs.outermost()->bytes_per_second.value, 30e9);
  EXPECT_DOUBLE_EQ(roofs.bandwidth_at(5e3, Access::read)->bytes_per_second.low, 27e9)
      << "no level there: the points of the curve";
  EXPECT_EQ(roofs.peak_for("f32")->per_second.value, 360e9);
  EXPECT_EQ(roofs.peaks.size(), 1U) << "what is absent is no roof";
}

TEST(Roofs, OfThreadsThatWereNotMeasuredLieBetweenThoseThatWere) {
  const Roofs roofs = roofs_of(run_of_id(""), example_ceilings(), 2);
  const Range peak = roofs.peak_for("f32")->per_second;
  EXPECT_DOUBLE_EQ(peak.low, 99e9) << "no less than one thread";
  EXPECT_DOUBLE_EQ(peak.high, 2 * 101e9) << "no more than two of it";
  EXPECT_THAT(roofs.note, HasSubstr("between the ceilings of 1 and of 4"));
  EXPECT_LE(roofs.outermost()->bytes_per_second.high, 22e9);
  EXPECT_THAT(roofs_of(run_of_id(""), example_ceilings(), 9).note,
              HasSubstr("of 4 threads stand for 9"));
}

TEST(Roofs, NeedACurveOfLoad) {
  const std::vector<Record> arithmetic = {ceiling_record(compute_json("avx512 f32 fma", 1, 1e9))};
  EXPECT_THAT(error_of([&] { roofs_of(run_of_id("0123456789"), arithmetic, 1); }),
              HasSubstr("run 01234567: it holds no bandwidth"));
  const std::vector<Record> broken = {ceiling_record({{"kind", "bandwidth"}, {"what", 3}})};
  EXPECT_THAT(error_of([&] { roofs_of(run_of_id("0123456789"), broken, 1); }),
              HasSubstr("cut or altered"));
}

TEST(RoofsOf, AreThoseOfTheDeviceThatTheSuiteNames) {
  auto of_gpu = run_of_id("abc");
  of_gpu.suite = "roofline cuda:0";
  const Roofs gpu = roofs_of(of_gpu, example_gpu_ceilings(), 4);
  EXPECT_DOUBLE_EQ(gpu.outermost()->bytes_per_second.value, 3e12);
  EXPECT_EQ(gpu.device, "cuda:0");
  EXPECT_EQ(gpu.note, "") << "threads of the processor are nothing to it";
  EXPECT_EQ(roofs_of(run_of_id("abc"), example_ceilings(), 4).device, "");
}

}  // namespace
}  // namespace ridgepoint::roofline
