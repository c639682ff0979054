#include "workloads/formats/gguf_model.h"

#include <gmock/gmock.h>

#include <cstring>
#include <functional>
#include <initializer_list>

#include "tests/support/error_of.h"
#include "tests/unit/workloads/formats/gguf_bytes.h"
#include "tests/unit/workloads/formats/is_error_at.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

std::string model_error(const GgufBytes& file) {
  const auto bytes = file.build();
  return error_of([&] { gguf_model(GgufFile::parse(bytes, "bad.gguf")); });
}

/// small_llama with one key left out and another put in its place.
GgufBytes with(const std::function<void(GgufBytes&)>& keys) {
  GgufBytes file;
  file.text("general.architecture", "llama");
  keys(file);
  file.tensors = small_llama().tensors;
  file.data_size = small_llama().data_size;
  return file;
}

void usual_keys(GgufBytes& file, std::string_view without = {}) {
  const auto u32 = [&](std::string_view key, std::uint32_t value) {
    if (key != without) {
      file.u32("llama." + std::string(key), value);
    }
  };
  u32("block_count", 1);
  u32("context_length", 16);
  u32("embedding_length", 4);
  u32("feed_forward_length", 6);
  u32("attention.head_count", 2);
  u32("attention.head_count_kv", 1);
  if (without != "attention.layer_norm_rms_epsilon") {
    file.f32("llama.attention.layer_norm_rms_epsilon", 1e-5F);
  }
}

TEST(GgufModel, ReadsASmallLlama) {
  const auto bytes = small_llama().build();
  const GgufFile file = GgufFile::parse(bytes, "small.gguf");
  const Model model = gguf_model(file);
  EXPECT_EQ(model.config.architecture, Architecture::llama);
  EXPECT_EQ(model.config.name, "small");
  EXPECT_EQ(model.config.layers, 1);
  EXPECT_EQ(model.config.hidden, 4);
  EXPECT_EQ(model.config.heads, 2);
  EXPECT_EQ(model.config.kv_heads, 1);
  EXPECT_EQ(model.config.head_dim, 2);
  EXPECT_EQ(model.config.ffn, 6);
  EXPECT_EQ(model.config.vocab, 8);
  EXPECT_EQ(model.config.context, 16);
  EXPECT_EQ(model.config.norm_epsilon, 1e-5);
  EXPECT_EQ(model.config.rope_theta, 10000.0);
  EXPECT_EQ(model.config.rope_pairing, RopePairing::adjacent);
  EXPECT_FALSE(model.config.tied_embeddings);
  EXPECT_FALSE(model.config.qkv_bias);
  EXPECT_EQ(model.weights.size(), 12U);
  EXPECT_EQ(model.weight_type, "f32");
  EXPECT_FALSE(model.synthetic);
  EXPECT_EQ(model.weights.at("blk.0.ffn_down.weight").shape, (Shape{4, 6}));
  EXPECT_EQ(model.weights.at("output.weight").bytes.data(),
            file.find_tensor("output.weight")->view.bytes.data());
}

TEST(GgufModel, IsTiedWithoutAnOutput) {
  GgufBytes file = small_llama();
  file.tensors.pop_back();
  const auto bytes = file.build();
  EXPECT_TRUE(gguf_model(GgufFile::parse(bytes, "tied")).config.tied_embeddings);
}

TEST(GgufModel, IgnoresTensorsAndKeysThatNobodyUses) {
  GgufBytes file = small_llama();
  file.u32("llama.something_new", 3);
  file.f32_tensor("blk.0.attn_rot_embd.weight", {1});
  file.f32_tensor("blk.x.something.weight", {4});
  file.f32_tensor("something.weight", {4});
  const auto bytes = file.build();
  EXPECT_EQ(gguf_model(GgufFile::parse(bytes, "more")).weights.size(), 12U);
}

