#include "profiler/cupti/activity_join.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ridgepoint {
namespace {

using ::testing::ElementsAre;

const std::vector<SpanSource>& two_sources() {
  static const std::vector<SpanSource> kSources{{"prefill", {"embed", "q"}},
                                                {"decode", {"attend"}}};
  return kSources;
}

DeviceActivity kernel_at(std::int64_t begin, std::int64_t end, std::uint32_t correlation,
                         std::uint64_t node = 0) {
  return {.begin_ns = begin, .end_ns = end, .correlation = correlation, .graph_node = node};
}

TEST(ActivityJoin, KeepsOpsAsNumbersThatAreNeverZero) {
  EXPECT_NE(external_id(0, 0), 0U);
  EXPECT_EQ(place_of(external_id(3, 0xffffffffU)), (OpPlace{3, 0xffffffffU}));
  EXPECT_EQ(place_of(0), std::nullopt);
  EXPECT_EQ(place_of(17), std::nullopt);  // not one of ours
}

TEST(ActivityJoin, GoesByTheIdThenByTheNodeThenByTheRange) {
  Activities all;
  all.name("");
  all.external = {{1, external_id(0, 1)}, {2, external_id(0, 0)}};
  all.on_device = {kernel_at(30, 40, 2, 70), kernel_at(10, 20, 1), kernel_at(50, 60, 3),
                   kernel_at(70, 80, 4), kernel_at(90, 95, 2, 71)};
  all.calls = {{45, 46, 3, 8}, {65, 66, 4, 8}};
  all.ranges = {{44, 47, 8, all.name("q")}, {64, 67, 9, all.name("q")}};
  const NodeOps nodes{{70, external_id(1, 0)}};
  const Joined joined = join_activities(all, nodes, two_sources());
  ASSERT_EQ(joined.activities.size(), 5U);
  EXPECT_EQ(joined.activities[0].op, (OpPlace{0, 1}));
  // Nodes of a graph share the launch's id, which says nothing of them.
  EXPECT_EQ(joined.activities[1].op, (OpPlace{1, 0}));
  EXPECT_EQ(joined.activities[2].op, (OpPlace{0, 1}));
  EXPECT_EQ(joined.activities[3].op, std::nullopt);  // the range was another thread's
  EXPECT_EQ(joined.activities[4].op, std::nullopt);
  EXPECT_EQ(joined.by_external, 1U);
  EXPECT_EQ(joined.by_node, 1U);
  EXPECT_EQ(joined.by_range, 1U);
  EXPECT_EQ(joined.by_nothing, 2U);
}

TEST(ActivityJoin, TakesTheInnermostRangeThatIsAnOp) {
  Activities all;
  all.on_device = {kernel_at(100, 110, 1)};
  all.calls = {{50, 51, 1, 8}};
  all.ranges = {{10, 90, 8, all.name("embed")},
                {40, 60, 8, all.name("q")},
                {45, 55, 8, all.name("no op")},
                {20, 30, 8, all.name("attend")}};
  const Joined joined = join_activities(all, {}, two_sources());
  EXPECT_EQ(joined.activities[0].op, (OpPlace{0, 1}));
}

TEST(ActivityJoin, MakesOneSpanOfNeighboursAndNoneBeforeTheLastHasEnded) {
  Joined joined;
  const auto add = [&](std::int64_t begin, std::int64_t end, std::optional<OpPlace> op) {
    joined.activities.push_back({kernel_at(begin, end, 0), op});
  };
  add(0, 10, OpPlace{0, 0});
  add(12, 20, OpPlace{0, 0});
  add(18, 30, OpPlace{0, 1});  // began while the one before still ran
  add(31, 33, std::nullopt);
  add(35, 40, OpPlace{0, 0});
  add(36, 38, OpPlace{0, 1});  // all of it within
  EXPECT_THAT(spans_of_ops(joined), ElementsAre(Span{0, 20, 0, 0}, Span{20, 30, 0, 1},
                                                Span{35, 40, 0, 0}, Span{40, 40, 0, 1}));
}

TEST(ActivityJoin, CountsTheTimeInWhichNothingRan) {
  std::vector<JoinedActivity> all;
  for (const auto& [begin, end] :
       std::vector<std::pair<int, int>>{{0, 10}, {5, 8}, {13, 20}, {20, 22}, {30, 31}}) {
    all.push_back({kernel_at(begin, end, 0), std::nullopt});
  }
  const DeviceGaps gaps = gaps_between(all);
  EXPECT_EQ(gaps.gaps, 2U);
  EXPECT_EQ(gaps.idle_ns, 11);
  EXPECT_EQ(gaps.longest_ns, 8);
  EXPECT_EQ(gaps.whole_ns, 31);
  EXPECT_EQ(gaps.busy_ns, 20);
  EXPECT_EQ(gaps_between({}).whole_ns, 0);
}

}  // namespace
}  // namespace ridgepoint
