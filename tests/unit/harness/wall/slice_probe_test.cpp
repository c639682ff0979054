// What is timed of a slice, and what of it is kept; never the figures.
#include "harness/wall/slice_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/registry.h"
#include "workloads/error.h"
#include "workloads/formats/load_model.h"
#include "workloads/models/shapes.h"

namespace ridgepoint {
namespace {

using ::testing::Key;
using ::testing::UnorderedElementsAre;

Model tiny_slice() {
  return synthesise_model(*find_shape("tiny"), ModelType(Type::f32), 1, 1);
}

SliceOptions short_options() {
  SliceOptions options;
  options.batches = {1, 2};
  options.prompts = {4, 16};
  options.deep_batches = {1, 2};
  options.deep = 80;
  options.deep_rounds = 1;
  options.deep_budget_ns = 0;
  options.budget_ns = 0;
  options.least_passes = 1;
  return options;
}

TEST(SliceTimes, AreOfEachBatchAndPromptAndOfEachBatchOverTwoPasts) {
  const Model slice = tiny_slice();
  const auto times = time_slice(*open_backend("cpu"), slice, short_options());
  ASSERT_EQ(times.decode.size(), 2U);
  EXPECT_EQ(times.decode[1].work.rows, 2);
  EXPECT_GT(times.decode[1].seconds, 0);
  ASSERT_EQ(times.prefill.size(), 2U);
  EXPECT_EQ(times.prefill[1].work.rows, 16);
  std::vector<std::pair<std::int64_t, std::int64_t>> deep;
  for (const DeepTime& time : times.deep_decode) {
    deep.emplace_back(time.deep.rows, time.deep.past);
    EXPECT_EQ(time.shallow.rows, time.deep.rows);
    EXPECT_GT(time.deep.kv_bytes, time.shallow.kv_bytes);
  }
  using Rows = std::pair<std::int64_t, std::int64_t>;
  EXPECT_THAT(deep, ::testing::ElementsAre(Rows{1, 80}, Rows{1, 20}, Rows{2, 80}, Rows{2, 20}));
  ASSERT_EQ(times.deep_prefill.size(), 2U) << "of one sequence";
  EXPECT_GT(times.deep_prefill[0].deep.attention_flops, times.deep_prefill[1].deep.attention_flops);
}

TEST(SliceTimes, CanBeTakenAgain) {
  const Model slice = tiny_slice();
  const auto backend = open_backend("cpu");
  const auto times = time_slice(*backend, slice, short_options());
  const auto step = time_again(*backend, slice, short_options(), times.decode[1], true);
  EXPECT_EQ(step.work, times.decode[1].work);
  EXPECT_GT(step.seconds, 0);
  const auto prompt = time_again(*backend, slice, short_options(), times.prefill[1], false);
  EXPECT_EQ(prompt.work, times.prefill[1].work);
}

TEST(SliceTimes, OfALongPastNeedItsBatch) {
  const Model slice = tiny_slice();
  SliceOptions options = short_options();
  options.deep_batches = {3};
  EXPECT_THROW(time_slice(*open_backend("cpu"), slice, options), Error);
}

TEST(SliceSession, TellsTheClassesOfItsOpsApart) {
  const Model slice = tiny_slice();
  const auto backend = open_backend("cpu");
  SliceSession session(*backend, slice, short_options(), 2, 40);
  session.fill(30);
  const auto classes = session.time_classes(1, 30);
  EXPECT_THAT(classes, UnorderedElementsAre(Key("attention"), Key("other"), Key("products")));
  EXPECT_GT(classes.at("products"), 0);
  EXPECT_GT(classes.at("attention"), 0);
  EXPECT_GT(session.time(1, 30).seconds, 0) << "nobody listens any more";
}

}  // namespace
}  // namespace ridgepoint