TEST(GgufModel, OfSeveralFilesIsToBeJoinedFirst) {
  GgufBytes file = small_llama();
  file.entry("split.count", 2, std::uint16_t{3});
  file.tensors.erase(file.tensors.begin() + 4);
  EXPECT_THAT(model_error(file), HasSubstr("the file is one of 3 parts of a split model; join"));
  GgufBytes whole = small_llama();
  whole.entry("split.count", 2, std::uint16_t{1});
  const auto bytes = whole.build();
  EXPECT_EQ(gguf_model(GgufFile::parse(bytes, "whole")).weights.size(), 12U);
}

TEST(GgufModel, RefusesLayersBeyondThoseThatItSays) {
  GgufBytes file = small_llama();
  file.f32_tensor("blk.1.attn_norm.weight", {4});
  EXPECT_THAT(model_error(file),
              HasSubstr("tensor 'blk.1.attn_norm.weight' belongs to a layer beyond the 1 "));
}

TEST(GgufModel, RefusesAnUnknownArchitecture) {
  GgufBytes file;
  file.text("general.architecture", "mamba");
  EXPECT_THAT(model_error(file),
              IsErrorAt("bad.gguf", 24 + 8 + 20 + 4, "the architecture 'mamba' is unknown"));
  EXPECT_THAT(model_error(file), HasSubstr("llama, qwen2, gpt2, gpt-oss"));
  EXPECT_THAT(model_error(GgufBytes{}),
              IsErrorAt("bad.gguf", 0, "'general.architecture' is missing"));
}

TEST(GgufModel, NamesTheKeyThatIsMissing) {
  for (const std::string key :
       {"block_count", "context_length", "embedding_length", "feed_forward_length",
        "attention.head_count", "attention.layer_norm_rms_epsilon"}) {
    const std::string named = key == "feed_forward_length" ? "expert_feed_forward_length" : key;
    EXPECT_THAT(model_error(with([&](GgufBytes& file) { usual_keys(file, key); })),
                IsErrorAt("bad.gguf", 0, "the key 'llama." + named + "' is missing"));
  }
}

