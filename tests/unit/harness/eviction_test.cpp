#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/vfs.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "harness/run/cpu_cache_eviction.h"
#include "harness/run/page_cache_eviction.h"
#include "tests/unit/harness/support/measuring.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

TEST(CpuCacheEviction, ProvesThatDataWasEvicted) {
  if (!testing::can_flush()) GTEST_SKIP() << "no cache flush on this architecture";
  const std::vector<std::byte> weights(1u << 20, std::byte{1});
  CpuCacheEviction eviction({weights}, "the weights", 1);
  for (int i = 0; i < 9; ++i) eviction.before_sample();
  EXPECT_EQ(eviction.doubt(), "");
  const auto json = nlohmann::json::parse(eviction.to_json());
  EXPECT_TRUE(json["proved"]);
  EXPECT_GE(json["lines"].get<std::int64_t>(), (1 << 20) / 64);
  EXPECT_GT(json["evicted_line_ns"].get<double>(),
            CpuCacheEviction::kLeastRatio * json["cached_line_ns"].get<double>());
}

TEST(CpuCacheEviction, DoubtsWhatItCouldNotProbe) {
  const std::vector<std::byte> nothing;
  CpuCacheEviction never_ran({nothing}, "the weights", 1);
  EXPECT_THAT(never_ran.doubt(), HasSubstr("never probed"));
  CpuCacheEviction no_lines({nothing}, "the weights", 1);
  no_lines.before_sample();
  EXPECT_THAT(no_lines.doubt(), HasSubstr("could not be brought about"));
  EXPECT_FALSE(nlohmann::json::parse(no_lines.to_json())["proved"]);
}

class PageCacheEvictionTest : public ::testing::Test {
 protected:
  PageCacheEvictionTest() : path_(folder_.file("weights")) {
    std::ofstream(path_) << std::string(4u << 20, 'w');
  }
  [[nodiscard]] bool droppable() const {
    struct statfs status {};
    ::statfs(path_.c_str(), &status);
    return status.f_type != 0x01021994 && status.f_type != 0x794c7630;  // tmpfs, overlay
  }
  TemporaryFolder folder_;
  std::string path_;
};

TEST_F(PageCacheEvictionTest, ProvesThatFilesAreGone) {
  if (!droppable()) GTEST_SKIP() << "the temporary folder lies in memory";
  PageCacheEviction eviction({path_});
  eviction.before_sample();
  eviction.before_sample();
  EXPECT_EQ(eviction.doubt(), "");
  const auto json = nlohmann::json::parse(eviction.to_json());
  EXPECT_TRUE(json["proved"]);
  EXPECT_EQ(json["resident_share"].size(), 2u);
}

TEST_F(PageCacheEvictionTest, DoubtsAFileInMemory) {
  const std::string shared = "/dev/shm/ridgepoint-eviction-" + std::to_string(::getpid());
  if (!(std::ofstream(shared) << std::string(1u << 20, 'w'))) GTEST_SKIP() << "no /dev/shm";
  PageCacheEviction eviction({shared});
  eviction.before_sample();
  std::filesystem::remove(shared);
  EXPECT_THAT(eviction.doubt(), HasSubstr("tmpfs"));
  EXPECT_FALSE(nlohmann::json::parse(eviction.to_json())["proved"]);
}

TEST_F(PageCacheEvictionTest, DoubtsAFileThatIsNotThere) {
  PageCacheEviction eviction({path_ + "x"});
  eviction.before_sample();
  EXPECT_THAT(eviction.doubt(), HasSubstr("No such file"));
}

}  // namespace
}  // namespace ridgepoint
