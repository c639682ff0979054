#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

#include "profiler/memory/cache_state.h"
#include "profiler/memory/process_activity.h"
#include "profiler/memory/process_memory.h"
#include "tests/support/temporary_folder.h"

namespace ridgepoint {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr std::string_view kStatus =
    "Name:\tridgepoint\nVmHWM:\t    2000 kB\nVmRSS:\t    1500 kB\nRssAnon:\t     700 kB\n"
    "RssFile:\t     800 kB\nRssShmem:\t       0 kB\n";

TEST(ProcessMemory, ReadsTheCountersOfTheKernel) {
  const auto memory = parse_process_status(kStatus);
  EXPECT_EQ(memory.peak_resident.value(), 2000 * 1024);
  EXPECT_EQ(memory.resident.value(), 1500 * 1024);
  EXPECT_EQ(memory.anonymous.value(), 700 * 1024);
  EXPECT_EQ(memory.file.value(), 800 * 1024);
  EXPECT_EQ(memory.peak_anonymous.value(), 1200 * 1024);
}

TEST(ProcessMemory, SaysWhatIsMissing) {
  const auto memory = parse_process_status("VmHWM: 5 MB\n");
  EXPECT_THAT(memory.peak_resident.why(), HasSubstr("VmHWM"));
  EXPECT_THAT(memory.file.why(), HasSubstr("RssFile"));
  EXPECT_FALSE(memory.peak_anonymous.has_value());
}

TEST(ProcessMemory, PeakGrowsWithWhatIsTouched) {
  const auto before = read_process_memory();
  ASSERT_TRUE(before.peak_resident.has_value()) << before.peak_resident.why();
  const std::vector<char> block(64u << 20, 'x');
  const auto after = read_process_memory();
  EXPECT_GE(after.peak_resident.value(), before.resident.value() + (60 << 20)) << block[0];
}

TEST(ProcessActivity, CountsPageFaults) {
  const auto before = read_process_activity();
  const std::vector<char> block(16u << 20, 'x');
  const auto after = read_process_activity();
  ASSERT_TRUE(before.has_value() && after.has_value());
  EXPECT_GT(after.value().minor_faults, before.value().minor_faults) << block[0];
}

class CacheState : public ::testing::Test {
 protected:
  CacheState() : buffer_(8u << 20, std::byte{1}), spans_{buffer_} {
    if (!evict_from_cpu_caches(std::span(buffer_).first(64)).has_value()) {
      skip_ = "no cache flush on this architecture";
    }
  }
  std::vector<std::byte> buffer_;
  std::vector<std::span<const std::byte>> spans_;
  std::string skip_;
};

/// Middle of several tries: one may be disturbed.
double typical(const std::vector<double>& values) {
  auto sorted = values;
  std::sort(sorted.begin(), sorted.end());
  return sorted[sorted.size() / 2];
}

TEST_F(CacheState, CountsTheLinesItFlushes) {
  if (!skip_.empty()) GTEST_SKIP() << skip_;
  EXPECT_EQ(evict_from_cpu_caches({}).value(), 0);
  const auto address = reinterpret_cast<std::uintptr_t>(buffer_.data());
  const auto aligned = std::span(buffer_).subspan((64 - address % 64) % 64);
  EXPECT_EQ(evict_from_cpu_caches(aligned.first(64)).value(), 1);
  EXPECT_EQ(evict_from_cpu_caches(aligned.first(65)).value(), 2);
  EXPECT_EQ(evict_from_cpu_caches(aligned.subspan(63, 2)).value(), 2);
}

TEST_F(CacheState, EvictedLinesTakeFarLongerToReadThanCachedOnes) {
  if (!skip_.empty()) GTEST_SKIP() << skip_;
  const LineProbe probe(spans_, 1);
  std::vector<double> ratios;
  for (int i = 0; i < 15; ++i) {
    evict_from_cpu_caches(buffer_);
    const double cold = probe.time_reads().value();
    ratios.push_back(cold / probe.time_reads().value());
  }
  EXPECT_GE(typical(ratios), 8);
}

TEST_F(CacheState, LinesThatNobodyEvictedAreNotTakenForCold) {
  const LineProbe probe(spans_, 1);
  std::vector<double> ratios;
  for (int i = 0; i < 15; ++i) {
    static_cast<void>(probe.time_reads());
    const double first = probe.time_reads().value();
    ratios.push_back(first / probe.time_reads().value());
  }
  EXPECT_LT(typical(ratios), 4);
}

TEST_F(CacheState, EvictingTheProcessReachesBuffersThatNobodyNamed) {
  if (!skip_.empty()) GTEST_SKIP() << skip_;
  const auto lines = evict_process_from_cpu_caches();
  if (!lines) GTEST_SKIP() << lines.why();
  EXPECT_GE(lines.value(), static_cast<std::int64_t>(buffer_.size() / 64));
  const LineProbe probe(spans_, 2);
  std::vector<double> ratios;
  for (int i = 0; i < 9; ++i) {
    ASSERT_TRUE(evict_process_from_cpu_caches().has_value());
    const double cold = probe.time_reads().value();
    ratios.push_back(cold / probe.time_reads().value());
  }
  EXPECT_GE(typical(ratios), 8);
}

TEST_F(CacheState, EvictingTheProcessChangesNothing) {
  if (!skip_.empty()) GTEST_SKIP() << skip_;
  for (std::size_t i = 0; i < buffer_.size(); ++i) buffer_[i] = static_cast<std::byte>(i * 31);
  static_cast<void>(evict_process_from_cpu_caches());
  for (std::size_t i = 0; i < buffer_.size(); ++i) {
    ASSERT_EQ(buffer_[i], static_cast<std::byte>(i * 31)) << i;
  }
}

TEST(LineProbe, SaysWhenThereIsNothingToProbe) {
  const std::vector<std::byte> tiny(10);
  const std::vector<std::span<const std::byte>> spans{tiny};
  EXPECT_FALSE(LineProbe(spans, 1).time_reads().has_value());
  EXPECT_FALSE(LineProbe({}, 1).time_reads().has_value());
}

class PageCache : public ::testing::Test {
 protected:
  PageCache() {
    struct statfs status {};
    ::statfs(path_.c_str(), &status);
    constexpr long kTmpfs = 0x01021994, kOverlay = 0x794c7630;
    droppable_ = status.f_type != kTmpfs && status.f_type != kOverlay;
  }
  TemporaryFolder folder_;
  std::string path_ = folder_.write("file", std::string(8u << 20, 'x')).string();
  bool droppable_ = true;
};

TEST_F(PageCache, HoldsAFileThatWasJustWritten) {
  EXPECT_DOUBLE_EQ(page_cache_share(path_).value(), 1);
}

TEST_F(PageCache, LetsAFileGoAndProvesIt) {
  if (!droppable_) GTEST_SKIP() << "the temporary folder lies in memory";
  EXPECT_LE(drop_from_page_cache(path_).value(), 0.01);
  EXPECT_LE(page_cache_share(path_).value(), 0.01);
}

TEST_F(PageCache, AdmitsThatMappedPagesStay) {
  const int fd = ::open(path_.c_str(), O_RDONLY);
  const std::size_t bytes = 8u << 20;
  void* const mapping = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
  ASSERT_NE(mapping, MAP_FAILED);
  EXPECT_GT(drop_from_page_cache(path_).value(), 0.9);
  ::munmap(mapping, bytes);
  ::close(fd);
}

TEST_F(PageCache, SaysWhatItCannotLookInto) {
  EXPECT_THAT(page_cache_share(path_ + "x").why(), HasSubstr("No such file"));
  EXPECT_THAT(page_cache_share(folder_.path().string()).why(), HasSubstr("not a regular file"));
  EXPECT_FALSE(drop_from_page_cache(path_ + "x").has_value());
  const std::string empty = folder_.write("empty", "").string();
  EXPECT_DOUBLE_EQ(page_cache_share(empty).value(), 0);
}

}  // namespace
}  // namespace ridgepoint