TEST(GgufModel, NamesTheTensorThatIsMissing) {
  const std::size_t count = small_llama().tensors.size();
  for (std::size_t i = 0; i + 1 < count; ++i) {
    GgufBytes file = small_llama();
    const std::string name = file.tensors[i].name;
    file.tensors.erase(file.tensors.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_THAT(model_error(file),
                IsErrorAt("bad.gguf", file.info_offset(0), "tensor '" + name + "' is missing"));
  }
}

TEST(GgufModel, RefusesMoreLayersThanThereAreTensorsAtOnce) {
  const auto file = with([](GgufBytes& keys) {
    usual_keys(keys, "block_count");
    keys.u32("llama.block_count", 9999);
  });
  EXPECT_THAT(model_error(file), HasSubstr("tensor 'blk.1.attn_norm.weight' is missing"));
}

TEST(GgufModel, RefusesATensorOfAnotherShape) {
  GgufBytes file = small_llama();
  file.tensors[3].dimensions = {2, 4};
  EXPECT_THAT(model_error(file),
              IsErrorAt("bad.gguf", file.info_offset(3),
                        "'blk.0.attn_k.weight' is [4, 2], and the configuration implies [2, 4]"));
}

TEST(GgufModel, RefusesAWeightOfWholeNumbers) {
  GgufBytes file = small_llama();
  file.tensors[3].type = 26;
  EXPECT_THAT(model_error(file), IsErrorAt("bad.gguf", file.info_offset(3), "type i32"));
}

/// An array of i32, as the value of an entry.
std::string numbers(std::initializer_list<std::int32_t> values) {
  std::string bytes(4 + 8 + 4 * values.size(), '\0');
  const std::uint32_t i32 = 5;
  const std::uint64_t count = values.size();
  std::memcpy(bytes.data(), &i32, 4);
  std::memcpy(bytes.data() + 4, &count, 8);
  // An empty list may have no address at all.
  if (count > 0) std::memcpy(bytes.data() + 12, values.begin(), 4 * values.size());
  return bytes;
}

TEST(GgufModel, TakesANumberOfEachLayerWhereAllAreTheSame) {
  const auto given = [](std::string_view key, std::initializer_list<std::int32_t> values) {
    return with([&](GgufBytes& keys) {
      usual_keys(keys, key);
      keys.raw("llama." + std::string(key), 9, numbers(values));
    });
  };
  const auto config_of = [](const GgufBytes& file) {
    const auto bytes = file.build();
    return gguf_model(GgufFile::parse(bytes, "small.gguf")).config;
  };
  EXPECT_EQ(config_of(given("attention.head_count_kv", {1})).kv_heads, 1);
  EXPECT_EQ(config_of(given("attention.head_count", {2, 2, 2})).heads, 2);
  EXPECT_THAT(model_error(given("attention.head_count_kv", {1, 2})),
              HasSubstr("'llama.attention.head_count_kv' differs between layers"));
  EXPECT_THAT(model_error(given("feed_forward_length", {})),
              HasSubstr("at least one whole number"));
}

TEST(GgufModel, RefusesWhatWouldComputeAnotherModel) {
  const auto flagged = [](std::string_view key, char value) {
    return model_error(with([&](GgufBytes& keys) {
      usual_keys(keys);
      keys.raw("llama." + std::string(key), 7, std::string(1, value));
    }));
  };
  EXPECT_THAT(flagged("attention.causal", 0), HasSubstr("'llama.attention.causal' is false"));
  EXPECT_THAT(flagged("use_parallel_residual", 1), HasSubstr("parallel residuals"));
  EXPECT_THAT(model_error(with([](GgufBytes& keys) {
                usual_keys(keys);
                keys.f32("llama.logit_scale", 0.5F);
              })),
              HasSubstr("'llama.logit_scale' is 0.5"));
}

TEST(GgufModel, RefusesNumbersThatCannotBe) {
  const auto changed = [](std::string_view key, std::uint32_t value) {
    return model_error(with([&](GgufBytes& keys) {
      usual_keys(keys, key);
      keys.u32("llama." + std::string(key), value);
    }));
  };
  EXPECT_THAT(changed("block_count", 0),
              HasSubstr("'llama.block_count': the number of layers is 0, and 1 to"));
  EXPECT_THAT(changed("block_count", 0xffffffff), HasSubstr("number of layers is 4294967295"));
  EXPECT_THAT(changed("embedding_length", 0), HasSubstr("hidden size is 0"));
  EXPECT_THAT(changed("embedding_length", 5),
              HasSubstr("'llama.attention.head_count' is 2, and 'llama.embedding_length', "
                        "which is 5, cannot"));
  EXPECT_THAT(changed("attention.head_count", 0), HasSubstr("head_count' is 0"));
  EXPECT_THAT(changed("attention.head_count", 4),
              HasSubstr("'llama.attention.head_count': a head of 1 element cannot"));
  EXPECT_THAT(changed("attention.head_count_kv", 0),
              HasSubstr("head_count_kv': the number of key-value heads is 0"));
  EXPECT_THAT(changed("attention.head_count_kv", 3), HasSubstr("2 heads cannot share 3"));
  EXPECT_THAT(changed("feed_forward_length", 0x7fffffff),
              HasSubstr("feed-forward layer is 2147483647"));
  EXPECT_THAT(changed("context_length", 0), HasSubstr("context length is 0"));
  EXPECT_THAT(changed("attention.value_length", 4),
              HasSubstr("'llama.attention.value_length' is 4"));
  EXPECT_THAT(changed("rope.dimension_count", 1), HasSubstr("rotated in part"));
  EXPECT_THAT(changed("expert_used_count", 1),
              HasSubstr("expert_used_count': the number of experts used is 1"));
  const auto epsilon = model_error(with([](GgufBytes& keys) {
    usual_keys(keys, "attention.layer_norm_rms_epsilon");
    keys.f32("llama.attention.layer_norm_rms_epsilon", -1.0F);
  }));
  EXPECT_THAT(epsilon, HasSubstr("epsilon of the norms is -1"));
  const auto theta = model_error(with([](GgufBytes& keys) {
    usual_keys(keys);
    keys.f32("llama.rope.freq_base", 0.0F);
  }));
  EXPECT_THAT(theta, HasSubstr("rotary base is 0"));
}

TEST(GgufModel, RefusesATableOfOneDimension) {
  GgufBytes file = small_llama();
  file.tensors[0].dimensions = {32};
  EXPECT_THAT(model_error(file),
              IsErrorAt("bad.gguf", file.info_offset(0), "'token_embd.weight' is [32]"));
}

TEST(GgufModel, RefusesBiasesThatWouldBeLeftOut) {
  GgufBytes file = small_llama();
  file.f32_tensor("blk.0.attn_output.bias", {4});
  EXPECT_THAT(model_error(file),
              IsErrorAt("bad.gguf", file.info_offset(12), "'blk.0.attn_output.bias' is not part"));
}

TEST(GgufModel, RefusesAnyPartOfALayerThatWouldBeLeftOut) {
  for (const std::string name :
       {"blk.0.post_attention_norm.weight", "blk.0.attn_q_norm.weight", "blk.0.attn_q.bias_2",
        "blk.0.attn_norm.bias", "blk.0.ffn_gate_inp.weight", "output.bias",
        "rope_factors_long.weight"}) {
    GgufBytes file = small_llama();
    file.f32_tensor(name, {4});
    EXPECT_THAT(model_error(file), IsErrorAt("bad.gguf", file.info_offset(12),
                                             "tensor '" + name + "' is not part of the"));
  }
}

TEST(GgufModel, ReadsLinearScalingAsFactorsAndRefusesOthers) {
  const auto scaled = [](std::string_view type, float factor) {
    GgufBytes file = small_llama();
    file.text("llama.rope.scaling.type", type).f32("llama.rope.scaling.factor", factor);
    return file;
  };
  const auto bytes = scaled("linear", 4.0F).build();
  EXPECT_EQ(gguf_model(GgufFile::parse(bytes, "linear")).config.rope_frequency_factors,
            std::vector<double>{4.0});
  const auto none = scaled("none", 4.0F).build();
  EXPECT_TRUE(gguf_model(GgufFile::parse(none, "none")).config.rope_frequency_factors.empty());
  EXPECT_THAT(model_error(scaled("yarn", 4.0F)),
              HasSubstr("'llama.rope.scaling.type' is 'yarn', and only 'none' and 'linear'"));
  EXPECT_THAT(model_error(scaled("linear", 0.0F)), HasSubstr("'llama.rope.scaling.factor' is 0"));
  GgufBytes legacy = small_llama();
  legacy.f32("llama.rope.scale_linear", 2.0F);
  const auto legacy_bytes = legacy.build();
  EXPECT_EQ(gguf_model(GgufFile::parse(legacy_bytes, "old")).config.rope_frequency_factors,
            std::vector<double>{2.0});
}

TEST(GgufModel, ReadsAFactorAsLinearScalingWhereItsKindIsNotSaid) {
  GgufBytes file = small_llama();
  file.f32("llama.rope.scaling.factor", 4.0F).f32("llama.rope.scale_linear", 2.0F);
  const auto bytes = file.build();
  EXPECT_EQ(gguf_model(GgufFile::parse(bytes, "untold")).config.rope_frequency_factors,
            std::vector<double>{4.0});
  GgufBytes legacy = small_llama();
  legacy.text("llama.rope.scaling.type", "linear").f32("llama.rope.scale_linear", 2.0F);
  const auto legacy_bytes = legacy.build();
  EXPECT_EQ(gguf_model(GgufFile::parse(legacy_bytes, "old key")).config.rope_frequency_factors,
            std::vector<double>{2.0});
}

TEST(GgufModel, RefusesFrequencyFactorsThatCannotDivide) {
  GgufBytes zero = small_llama();
  zero.f32_tensor("rope_freqs.weight", {1});
  EXPECT_THAT(model_error(zero), HasSubstr("'rope_freqs.weight' holds 0"));
  GgufBytes shape = small_llama();
  shape.f32_tensor("rope_freqs.weight", {2});
  EXPECT_THAT(model_error(shape), IsErrorAt("bad.gguf", shape.info_offset(12),
                                            "'rope_freqs.weight' is [2], and a head implies [1]"));
  GgufBytes type = small_llama();
  type.tensor("rope_freqs.weight", {1}, 26, 4);
  EXPECT_THAT(model_error(type), HasSubstr("type i32"));
}

TEST(GgufModel, KnowsASyntheticOne) {
  GgufBytes file = small_llama();
  file.entry<std::uint8_t>("ridgepoint.synthetic", 7, 1)
      .entry<std::uint64_t>("ridgepoint.seed", 10, ~0ULL);
  const auto bytes = file.build();
  const Model model = gguf_model(GgufFile::parse(bytes, "synthetic"));
  EXPECT_TRUE(model.synthetic);
  EXPECT_EQ(model.seed, ~0ULL);
}

GgufBytes small_gpt2() {
  GgufBytes file;
  file.text("general.architecture", "gpt2");
  file.u32("gpt2.block_count", 1).u32("gpt2.context_length", 3).u32("gpt2.embedding_length", 2);
  file.u32("gpt2.feed_forward_length", 3).u32("gpt2.attention.head_count", 1);
  file.f32("gpt2.attention.layer_norm_epsilon", 1e-5F);
  file.f32_tensor("token_embd.weight", {2, 5}).f32_tensor("position_embd.weight", {2, 3});
  for (const std::string norm : {"blk.0.attn_norm", "blk.0.ffn_norm", "output_norm"}) {
    file.f32_tensor(norm + ".weight", {2}).f32_tensor(norm + ".bias", {2});
  }
  file.f32_tensor("blk.0.attn_output.weight", {2, 2}).f32_tensor("blk.0.attn_output.bias", {2});
  file.f32_tensor("blk.0.ffn_up.weight", {2, 3}).f32_tensor("blk.0.ffn_up.bias", {3});
  file.f32_tensor("blk.0.ffn_down.weight", {3, 2}).f32_tensor("blk.0.ffn_down.bias", {2});
  return file;
}

TEST(GgufModel, SplitsFusedProjectionsByRows) {
  GgufBytes file = small_gpt2();
  file.f32_tensor("blk.0.attn_qkv.weight", {2, 6}).f32_tensor("blk.0.attn_qkv.bias", {6});
  const auto bytes = file.build();
  const GgufFile parsed = GgufFile::parse(bytes, "fused");
  const Model model = gguf_model(parsed);
  const auto whole = parsed.find_tensor("blk.0.attn_qkv.weight")->view.bytes;
  EXPECT_EQ(model.weights.at("blk.0.attn_q.weight").bytes.data(), whole.data());
  EXPECT_EQ(model.weights.at("blk.0.attn_k.weight").bytes.data(), whole.data() + 16);
  EXPECT_EQ(model.weights.at("blk.0.attn_v.weight").bytes.data(), whole.data() + 32);
  EXPECT_EQ(model.weights.at("blk.0.attn_v.weight").bytes.size(), 16U);
  EXPECT_EQ(model.weights.at("blk.0.attn_k.bias").bytes.data(),
            parsed.find_tensor("blk.0.attn_qkv.bias")->view.bytes.data() + 8);
  EXPECT_TRUE(model.config.qkv_bias);
}

TEST(GgufModel, RefusesAFusedProjectionOfAnotherShape) {
  GgufBytes file = small_gpt2();
  file.f32_tensor("blk.0.attn_qkv.weight", {2, 5}).f32_tensor("blk.0.attn_qkv.bias", {6});
  EXPECT_THAT(model_error(file), IsErrorAt("bad.gguf", file.info_offset(14),
                                           "[5, 2], and the configuration implies [6, 2]"));
  GgufBytes none = small_gpt2();
  none.f32_tensor("blk.0.attn_qkv.bias", {6});
  EXPECT_THAT(model_error(none), HasSubstr("tensor 'blk.0.attn_q.weight' is missing"));
}

}  // namespace
}  // namespace ridgepoint
