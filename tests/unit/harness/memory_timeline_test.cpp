#include "harness/run/memory_timeline.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <vector>

namespace ridgepoint {
namespace {

TEST(MemoryTimeline, SeesWhatAnAllocationAdds) {
  MemoryTimeline timeline;
  timeline.mark("before");
  const std::vector<char> room(32 << 20, 1);
  timeline.mark(
      "after",
      MemoryLedger{
          .weights_bytes = 10, .kv_bytes = 20, .activations_bytes = 3, .scratch_bytes = 4});
  const auto& moments = timeline.moments();
  ASSERT_EQ(moments.size(), 2U);
  EXPECT_EQ(moments[0].at_ns, 0);
  EXPECT_GT(moments[1].at_ns, 0);
  ASSERT_TRUE(moments[0].anonymous_bytes && moments[1].anonymous_bytes);
  EXPECT_GT(*moments[1].anonymous_bytes - *moments[0].anonymous_bytes, 30 << 20);
  EXPECT_EQ(*moments[1].other_bytes(), *moments[1].anonymous_bytes + *moments[1].file_bytes - 37);
  EXPECT_EQ(room.back(), 1);
}

TEST(MemoryTimeline, LeavesOutWhatNobodySaid) {
  MemoryTimeline timeline;
  timeline.mark("before");
  timeline.mark("session", MemoryLedger{.kv_bytes = 5});
  const auto json = nlohmann::json::parse(timeline.to_json());
  ASSERT_EQ(json.size(), 2U);
  EXPECT_FALSE(json[0].contains("kv_bytes"));
  EXPECT_EQ(json[1]["kv_bytes"], 5);
  EXPECT_EQ(json[1]["stage"], "session");
}

}  // namespace
}  // namespace ridgepoint
