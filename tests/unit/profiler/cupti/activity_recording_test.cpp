// Recorded buffers of activities: written by a timeline, read again without a GPU. The files of
// tests/golden/cupti are read as well; as long as none was recorded on a GPU, that is one that the
// library that stands for CUPTI filled (hand-made.activities), of the same layout and format.
#include "profiler/cupti/activity_recording.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "profiler/cupti/timeline.h"
#include "tests/support/fake_cupti.h"
#include "tests/support/temporary_folder.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

const std::string kGoldenRecordings = std::string(RIDGEPOINT_SOURCE_DIR) + "/tests/golden/cupti";

std::string bytes_of_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// CUPTI's own walk over a buffer, which needs no GPU; null where there is no CUPTI.
NextActivityRecord walk_of_cupti() {
  for (const char* const place : {"libcupti.so.13", "/usr/local/cuda/lib64/libcupti.so.13"}) {
    if (void* const library = dlopen(place, RTLD_NOW | RTLD_LOCAL)) {
      return reinterpret_cast<NextActivityRecord>(dlsym(library, "cuptiActivityGetNextRecord"));
    }
  }
  return nullptr;
}

class ActivityRecordings : public ::testing::Test {
 protected:
  void SetUp() override {
    next_ = walk_of_cupti();
    if (cupti_.path.empty() || next_ == nullptr) GTEST_SKIP() << "no CUPTI here";
    recorder_.add_source({"decode", {"embed", "attend"}});
  }
  /// Two passes; the file holds the first.
  std::string recorded() {
    CuptiTimeline timeline(recorder_, cupti_.path);
    EXPECT_EQ(timeline.why_absent(), "");
    timeline.record_to(folder_.file("pass"));
    for (std::uint32_t op = 0; op < 2; ++op) {
      timeline.begin(0, op);
      cupti_.record_node(50 + op, 0);
      timeline.end();
    }
    timeline.begin(0, 0);
    cupti_.launch("_ZN10ridgepoint4cuda9on_device13lookup_kernelENS0_10LookupArgsE", 1000, 1100);
    timeline.end();
    cupti_.play(50, 2, 1200, 100);
    EXPECT_TRUE(timeline.collect(900, 1500).whole());
    EXPECT_EQ(timeline.recording(), "written");
    cupti_.launch("later", 2000, 2100);
    static_cast<void>(timeline.collect(1900, 2200));
    return bytes_of_file(folder_.path() / "pass");
  }

  TemporaryFolder folder_;
  testing::FakeCuptiLibrary cupti_;
  SpanRecorder recorder_{64};
  NextActivityRecord next_ = nullptr;
};

TEST_F(ActivityRecordings, HoldTheFirstPassWithItsStringsAndNodes) {
  RecordedActivities read;
  ASSERT_EQ(read_recorded_activities(recorded(), next_, read), "");
  EXPECT_EQ(read.begin_ns, 900);
  EXPECT_EQ(read.end_ns, 1500);
  ASSERT_EQ(read.activities.on_device.size(), 3U);
  EXPECT_EQ(read.activities.names.at(read.activities.on_device[0].name), "lookup_kernel");
  const Joined joined = join_activities(read.activities, read.nodes, recorder_.sources());
  EXPECT_EQ(joined.by_external, 1U);
  EXPECT_EQ(joined.by_node, 2U);
  EXPECT_EQ(joined.activities[2].op, (OpPlace{0, 1}));
}

TEST_F(ActivityRecordings, ThatAreCutOrOfAnotherKindAreRefusedWithTheReason) {
  const std::string file = recorded();
  for (std::size_t length = 0; length < file.size(); length += 7) {
    RecordedActivities read;
    EXPECT_NE(read_recorded_activities(file.substr(0, length), next_, read), "") << length;
  }
  RecordedActivities read;
  EXPECT_THAT(read_recorded_activities(file + "x", next_, read), HasSubstr("follows"));
  std::string other = file;
  other[12] = static_cast<char>(other[12] + 1);  // CUPTI's version
  EXPECT_THAT(read_recorded_activities(other, next_, read), HasSubstr("recorded with CUPTI"));
}

TEST_F(ActivityRecordings, ThatCannotBeWrittenSayWhy) {
  CuptiTimeline timeline(recorder_, cupti_.path);
  timeline.record_to("/nowhere/at/all");
  cupti_.launch("kernel", 10, 20);
  static_cast<void>(timeline.collect(0, 30));
  EXPECT_THAT(timeline.recording(), HasSubstr("/nowhere/at/all"));
}

TEST_F(ActivityRecordings, AreWrittenAsTheHandMadeOneWas) {
  const std::string path = kGoldenRecordings + "/hand-made.activities";
  const std::string ours = recorded();
  if (std::getenv("RIDGEPOINT_RENEW_RECORDING") != nullptr) {
    std::ofstream(path, std::ios::binary) << ours;
  }
  const std::string golden = bytes_of_file(path);
  ASSERT_GT(golden.size(), 16U);
  if (std::memcmp(golden.data() + 12, ours.data() + 12, 4) != 0) {
    GTEST_SKIP() << "made with another CUPTI";
  }
  EXPECT_TRUE(golden == ours) << "the format changed, or what the standing-in library fills";
}

TEST_F(ActivityRecordings, OfTheGoldenFolderAreReadWhole) {
  int recorded_on_a_gpu = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kGoldenRecordings)) {
    if (entry.path().extension() != ".activities") continue;
    SCOPED_TRACE(entry.path().filename().string());
    recorded_on_a_gpu += entry.path().filename() == "hand-made.activities" ? 0 : 1;
    RecordedActivities read;
    const std::string why = read_recorded_activities(bytes_of_file(entry.path()), next_, read);
    if (why.starts_with("recorded with CUPTI")) continue;
    ASSERT_EQ(why, "");
    EXPECT_EQ(read.activities.cut, 0U);
    EXPECT_EQ(read.activities.without_times, 0U);
    EXPECT_FALSE(read.activities.on_device.empty());
    for (const DeviceActivity& each : read.activities.on_device) {
      EXPECT_LE(each.begin_ns, each.end_ns);
      EXPECT_NE(read.activities.names.at(each.name), "");
    }
    // What ran was asked for by an op, launched or recorded.
    const Joined joined = join_activities(read.activities, read.nodes, {});
    EXPECT_GE(joined.by_external + joined.by_node, 1U);
  }
  RecordProperty("recorded_on_a_gpu", recorded_on_a_gpu);
  if (recorded_on_a_gpu == 0) std::puts("only the hand-made recording: none from a GPU yet");
}

}  // namespace
}  // namespace ridgepoint
