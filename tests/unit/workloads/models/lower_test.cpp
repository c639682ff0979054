// Models as graphs: their op ids, their ends, their work, and what is refused.
#include "workloads/models/lower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "workloads/error.h"
#include "workloads/models/shapes.h"
#include "workloads/ops/operands.h"

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Names, types and shapes of a model's tensors; no bytes are needed to lower.
Model description_of(const ModelConfig& config, Type type) {
  Model model;
  model.config = config;
  model.source = "model.gguf";
  for (const TensorPlan& tensor : tensor_plan(config)) {
    model.weights[tensor.name] = {tensor.matrix ? type : Type::f32, tensor.shape, {}};
  }
  return model;
}

ModelConfig small(Architecture architecture) {
  ModelConfig config;
  config.architecture = architecture;
  config.name = "small";
  config.layers = 2;
  config.hidden = 64;
  config.heads = 4;
  config.kv_heads = architecture == Architecture::gpt2 ? 4 : 2;
  config.head_dim = 16;
  config.ffn = 96;
  config.vocab = 100;
  config.context = 50;
  config.qkv_bias = architecture != Architecture::llama;
  config.tied_embeddings = architecture != Architecture::llama;
  return config;
}

std::vector<std::string> op_ids(const Graph& graph) {
  std::vector<std::string> ids;
  for (const Node& node : graph.nodes()) ids.push_back(node.op_id);
  return ids;
}

std::vector<std::string> op_ids_with(const Graph& graph, std::string_view prefix) {
  std::vector<std::string> ids;
  for (const Node& node : graph.nodes()) {
    if (node.op_id.starts_with(prefix)) ids.push_back(node.op_id.substr(prefix.size()));
  }
  return ids;
}

