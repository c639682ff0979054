// Buffers as CUPTI fills them, laid out with its header's own structures and walked by its own
// function, neither of which needs a GPU. Skipped where there is no CUPTI.
#include "profiler/cupti/activity_reader.h"

#include <gtest/gtest.h>

#if defined(RIDGEPOINT_TESTS_CUPTI)
#include <cupti.h>
#include <dlfcn.h>

#include <cstring>
#include <vector>

namespace ridgepoint {
namespace {

class ActivityReader : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* const place : {"libcupti.so.13", "/usr/local/cuda/lib64/libcupti.so.13"}) {
      if (library_ == nullptr) library_ = dlopen(place, RTLD_NOW | RTLD_LOCAL);
    }
    if (library_ == nullptr) GTEST_SKIP() << "no libcupti.so.13";
    next_ = reinterpret_cast<NextActivityRecord>(dlsym(library_, "cuptiActivityGetNextRecord"));
    ASSERT_NE(next_, nullptr);
  }
  template <typename Record>
  void add(const Record& record) {
    const std::size_t at = bytes_.size();
    bytes_.resize(at + (sizeof record + 7) / 8);
    std::memcpy(bytes_.data() + at, &record, sizeof record);
  }
  Activities read() {
    Activities all;
    EXPECT_EQ(read_activities(std::as_writable_bytes(std::span(bytes_)), next_, all), "");
    return all;
  }

  void* library_ = nullptr;
  NextActivityRecord next_ = nullptr;
  std::vector<std::uint64_t> bytes_;  ///< on boundaries of eight, as CUPTI asks
};

TEST_F(ActivityReader, TakesWhatTheDeviceDidAndWhatAskedForIt) {
  CUpti_ActivityAPI call{};
  call.kind = CUPTI_ACTIVITY_KIND_RUNTIME;
  call.start = 90;
  call.end = 95;
  call.correlationId = 11;
  call.threadId = 4;
  add(call);
  CUpti_ActivityExternalCorrelation link{};
  link.kind = CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION;
  link.externalKind = CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0;
  link.externalId = std::uint64_t{5} << 32U | 6;
  link.correlationId = 11;
  add(link);
  CUpti_ActivityKernel10 kernel{};
  kernel.kind = CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL;
  kernel.start = 100;
  kernel.end = 140;
  kernel.streamId = 13;
  kernel.correlationId = 11;
  kernel.graphNodeId = 77;
  kernel.name =
      "_ZN10ridgepoint4cuda9on_device15few_rows_kernelILNS0_6FormatE3ELi1EEEvNS0_11FewRowsArgsE";
  add(kernel);
  CUpti_ActivityMemcpy6 copy{};
  copy.kind = CUPTI_ACTIVITY_KIND_MEMCPY;
  copy.copyKind = CUPTI_ACTIVITY_MEMCPY_KIND_HTOD;
  copy.bytes = 4096;
  copy.start = 50;
  copy.end = 60;
  add(copy);
  CUpti_ActivityMemset4 fill{};
  fill.kind = CUPTI_ACTIVITY_KIND_MEMSET;
  fill.bytes = 64;
  fill.start = 61;
  fill.end = 62;
  add(fill);
  CUpti_ActivityOverhead3 overhead{};
  overhead.kind = CUPTI_ACTIVITY_KIND_OVERHEAD;
  overhead.start = 10;
  overhead.end = 17;
  add(overhead);

  const Activities all = read();
  ASSERT_EQ(all.calls.size(), 1U);
  EXPECT_EQ(all.calls[0].begin_ns, 90);
  EXPECT_EQ(all.calls[0].thread, 4U);
  EXPECT_EQ(all.external.at(11), std::uint64_t{5} << 32U | 6);
  ASSERT_EQ(all.on_device.size(), 3U);
  const DeviceActivity& first = all.on_device[0];
  EXPECT_EQ(first.begin_ns, 100);
  EXPECT_EQ(first.end_ns, 140);
  EXPECT_EQ(first.stream, 13U);
  EXPECT_EQ(first.graph_node, 77U);
  EXPECT_TRUE(all.names[first.name].starts_with("few_rows_kernel<")) << all.names[first.name];
  EXPECT_EQ(all.on_device[1].kind, DeviceActivity::Kind::copy);
  EXPECT_EQ(all.on_device[1].bytes, 4096);
  EXPECT_EQ(all.names[all.on_device[1].name], "copy in");
  EXPECT_EQ(all.on_device[2].bytes, 64);
  EXPECT_EQ(all.overhead_ns, 7);
  EXPECT_EQ(all.not_read, 0U);
  EXPECT_EQ(all.cut, 0U);
}

TEST_F(ActivityReader, PairsMarkersByTheirIdSinceAnEndHasNoName) {
  const auto marker = [this](std::uint32_t id, CUpti_ActivityFlag flag, std::uint64_t at,
                             const char* name) {
    CUpti_ActivityMarker2 record{};
    record.kind = CUPTI_ACTIVITY_KIND_MARKER;
    record.flags = flag;
    record.id = id;
    record.timestamp = at;
    record.name = name;
    record.objectId.pt.threadId = 9;
    add(record);
  };
  marker(1, CUPTI_ACTIVITY_FLAG_MARKER_START, 10, "outer");
  marker(2, CUPTI_ACTIVITY_FLAG_MARKER_START, 20, "inner");
  marker(2, CUPTI_ACTIVITY_FLAG_MARKER_END, 30, nullptr);
  marker(1, CUPTI_ACTIVITY_FLAG_MARKER_END, 40, nullptr);
  marker(3, CUPTI_ACTIVITY_FLAG_MARKER_START, 50, "open");
  const Activities all = read();
  ASSERT_EQ(all.ranges.size(), 3U);
  EXPECT_EQ(all.ranges[0].end_ns, 40);
  EXPECT_EQ(all.ranges[1].end_ns, 30);
  EXPECT_EQ(all.names[all.ranges[1].name], "inner");
  EXPECT_EQ(all.ranges[1].thread, 9U);
  EXPECT_EQ(all.ranges[2].end_ns, 0);
}

TEST_F(ActivityReader, CountsWhatHasNoTimesAndPassesOverOtherKinds) {
  CUpti_ActivityKernel10 kernel{};
  kernel.kind = CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL;
  add(kernel);
  CUpti_ActivitySynchronization2 wait{};
  wait.kind = CUPTI_ACTIVITY_KIND_SYNCHRONIZATION;
  add(wait);
  CUpti_ActivityExternalCorrelation link{};
  link.kind = CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION;
  link.externalKind = CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM1;  // somebody else's
  link.correlationId = 3;
  add(link);
  const Activities all = read();
  EXPECT_TRUE(all.on_device.empty());
  EXPECT_EQ(all.without_times, 1U);
  EXPECT_EQ(all.not_read, 1U);
  EXPECT_TRUE(all.external.empty());
}

TEST_F(ActivityReader, TakesNoMoreThanABufferHolds) {
  CUpti_ActivityAPI call{};
  call.kind = CUPTI_ACTIVITY_KIND_DRIVER;
  add(call);
  add(call);
  Activities all;
  const auto half = std::as_writable_bytes(std::span(bytes_)).first(sizeof call);
  EXPECT_EQ(read_activities(half, next_, all), "");
  EXPECT_EQ(all.calls.size(), 1U);
}

}  // namespace
}  // namespace ridgepoint

#endif
