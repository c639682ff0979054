// Memory controllers as the kernel shows them, in a folder like the kernel's, and their counts by
// phase.
#include "profiler/perf/memory_controllers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "profiler/clock/monotonic_clock.h"
#include "profiler/perf/system_counter.h"
#include "tests/support/fake_counters.h"
#include "tests/support/temporary_folder.h"

namespace ridgepoint {
namespace {

using ::testing::ElementsAre;
using testing::FakeControllers;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ControllerFolder : public ::testing::Test {
 protected:
  void put(const std::string& path, const std::string& text) const {
    const auto file = folder_.path() / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text << "\n";
  }
  void put_intel(const std::string& device, int type) const {
    put(device + "/type", std::to_string(type));
    put(device + "/cpumask", "0,28");
    put(device + "/format/event", "config:0-7");
    put(device + "/format/umask", "config:8-15");
    put(device + "/events/cas_count_read", "event=0x04,umask=0x03");
    put(device + "/events/cas_count_read.scale", "6.103515625e-5");
    put(device + "/events/cas_count_read.unit", "MiB");
    put(device + "/events/cas_count_write", "event=0x04,umask=0x0c");
    put(device + "/events/cas_count_write.scale", "6.103515625e-5");
    put(device + "/events/cas_count_write.unit", "MiB");
  }
  [[nodiscard]] std::string sources() const { return folder_.path().string(); }
  TemporaryFolder folder_;
};

TEST_F(ControllerFolder, OfIntelHasReadsAndWritesOfEachSocket) {
  put_intel("uncore_imc_1", 20);
  put("uncore_imc_free_running_0/type", "30");
  put("uncore_cha_0/type", "9");
  const auto found = find_controller_events(sources());
  ASSERT_TRUE(found) << found.why();
  const auto& events = found.value();
  ASSERT_EQ(events.size(), 4U);
  EXPECT_EQ(events[0],
            (ControllerEvent{"dram_read_bytes", "uncore_imc_1", {20, 0x0304, 0}, 0, 64}));
  EXPECT_EQ(events[1].cpu, 28);
  EXPECT_EQ(events[2].meaning, "dram_write_bytes");
  EXPECT_EQ(events[2].code.config, 0x0c04U);
}

TEST_F(ControllerFolder, OfAmdHasReadsAndWritesByTheirBits) {
  put("amd_umc_0/type", "15");
  put("amd_umc_0/cpumask", "0");
  put("amd_umc_0/format/event", "config:0-7");
  put("amd_umc_0/format/rdwrmask", "config:8-9");
  const auto found = find_controller_events(sources());
  ASSERT_TRUE(found) << found.why();
  ASSERT_EQ(found.value().size(), 2U);
  EXPECT_EQ(found.value()[0].code.config, 0x10aU);
  EXPECT_EQ(found.value()[1].code.config, 0x20aU);
}

TEST_F(ControllerFolder, WithoutAnySaysSo) {
  EXPECT_THAT(find_controller_events(sources()).why(), HasSubstr("memory controllers"));
  EXPECT_THAT(find_controller_events("/no/such/folder").why(), HasSubstr("memory controllers"));
  put("uncore_imc_0/type", "20");  // without the rest of it
  EXPECT_FALSE(find_controller_events(sources()));
}

TEST_F(ControllerFolder, SpreadsTermsOverTheirBits) {
  put("f/event", "config:0-3,8");
  put("f/edge", "config:18");
  put("f/other", "config1:0-7");
  const std::string format = (folder_.path() / "f").string();
  EXPECT_EQ(encode_event("event=0x1f,edge", format).value(), 0x4010fU);
  EXPECT_EQ(encode_event("event=2\n", format).value(), 2U);
  EXPECT_THAT(encode_event("event=0x20", format).why(), HasSubstr("event=0x20"));  // too large
  EXPECT_FALSE(encode_event("umask=1", format));
  EXPECT_FALSE(encode_event("other=1", format));
  EXPECT_FALSE(encode_event("event=x", format));
}

FakeControllers two_controllers() {
  FakeControllers controllers;
  controllers.there = {{"dram_read_bytes", "a", {}, 0, 64},
                       {"dram_read_bytes", "b", {}, 0, 64},
                       {"dram_write_bytes", "b", {}, 0, 64}};
  controllers.bytes = {1000, 2000, 3000};
  return controllers;
}

TEST(SystemCounter, GivesEachPhaseWhatWasMovedDuringIt) {
  FakeControllers controllers = two_controllers();
  SystemCounter counter(controllers);
  EXPECT_EQ(counter.source(), "a, b");
  counter.start_pass();
  std::vector<TracedPart> parts;
  const auto part = [&](const char* name, std::uint32_t source, double bytes) {
    const auto begin_ns = monotonic_ns();
    counter.begin(source, 0);
    for (double& each : controllers.bytes) each += bytes;
    counter.begin(source, 1);
    parts.push_back({name, begin_ns, monotonic_ns() + 1, 0});
    while (monotonic_ns() < parts.back().end_ns) {
    }
  };
  part("prefill", 4, 10);
  part("decode", 5, 7);
  part("decode", 5, 7);
  counter.stop_pass();
  const auto sums = counter.sums(parts);
  EXPECT_EQ(sums.at("prefill").at("dram_read_bytes"), 20);
  EXPECT_EQ(sums.at("prefill").at("dram_write_bytes"), 10);
  EXPECT_EQ(sums.at("decode").at("dram_read_bytes"), 28);
  // A phase that began unseen.
  parts.push_back({"last", monotonic_ns(), monotonic_ns() + 1, 0});
  EXPECT_THAT(counter.sums(parts), IsEmpty());
}

TEST(SystemCounter, SaysWhyItIsAbsent) {
  FakeControllers none;
  EXPECT_EQ(SystemCounter(none).why_absent(), "there are none");
  FakeControllers refusing = two_controllers();
  refusing.refused = "not permitted";
  SystemCounter refused(refusing);
  EXPECT_EQ(refused.why_absent(), "not permitted");
  refused.start_pass();
  refused.begin(1, 1);
  refused.stop_pass();
  EXPECT_THAT(refused.sums({}), IsEmpty());
  FakeControllers broken = two_controllers();
  broken.cannot_read = true;
  SystemCounter unread(broken);
  unread.start_pass();
  unread.begin(1, 1);
  unread.stop_pass();
  EXPECT_THAT(unread.why_absent(), HasSubstr("could not be read"));
}

}  // namespace
}  // namespace ridgepoint
