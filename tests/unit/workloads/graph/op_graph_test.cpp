#include "workloads/graph/op_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "tests/support/error_of.h"
#include "tests/support/small_op_case.h"
#include "workloads/error.h"
#include "workloads/tensor/convert.h"

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;

Case case_of(const std::string& op) {
  return small_op_case(op, "q8_0");
}

std::string refusal(const Case& value) {
  return error_of([&] { return lower_op(value); });
}

std::vector<float> floats(std::span<const std::byte> bytes) {
  std::vector<float> numbers(bytes.size() / sizeof(float));
  std::memcpy(numbers.data(), bytes.data(), bytes.size());
  return numbers;
}

TEST(OpGraph, NamesEveryOperatorOnce) {
  std::vector<std::string> names = op_names();
  EXPECT_EQ(names.size(), std::variant_size_v<Op>);
  EXPECT_THAT(names, Contains("matrix_product"));
  EXPECT_THAT(names, Contains("attention"));
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::unique(names.begin(), names.end()), names.end());
}

TEST(OpGraph, LowersEveryOperatorToOneNodeOfItsName) {
  for (const std::string& name : op_names()) {
    const Graph graph = lower_op(case_of(name));
    ASSERT_EQ(graph.nodes().size(), 1U) << name;
    EXPECT_EQ(graph.nodes()[0].op_id, name);
    EXPECT_EQ(name_of(graph.nodes()[0].op), name);
    EXPECT_GT(graph.work(past_of_op(case_of(name))).bytes(), 0) << name;
    if (name != "kv_append") {
      EXPECT_EQ(graph.value(graph.find("result")).role, Role::output) << name;
    }
  }
}

TEST(OpGraph, ReadsExactlyTheFieldsThatItSays) {
  // A field matters when a change of it changes the graph, its past or its inputs.
  const auto print = [](const Case& value) {
    const Graph graph = lower_op(value);
    std::string text = std::to_string(past_of_op(value)) + "," + std::to_string(graph.batch()) +
                       "," + std::to_string(graph.tokens()) + "," +
                       std::to_string(graph.capacity());
    for (const Value& each : graph.values()) {
      text += each.name + std::string(name_of(each.type)) + to_string(each.shape);
    }
    if (const auto* attention = std::get_if<Attention>(&graph.nodes()[0].op)) {
      text += std::to_string(attention->heads) + "/" + std::to_string(attention->head_dim);
    }
    if (const auto* rope = std::get_if<Rope>(&graph.nodes()[0].op)) {
      text += std::to_string(rope->head_dim);
    }
    return text;
  };
  for (const std::string& name : op_names()) {
    const std::map<std::string_view, Case> changed = [&] {
      std::map<std::string_view, Case> cases;
      for (const std::string_view field :
           {"type", "kv", "rows", "batch", "in", "out", "heads", "kv_heads", "head_dim", "depth"}) {
        Case value = case_of(name);
        if (field == "type") value.type = "f16";
        if (field == "kv") value.kv = "f32";
        if (field == "rows") value.rows = 4;
        if (field == "batch") value.batch = 3;
        if (field == "in") value.in = 128;
        if (field == "out") value.out = 128;
        if (field == "heads") value.heads = 8;
        if (field == "kv_heads") value.kv_heads = 1;
        if (field == "head_dim") value.head_dim = 8;
        if (field == "depth") value.depth = 6;
        cases[field] = value;
      }
      return cases;
    }();
    const auto fields = fields_of_op(name);
    for (const auto& [field, value] : changed) {
      const bool says = std::find(fields.begin(), fields.end(), field) != fields.end();
      EXPECT_EQ(print(value) != print(case_of(name)), says) << name << " " << field;
    }
    EXPECT_THAT(std::vector<std::string_view>(fields.begin(), fields.end()), Contains("seed"));
  }
}

TEST(OpGraph, FillsCachesForAttentionOnly) {
  for (const std::string& name : op_names()) {
    EXPECT_EQ(lower_op_fill(case_of(name)).has_value(), name == "attention") << name;
  }
  const Graph graph = lower_op(case_of("attention"));
  const auto fill = lower_op_fill(case_of("attention"));
  EXPECT_EQ(fill->tokens(), 8);
  EXPECT_EQ(fill->value(fill->find("cache.k")).shape, graph.value(graph.find("cache.k")).shape);
  EXPECT_EQ(fill->value(fill->find("cache.v")).type, graph.value(graph.find("cache.v")).type);
}