std::string refusal(const Model& model, const Phase& phase) {
  try {
    static_cast<void>(lower(model, phase));
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(LowerLlama, NamesItsOps) {
  const Graph graph = lower(description_of(small(Architecture::llama), Type::f16),
                            {.batch = 2, .tokens = 3, .capacity = 10});
  EXPECT_THAT(
      op_ids_with(graph, "layer.1."),
      ElementsAre("attention.norm", "attention.q", "attention.q.rope", "attention.k",
                  "attention.k.rope", "attention.v", "attention.k.append", "attention.v.append",
                  "attention.mix", "attention.output", "attention.residual", "ffn.norm", "ffn.gate",
                  "ffn.up", "ffn.gated", "ffn.down", "ffn.residual"));
  EXPECT_THAT(op_ids_with(graph, "output."), ElementsAre("select", "norm", "logits", "next"));
  EXPECT_EQ(op_ids(graph).front(), "embedding");
  EXPECT_EQ(graph.nodes().size(), 1 + 2 * 17 + 4U);
}

TEST(LowerQwen2, AddsBiasesToQueriesKeysAndValues) {
  const Graph graph = lower(description_of(small(Architecture::qwen2), Type::f16),
                            {.batch = 1, .tokens = 1, .capacity = 10});
  EXPECT_THAT(op_ids_with(graph, "layer.0.attention."),
              ElementsAre("norm", "q", "q.bias", "q.rope", "k", "k.bias", "k.rope", "v", "v.bias",
                          "k.append", "v.append", "mix", "output", "residual"));
}

TEST(LowerGpt2, NamesItsOps) {
  const Graph graph = lower(description_of(small(Architecture::gpt2), Type::f16),
                            {.batch = 1, .tokens = 4, .capacity = 10});
  EXPECT_THAT(
      op_ids_with(graph, "layer.0."),
      ElementsAre("attention.norm", "attention.q", "attention.q.bias", "attention.k",
                  "attention.k.bias", "attention.v", "attention.v.bias", "attention.k.append",
                  "attention.v.append", "attention.mix", "attention.output",
                  "attention.output.bias", "attention.residual", "ffn.norm", "ffn.up",
                  "ffn.up.bias", "ffn.gelu", "ffn.down", "ffn.down.bias", "ffn.residual"));
  EXPECT_EQ(op_ids(graph)[1], "position_embedding");
}

TEST(Lower, KeepsOpIdsTheSameOverPhases) {
  for (const auto architecture : {Architecture::llama, Architecture::qwen2, Architecture::gpt2}) {
    const Model model = description_of(small(architecture), Type::f16);
    const auto decode = op_ids(lower(model, {.batch = 1, .tokens = 1, .capacity = 20}));
    EXPECT_EQ(op_ids(lower(model, {.batch = 4, .tokens = 9, .capacity = 20})), decode);
    EXPECT_EQ(std::set<std::string>(decode.begin(), decode.end()).size(), decode.size());
  }
}

TEST(Lower, HasTheEndsThatItNames) {
  const Model model = description_of(small(Architecture::llama), Type::f16);
  const Graph last = lower(model, {.batch = 2, .tokens = 3, .capacity = 10});
  EXPECT_EQ(last.value(last.find(kTokensInput)).shape, (Shape{6}));
  EXPECT_EQ(last.value(last.find(kTokensInput)).type, Type::i32);
  EXPECT_EQ(last.value(last.find(kLogitsOutput)).shape, (Shape{2, 100}));
  EXPECT_EQ(last.value(last.find(kNextOutput)).shape, (Shape{2}));
  EXPECT_EQ(last.value(last.find(kNextOutput)).role, Role::output);
  EXPECT_EQ(last.value(last.find("cache.1.v")).shape, (Shape{2, 10, 32}));

  const Graph all =
      lower(model, {.batch = 2, .tokens = 3, .capacity = 10, .logits = LogitRows::all});
  EXPECT_EQ(all.value(all.find(kLogitsOutput)).shape, (Shape{6, 100}));
  EXPECT_THROW(static_cast<void>(all.find(kNextOutput)), Error);

  const Graph none =
      lower(model, {.batch = 2, .tokens = 3, .capacity = 10, .logits = LogitRows::none});
  EXPECT_THAT(op_ids_with(none, "output."), ElementsAre());
  EXPECT_THAT(op_ids(none).back(), "layer.1.ffn.residual");
}

TEST(Lower, TakesTheEmbeddingForTiedLogits) {
  const Graph tied = lower(description_of(small(Architecture::qwen2), Type::f16),
                           {.batch = 1, .tokens = 1, .capacity = 4});
  EXPECT_THROW(static_cast<void>(tied.find("output.weight")), Error);
  const Node& logits = *std::ranges::find(tied.nodes(), "output.logits", &Node::op_id);
  EXPECT_EQ(logits.inputs[1], tied.find("token_embd.weight"));
  const Graph untied = lower(description_of(small(Architecture::llama), Type::f16),
                             {.batch = 1, .tokens = 1, .capacity = 4});
  const Node& own = *std::ranges::find(untied.nodes(), "output.logits", &Node::op_id);
  EXPECT_EQ(own.inputs[1], untied.find("output.weight"));
}

TEST(Lower, RefusesMixturesOfExpertsInWords) {
  ModelConfig config = small(Architecture::mixtral);
  config.experts = 8;
  config.experts_used = 2;
  EXPECT_THAT(refusal(description_of(config, Type::f16), {.capacity = 4}),
              AllOf(HasSubstr("model.gguf"), HasSubstr("mixture of experts"),
                    HasSubstr("is not lowered by this version")));
}

TEST(Lower, NamesTensorsThatAreMissingOrMisshapen) {
  Model model = description_of(small(Architecture::llama), Type::f16);
  model.weights["blk.1.ffn_up.weight"].shape = {96, 32};
  EXPECT_THAT(refusal(model, {.capacity = 4}),
              AllOf(HasSubstr("model.gguf"), HasSubstr("blk.1.ffn_up.weight"),
                    HasSubstr("[96, 32]"), HasSubstr("[96, 64]")));
  model.weights.erase("blk.0.attn_k.weight");
  EXPECT_THAT(refusal(model, {.capacity = 4}),
              AllOf(HasSubstr("blk.0.attn_k.weight"), HasSubstr("missing")));
}

TEST(Lower, KeepsWithinWhatTheModelCanHold) {
  const Model gpt2 = description_of(small(Architecture::gpt2), Type::f16);
  EXPECT_EQ(refusal(gpt2, {.capacity = 50}), "no error");
  EXPECT_THAT(refusal(gpt2, {.capacity = 51}),
              AllOf(HasSubstr("51 tokens"), HasSubstr("50 positions")));
  // Rotary positions have no end: only quality suffers beyond the context.
  Model llama = description_of(small(Architecture::llama), Type::f16);
  EXPECT_EQ(refusal(llama, {.capacity = 51}), "no error");
  EXPECT_THAT(refusal(llama, {.tokens = 5, .capacity = 4}), HasSubstr("do not fit"));
  llama.config.sliding_window = 30;
  EXPECT_EQ(refusal(llama, {.capacity = 30}), "no error");
  EXPECT_THAT(refusal(llama, {.capacity = 31}), HasSubstr("sliding-window"));
}

TEST(LowerWork, OfDecodingReadsEveryWeightButTheEmbeddingOnce) {
  const ModelConfig& config = *find_shape("tinyllama-1.1b");
  const Model model = description_of(config, Type::q8_0);
  std::int64_t file_bytes = 0;
  for (const auto& [name, tensor] : model.weights)
    file_bytes += byte_count(tensor.type, tensor.shape);
  const TensorView& table = model.weights.at("token_embd.weight");
  const std::int64_t table_bytes = byte_count(table.type, table.shape);
  const Graph decode = lower(model, {.batch = 1, .tokens = 1, .capacity = 4096});
  EXPECT_EQ(decode.work(0).weight_bytes,
            file_bytes - table_bytes + row_bytes(table.type, config.hidden));
  // A batch reads the weights once, and a row of the table more for each sequence.
  const Graph batch = lower(model, {.batch = 4, .tokens = 1, .capacity = 4096});
  EXPECT_EQ(batch.work(0).weight_bytes - decode.work(0).weight_bytes,
            3 * row_bytes(table.type, config.hidden));
}

TEST(LowerWork, OfDecodingReadsTheLiveCacheAndWritesOneToken) {
  const ModelConfig& config = *find_shape("tinyllama-1.1b");
  const Model model = description_of(config, Type::q8_0);
  const std::int64_t token_bytes = kv_bytes_per_token(config, Type::f16);
  EXPECT_EQ(token_bytes, 2 * 22 * 4 * 64 * 2);
  const Graph decode = lower(model, {.batch = 3, .tokens = 1, .capacity = 4096});
  for (const std::int64_t past : {0, 1, 100, 4095}) {
    EXPECT_EQ(decode.work(past).kv_bytes, 3 * ((past + 1) * token_bytes + token_bytes));
  }
}

TEST(LowerWork, OfMatricesIsTwoFlopsAParameterAndToken) {
  const ModelConfig& config = *find_shape("tinyllama-1.1b");
  const Model model = description_of(config, Type::q8_0);
  const auto flops_of_products = [&](std::int64_t tokens) {
    const Graph graph = lower(model, {.batch = 1, .tokens = tokens, .capacity = 4096});
    std::int64_t flops = 0;
    for (const Node& node : graph.nodes()) {
      if (std::holds_alternative<MatrixProduct>(node.op)) flops += graph.work(node, 0).flops;
    }
    return flops;
  };
  // By the model's published numbers: hidden 2048, ffn 5632, 4 of 32 heads of 64, 22 layers.
  const std::int64_t layer = 2048LL * 2048 * 2 + 2048LL * 256 * 2 + 3 * 2048LL * 5632;
  const std::int64_t head = 32000LL * 2048;
  EXPECT_EQ(flops_of_products(1), 2 * (22 * layer + head));
  // A prompt computes logits for its last token only.
  EXPECT_EQ(flops_of_products(512), 2 * (512 * 22 * layer + head));
}

TEST(LowerWork, GrowsWithThePastThroughAttentionOnly) {
  const ModelConfig& config = *find_shape("tinyllama-1.1b");
  const Graph decode =
      lower(description_of(config, Type::q8_0), {.batch = 1, .tokens = 1, .capacity = 4096});
  const Work empty = decode.work(0), full = decode.work(1000);
  EXPECT_EQ(full.flops - empty.flops, 22LL * 32 * 1000 * (4 * 64 + 6));
  EXPECT_EQ(full.weight_bytes, empty.weight_bytes);
  EXPECT_EQ(full.activation_bytes, empty.activation_bytes);
}

TEST(Lower, TakesEveryDenseShape) {
  int lowered = 0;
  for (const ModelConfig& config : shapes()) {
    const Model model = description_of(config, Type::f16);
    const std::string error = refusal(model, {.batch = 1, .tokens = 4, .capacity = 64});
    if (config.experts > 0) {
      EXPECT_THAT(error, HasSubstr("mixture of experts")) << config.name;
    } else {
      EXPECT_EQ(error, "no error") << config.name;
      ++lowered;
    }
  }
  EXPECT_GE(lowered, 5);
}

}  // namespace
}  // namespace ridgepoint
