#include "workloads/graph/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/error_of.h"
#include "workloads/error.h"
#include "workloads/graph/graph_text.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

class Graphs : public ::testing::Test {
 protected:
  Graphs() {
    input_ = graph_.add_value({"input", Role::input, Type::f32, {6, 8}});
    weight_ = graph_.add_value({"weight", Role::weight, Type::f16, {4, 8}});
    cache_ = graph_.add_value({"cache", Role::cache, Type::f16, {2, 10, 4}});
  }
  Graph graph_{"test", 2, 3, 10};
  ValueId input_ = 0, weight_ = 0, cache_ = 0;
};

TEST_F(Graphs, NameANodesOutputAfterItsOpId) {
  const ValueId output = graph_.add_node("layer.0.product", MatrixProduct{}, {input_, weight_});
  EXPECT_EQ(graph_.value(output).name, "layer.0.product");
  EXPECT_EQ(graph_.value(output).role, Role::activation);
  EXPECT_EQ(graph_.value(output).shape, (Shape{6, 4}));
  EXPECT_EQ(graph_.find("layer.0.product"), output);
  EXPECT_EQ(graph_.storage(output), output);
  EXPECT_EQ(graph_.nodes().size(), 1U);
}

TEST_F(Graphs, KnowTheCacheBehindWhatAppendingYields) {
  const ValueId keys = graph_.add_node("keys", MatrixProduct{}, {input_, weight_});
  const ValueId appended = graph_.add_node("append", KvAppend{}, {keys, cache_});
  EXPECT_EQ(graph_.value(appended).role, Role::cache);
  EXPECT_EQ(graph_.value(appended).type, Type::f16);
  EXPECT_EQ(graph_.storage(appended), cache_);
  const ValueId again = graph_.add_node("append.again", KvAppend{}, {keys, appended});
  EXPECT_EQ(graph_.storage(again), cache_);
  EXPECT_THROW(graph_.mark_output(again), std::logic_error);
}

TEST_F(Graphs, FindOutputsUnderBothNames) {
  const ValueId output = graph_.add_node("product", MatrixProduct{}, {input_, weight_});
  graph_.mark_output(output, "logits");
  EXPECT_EQ(graph_.value(output).role, Role::output);
  EXPECT_EQ(graph_.value(output).name, "logits");
  EXPECT_EQ(graph_.find("logits"), output);
  EXPECT_EQ(graph_.find("product"), output);
}

TEST_F(Graphs, RefuseNamesThatAreTaken) {
  EXPECT_THAT(error_of([&] {
                graph_.add_value({"input", Role::weight, Type::f32, {1}});
              }),
              HasSubstr("'input' is taken"));
  const ValueId output = graph_.add_node("product", MatrixProduct{}, {input_, weight_});
  EXPECT_THAT(error_of([&] { graph_.add_node("product", Gelu{}, {input_}); }),
              HasSubstr("'product' is taken"));
  EXPECT_THAT(error_of([&] { graph_.add_node("", Gelu{}, {input_}); }), HasSubstr("not empty"));
  EXPECT_THAT(error_of([&] { graph_.mark_output(output, "cache"); }),
              HasSubstr("'cache' is taken"));
  graph_.mark_output(output, "logits");
  EXPECT_THAT(error_of([&] { graph_.add_node("product", Gelu{}, {input_}); }),
              HasSubstr("'product' is taken"));
}

TEST_F(Graphs, SayWhichOpDoesNotFitAndStayAsTheyWere) {
  EXPECT_THAT(error_of([&] {
                graph_.add_node("layer.3.sum", Add{}, {input_, weight_});
              }),
              ::testing::AllOf(HasSubstr("layer.3.sum"), HasSubstr("add:")));
  EXPECT_EQ(graph_.values().size(), 3U);
  EXPECT_TRUE(graph_.nodes().empty());
  EXPECT_NO_THROW(graph_.add_node("layer.3.sum", Add{}, {input_, input_}));
}

TEST_F(Graphs, RefuseMisuse) {
  EXPECT_THROW(graph_.add_node("op", Gelu{}, {77}), std::logic_error);
  EXPECT_THROW(graph_.add_value({"x", Role::activation, Type::f32, {1}}), std::logic_error);
  EXPECT_THROW(graph_.mark_output(input_), std::logic_error);
  EXPECT_THROW(static_cast<void>(graph_.find("nothing")), Error);
  EXPECT_THROW(Graph("none", 0, 1, 1), Error);
  EXPECT_THROW(Graph("none", 1, 0, 1), Error);
  EXPECT_THROW(Graph("vast", std::int64_t{1} << 31, 2, 1), Error);
}

TEST_F(Graphs, SumTheWorkOfTheirNodes) {
  const ValueId product = graph_.add_node("product", MatrixProduct{}, {input_, weight_});
  graph_.add_node("append", KvAppend{}, {product, cache_});
  EXPECT_EQ(graph_.work(graph_.nodes()[0], 0), (Work{.flops = 2 * 6 * 8 * 4,
                                                     .weight_bytes = 4 * 8 * 2,
                                                     .activation_bytes = 4 * (6 * 8 + 6 * 4)}));
  Work sum = graph_.work(graph_.nodes()[0], 5);
  sum += graph_.work(graph_.nodes()[1], 5);
  EXPECT_EQ(graph_.work(5), sum);
  EXPECT_EQ(graph_.work(5).kv_bytes, 6 * 4 * 2);
}

TEST_F(Graphs, PrintALineANodeAndTheirTotal) {
  graph_.add_node("product", MatrixProduct{}, {input_, weight_});
  EXPECT_EQ(to_text(graph_, 5),
            "test: batch 2, tokens 3, past 5, capacity 10\n"
            "product  matrix_product  (f32 [6, 8], f16 [4, 8]) -> f32 [6, 4]; 384 FLOP, 64 weight "
            "B, 0 KV B, 288 activation B\n"
            "total: 384 FLOP, 64 weight B, 0 KV B, 288 activation B\n");
}

}  // namespace
}  // namespace ridgepoint
