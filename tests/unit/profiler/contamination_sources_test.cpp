// What is read around each batch of samples: steal, throttling, the clock.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "profiler/clock/clock_estimate.h"
#include "profiler/machine/counter_file.h"
#include "profiler/machine/limits.h"
#include "profiler/machine/steal_time.h"
#include "profiler/machine/throttling.h"
#include "tests/support/temporary_folder.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

class CounterFiles : public ::testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) {
    return folder_.write(name, text).string();
  }
  TemporaryFolder folder_;
};

TEST_F(CounterFiles, AreReadAnewEachTime) {
  const auto path = write("counter", "5\n");
  CounterFile file(path);
  EXPECT_EQ(file.read().value(), "5\n");
  write("counter", "61\n");
  EXPECT_EQ(file.read().value(), "61\n");
}

TEST_F(CounterFiles, SayWhatIsMissing) {
  CounterFile file(folder_ / "none");
  EXPECT_FALSE(file.is_open());
  EXPECT_THAT(file.read().why(), HasSubstr("none: No such file"));
  CounterFile moved(std::move(file));
  EXPECT_THAT(moved.read().why(), HasSubstr("none: No such file"));
}

TEST_F(CounterFiles, GiveStealInNanoseconds) {
  StealTime steal(write("stat", "cpu  1 2 3 4 5 6 7 250 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\n"));
  EXPECT_EQ(steal.read_ns().value(), 2'500'000'000);
  StealTime broken(write("broken", "intr 5\n"));
  EXPECT_FALSE(broken.read_ns().has_value());
  StealTime here;
  EXPECT_GE(here.read_ns().value_or(0), 0);
}

TEST_F(CounterFiles, GiveThrottlingOverCoresAndPackages) {
  const auto limits = read_limits();
  ASSERT_TRUE(limits.cpus.has_value());
  for (const int cpu : limits.cpus.value()) {
    const std::string name = "cpu" + std::to_string(cpu) + "/thermal_throttle/";
    write(name + "core_throttle_count", "2\n");
    write(name + "package_throttle_count", "3\n");
  }
  const auto counted =
      std::min<std::int64_t>(64, static_cast<std::int64_t>(limits.cpus.value().size()));
  ThrottleCount throttles(folder_.path());
  EXPECT_EQ(throttles.read().value(), 5 * counted);
  EXPECT_THAT(ThrottleCount(folder_ / "nowhere").read().why(), HasSubstr("thermal_throttle"));
}

TEST(ClockEstimate, IsAClockThatAProcessorCouldHave) {
  const auto khz = estimate_clock_khz();
  if (!khz) GTEST_SKIP() << khz.why();
  // A try that was interrupted throughout is far below; no clock is above.
  EXPECT_LT(khz.value(), 20'000'000);
  EXPECT_GT(khz.value(), 1'000);
}

}  // namespace
}  // namespace ridgepoint