TEST(OpGraph, RefusesWhatCannotBe) {
  EXPECT_THAT(refusal(case_of("matmul")),
              AllOf(HasSubstr("'matmul'"), HasSubstr("matrix_product")));
  Case value = case_of("matrix_product");
  value.type = "q9";
  EXPECT_THAT(refusal(value), HasSubstr("q9"));
  value = case_of("matrix_product");
  value.in = 63;
  EXPECT_THAT(refusal(value), HasSubstr("63"));
  value = case_of("attention");
  value.kv = "q4_0";
  EXPECT_THAT(refusal(value), HasSubstr("q4_0"));
  value = case_of("attention");
  value.kv_heads = 3;
  EXPECT_THAT(refusal(value), HasSubstr("multiple"));
  value = case_of("rope");
  value.head_dim = 15;
  EXPECT_THAT(refusal(value), HasSubstr("15"));
}

TEST(OpInputs, AreTheSameForTheSameSeedOnly) {
  const Graph graph = lower_op(case_of("matrix_product"));
  const OpInputs first = op_inputs(graph, 1), again = op_inputs(graph, 1),
                 other = op_inputs(graph, 2);
  EXPECT_EQ(first.inputs, again.inputs);
  EXPECT_EQ(first.owned, again.owned);
  EXPECT_NE(first.inputs, other.inputs);
  EXPECT_NE(first.owned, other.owned);
  const Case two_inputs = case_of("add");
  const Graph sum = lower_op(two_inputs);
  const OpInputs both = op_inputs(sum, 1);
  EXPECT_NE(both.inputs.at(sum.find("input")), both.inputs.at(sum.find("other")));
}

TEST(OpInputs, AreBellShapedAndNeverZero) {
  Case value = case_of("gelu");
  value.rows = 100;
  value.in = 1000;
  const Graph graph = lower_op(value);
  const auto numbers = floats(op_inputs(graph, 3).inputs.at(graph.find("input")));
  ASSERT_EQ(numbers.size(), 100000U);
  double sum = 0.0, squares = 0.0;
  int within_one = 0;
  for (const float each : numbers) {
    ASSERT_NE(each, 0.0F);
    ASSERT_LT(std::abs(each), 4.0F);
    sum += static_cast<double>(each);
    squares += static_cast<double>(each) * static_cast<double>(each);
    within_one += std::abs(each) < 1.0F ? 1 : 0;
  }
  EXPECT_NEAR(sum / 1e5, 0.0, 0.02);
  EXPECT_NEAR(squares / 1e5, 1.0, 0.02);
  EXPECT_NEAR(within_one / 1e5, 0.68, 0.02);
}

TEST(OpInputs, KeepProductsNearOne) {
  Case value = case_of("matrix_product");
  value.type = "f32";
  value.in = 1024;
  const Graph graph = lower_op(value);
  const OpInputs inputs = op_inputs(graph, 1);
  const auto weights = floats(inputs.weights.at("weight").bytes);
  double squares = 0.0;
  for (const float each : weights) squares += static_cast<double>(each) * static_cast<double>(each);
  EXPECT_NEAR(squares / static_cast<double>(weights.size()), 1.0 / 1024, 1e-4);
}

TEST(OpInputs, HaveTokensWithinTheTable) {
  Case value = case_of("embedding");
  value.rows = 500;
  value.in = 7;
  const Graph graph = lower_op(value);
  const OpInputs inputs = op_inputs(graph, 1);
  const auto& bytes = inputs.inputs.at(graph.find("tokens"));
  std::vector<std::int32_t> tokens(bytes.size() / 4);
  std::memcpy(tokens.data(), bytes.data(), bytes.size());
  EXPECT_EQ(*std::min_element(tokens.begin(), tokens.end()), 0);
  EXPECT_EQ(*std::max_element(tokens.begin(), tokens.end()), 6);
}

TEST(OpInputs, SurviveBeingMoved) {
  const Graph graph = lower_op(case_of("layer_norm"));
  OpInputs inputs = op_inputs(graph, 1);
  const std::vector<float> before = floats(inputs.weights.at("norm.weight").bytes);
  const OpInputs moved = std::move(inputs);
  EXPECT_EQ(floats(moved.weights.at("norm.weight").bytes), before);
  EXPECT_EQ(moved.weights.at("norm.weight").bytes.data(), moved.owned.at("norm.weight").data());
}

}  // namespace
}  // namespace ridgepoint
