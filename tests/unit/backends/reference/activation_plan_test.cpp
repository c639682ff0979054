#include "backends/activation_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "backends/aligned_buffer.h"
#include "backends/reference/reference_backend.h"
#include "backends/session.h"
#include "workloads/models/lower.h"
#include "workloads/models/shapes.h"
#include "workloads/ops/operands.h"

namespace ridgepoint {
namespace {

/// A model of which only the description is known: enough to lower, not to run.
Model description_of(std::string_view shape, Type type) {
  Model model;
  model.config = *find_shape(shape);
  model.source = "shape:" + std::string(shape);
  for (const TensorPlan& tensor : tensor_plan(model.config)) {
    model.weights[tensor.name] = {tensor.matrix ? type : Type::f32, tensor.shape, {}};
  }
  return model;
}

struct Interval {
  std::size_t begin, end;   // bytes
  std::size_t first, last;  // nodes
};

std::vector<Interval> intervals(const Graph& graph, const ActivationPlan& plan) {
  std::vector<Interval> result;
  for (std::size_t n = 0; n < graph.nodes().size(); ++n) {
    const ValueId id = graph.nodes()[n].output;
    if (graph.value(id).role != Role::activation) {
      EXPECT_EQ(plan.offsets[id], ActivationPlan::kNone);
      continue;
    }
    Interval interval{plan.offsets[id],
                      plan.offsets[id] + static_cast<std::size_t>(bytes_of(graph.value(id))), n, n};
    for (std::size_t later = n; later < graph.nodes().size(); ++later) {
      const auto& inputs = graph.nodes()[later].inputs;
      if (std::find(inputs.begin(), inputs.end(), id) != inputs.end()) interval.last = later;
    }
    result.push_back(interval);
  }
  return result;
}

void expect_no_clash(const Graph& graph, Allocation allocation) {
  const ActivationPlan plan = plan_activations(graph, allocation);
  const auto all = intervals(graph, plan);
  ASSERT_GT(all.size(), 100U);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].begin % AlignedBuffer::kAlignment, 0U);
    EXPECT_LE(all[i].end, plan.bytes);
    for (std::size_t j = i + 1; j < all.size(); ++j) {
      // The later one may begin at the node where the earlier is read last (in place).
      const bool alive_together = all[j].first < all[i].last;
      const bool overlap = all[i].begin < all[j].end && all[j].begin < all[i].end;
      EXPECT_FALSE(alive_together && overlap) << i << " " << j;
    }
  }
}

TEST(ActivationPlan, NeverLetsTwoLiveValuesShareBytes) {
  for (const std::string_view shape : {"tinyllama-1.1b", "gpt2"}) {
    if (find_shape(shape) == nullptr) continue;
    const Graph graph =
        lower(description_of(shape, Type::f16), {.batch = 2, .tokens = 9, .capacity = 16});
    for (const Allocation how : {Allocation::arena, Allocation::pool, Allocation::plain}) {
      expect_no_clash(graph, how);
    }
  }
}

TEST(ActivationPlan, OfTheThriftyWaysNeedsLessAndNoneLessThanIsAlive) {
  const Graph graph = lower(description_of("tinyllama-1.1b", Type::f16),
                            {.batch = 1, .tokens = 128, .capacity = 128});
  const ActivationPlan arena = plan_activations(graph, Allocation::arena);
  const ActivationPlan pool = plan_activations(graph, Allocation::pool);
  const ActivationPlan plain = plan_activations(graph, Allocation::plain);
  EXPECT_LE(arena.live_bytes, arena.bytes);
  EXPECT_EQ(arena.live_bytes, pool.live_bytes);
  EXPECT_GE(plain.live_bytes, arena.live_bytes) << "nothing is written over in place";
  EXPECT_LE(arena.bytes, pool.bytes);
  std::size_t all = 0;
  for (const Value& value : graph.values()) {
    if (value.role == Role::activation) all += static_cast<std::size_t>(bytes_of(value));
  }
  EXPECT_GE(plain.bytes, all);
  EXPECT_LT(pool.bytes, plain.bytes / 10);
}

TEST(ActivationPlan, OfAPoolLendsOnlyWholeBuffersAgain) {
  Graph graph("test", 1, 4, 0);
  const ValueId input = graph.add_value({"input", Role::input, Type::f32, {4, 64}});
  const ValueId wide = graph.add_value({"wide", Role::weight, Type::f32, {256, 64}});
  const ValueId narrow = graph.add_value({"narrow", Role::weight, Type::f32, {64, 256}});
  const ValueId large = graph.add_node("large", MatrixProduct{}, {input, wide});
  const ValueId first = graph.add_node("first", MatrixProduct{}, {large, narrow});
  const ValueId again = graph.add_node("again", MatrixProduct{}, {first, wide});
  graph.mark_output(graph.add_node("last", MatrixProduct{}, {again, narrow}), "result");
  const std::size_t small = 4 * 64 * sizeof(float), big = 4 * small;
  const ActivationPlan pool = plan_activations(graph, Allocation::pool);
  EXPECT_EQ(pool.offsets[again], pool.offsets[large]);
  EXPECT_EQ(pool.bytes, big + small);
  EXPECT_EQ(pool.live_bytes, big + small);
  EXPECT_EQ(plan_activations(graph, Allocation::plain).bytes, 2 * big + small);
}

TEST(ActivationPlan, ReusesPlacesInPlaceOnlyWhereTheOperatorMay) {
  Graph graph("test", 1, 4, 0);
  const ValueId input = graph.add_value({"input", Role::input, Type::f32, {4, 64}});
  const ValueId square = graph.add_value({"square", Role::weight, Type::f32, {64, 64}});
  const ValueId first = graph.add_node("first", Add{}, {input, input});
  const ValueId product = graph.add_node("product", MatrixProduct{}, {first, square});
  const ValueId active = graph.add_node("active", Gelu{}, {product});
  const ValueId sum = graph.add_node("sum", Add{}, {active, active});
  graph.mark_output(graph.add_node("last", Softmax{}, {sum}), "result");
  const ActivationPlan plan = plan_activations(graph);
  EXPECT_NE(plan.offsets[product], plan.offsets[first]);
  EXPECT_EQ(plan.offsets[active], plan.offsets[product]);
  EXPECT_EQ(plan.offsets[sum], plan.offsets[product]);
  EXPECT_EQ(plan.bytes, 2U * 4 * 64 * sizeof(float));
}

TEST(ActivationPlan, KeepsALongPromptOfTinyLlamaWithinItsBudget) {
  const Graph graph = lower(description_of("tinyllama-1.1b", Type::q8_0),
                            {.batch = 1, .tokens = 512, .capacity = 2048});
  EXPECT_LT(plan_activations(graph).bytes, std::size_t{40} << 20U);
}

}  // namespace
}  // namespace ridgepoint
