#include "workloads/formats/gguf_architecture.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <stdexcept>

#include "workloads/formats/check_config.h"
#include "workloads/formats/format_error.h"
#include "workloads/tensor/convert.h"

namespace ridgepoint {

namespace {

constexpr std::string_view kNotThisModel =
    "make the file again with a current converter, or use another model";

constexpr std::string_view kEmbeddingTensor = "token_embd.weight";

/// How GGUF sees an architecture; Mixtral is its llama with experts.
struct Dialect {
  std::string_view name;  ///< of the architecture, and what its keys begin with
  Architecture architecture;
  RopePairing pairing;
};
constexpr std::array<Dialect, 4> kDialects{{
    {"llama", Architecture::llama, RopePairing::adjacent},
    {"qwen2", Architecture::qwen2, RopePairing::halves},
    {"gpt2", Architecture::gpt2, RopePairing::adjacent},
    {"gpt-oss", Architecture::gpt_oss, RopePairing::halves},
}};

/// gpt-oss was trained on this many tokens and stretched by YaRN to its context.
constexpr std::int64_t kGptOssOriginalContext = 4096;

const Dialect& dialect_of(const GgufFile& file) {
  const auto name = file.text("general.architecture");
  if (!name) {
    fail_at(file.origin(), 0, "the key 'general.architecture' is missing", kNotThisModel);
  }
  for (const Dialect& dialect : kDialects) {
    if (dialect.name == *name) {
      return dialect;
    }
  }
  std::string known;
  for (const Dialect& dialect : kDialects) {
    known += (known.empty() ? "" : ", ") + std::string(dialect.name);
  }
  fail_at(file.origin(), file.find("general.architecture")->offset,
          fmt::format("the architecture {} is unknown", in_quotes(*name)),
          "use a model of one of these: " + known);
}

/// The keys of one architecture ("llama.block_count" for "block_count").
class Keys {
 public:
  Keys(const GgufFile& file, std::string_view prefix) : file_(file), prefix_(prefix) {}

  [[nodiscard]] std::string full(std::string_view key) const {
    return fmt::format("{}.{}", prefix_, key);
  }
  [[nodiscard]] std::int64_t integer(std::string_view key) const {
    if (const auto value = file_.integer(full(key))) {
      return *value;
    }
    fail_missing(key);
  }
  [[nodiscard]] std::int64_t integer_or(std::string_view key, std::int64_t otherwise) const {
    return file_.integer(full(key)).value_or(otherwise);
  }
  /// What a file may give once for all layers, or for each.
  [[nodiscard]] std::int64_t integer_of_layers(std::string_view key) const {
    const auto values = file_.integers(full(key));
    if (values.empty()) {
      fail_missing(key);
    }
    if (std::ranges::any_of(values, [&](std::int64_t value) { return value != values.front(); })) {
      fail_value(key, "differs between layers, and layers of different shapes are not supported");
    }
    return values.front();
  }
  [[nodiscard]] bool has(std::string_view key) const { return file_.find(full(key)) != nullptr; }
  [[nodiscard]] bool boolean_or(std::string_view key, bool otherwise) const {
    return file_.boolean(full(key)).value_or(otherwise);
  }
  [[nodiscard]] double real(std::string_view key) const {
    if (const auto value = file_.real(full(key))) {
      return *value;
    }
    fail_missing(key);
  }
  [[nodiscard]] double real_or(std::string_view key, double otherwise) const {
    return file_.real(full(key)).value_or(otherwise);
  }
  [[nodiscard]] std::optional<std::string_view> text(std::string_view key) const {
    return file_.text(full(key));
  }
  [[noreturn]] void fail_value(std::string_view key, std::string_view what) const {
    fail_at(file_.origin(), file_.find(full(key))->offset, fmt::format("'{}' {}", full(key), what),
            kNotThisModel);
  }

 private:
  [[noreturn]] void fail_missing(std::string_view key) const {
    fail_at(file_.origin(), 0, fmt::format("the key '{}' is missing", full(key)), kNotThisModel);
  }
  const GgufFile& file_;
  std::string_view prefix_;
};

/// What these architectures' other models do and ours do not; to read past it would compute another
/// model.
void refuse_what_is_not_computed(const Keys& keys) {
  if (!keys.boolean_or("attention.causal", true)) {
    keys.fail_value("attention.causal", "is false, and attention to what follows is not supported");
  }
  if (keys.boolean_or("use_parallel_residual", false)) {
    keys.fail_value("use_parallel_residual", "is true, and parallel residuals are not supported");
  }
  for (const std::string_view key : {"logit_scale", "embedding_scale", "residual_scale"}) {
    // A scale of 0 stands for none.
    const double scale = keys.real_or(key, 1.0);
    if (scale != 1.0 && scale != 0.0) {
      keys.fail_value(key, fmt::format("is {}, and such scales are not supported", scale));
    }
  }
}

/// A key that may only repeat what is known from elsewhere.
void expect_equal(const Keys& keys, std::string_view key, std::int64_t expected,
                  std::string_view why) {
  const std::int64_t value = keys.integer_or(key, expected);
  if (value != expected) {
    keys.fail_value(key, fmt::format("is {} where {} is needed: {}", value, expected, why));
  }
}

std::vector<double> read_factors_tensor(const GgufFile& file, const GgufTensor& tensor,
                                        std::int64_t pairs) {
  if (tensor.view.shape != Shape{pairs}) {
    fail_at(file.origin(), tensor.info_offset,
            fmt::format("tensor '{}' is {}, and a head implies {}", kRopeFactorsTensor,
                        to_string(tensor.view.shape), to_string(Shape{pairs})),
            kNotThisModel);
  }
  if (!type_info(tensor.view.type).weight) {
    fail_at(file.origin(), tensor.info_offset,
            fmt::format("tensor '{}' has type {}", kRopeFactorsTensor, name_of(tensor.view.type)),
            kNotThisModel);
  }
  std::vector<float> stored(static_cast<std::size_t>(pairs));
  to_float(tensor.view.type, tensor.view.bytes, stored);
  for (const float factor : stored) {
    if (!std::isfinite(factor) || factor <= 0.0F) {
      fail_at(file.origin(), tensor.data_offset,
              fmt::format("tensor '{}' holds {}, which cannot divide a frequency",
                          kRopeFactorsTensor, factor));
    }
  }
  return {stored.begin(), stored.end()};
}

/// What every frequency is divided by, from the metadata; read as llama.cpp reads it, where a file
/// that names no kind of scaling means the linear one.
double read_linear_scaling(const GgufFile& file, const Keys& keys) {
  if (file.find(keys.full("rope.scaling.type")) != nullptr) {
    const std::string_view type = keys.text("rope.scaling.type").value_or("none");
    if (type == "none") {
      return 1.0;
    }
    if (type != "linear") {
      keys.fail_value(
          "rope.scaling.type",
          fmt::format("is {}, and only 'none' and 'linear' are supported", in_quotes(type)));
    }
  }
  // What converters wrote before there were several kinds of scaling comes second.
  const bool current = file.find(keys.full("rope.scaling.factor")) != nullptr;
  const std::string_view key = current ? "rope.scaling.factor" : "rope.scale_linear";
  const double factor = keys.real_or(key, 1.0);
  if (!std::isfinite(factor) || factor <= 0.0) {
    keys.fail_value(key, fmt::format("is {}, which cannot divide a frequency", factor));
  }
  return factor;
}

std::vector<double> read_rope_factors(const GgufFile& file, const Keys& keys,
                                      const ModelConfig& config) {
  const std::int64_t pairs = config.head_dim / 2;
  // gpt-oss's YaRN scaling is more than frequency factors; such a model is described, not run.
  const double linear =
      config.architecture == Architecture::gpt_oss ? 1.0 : read_linear_scaling(file, keys);
  std::vector<double> factors;
  if (const GgufTensor* tensor = file.find_tensor(kRopeFactorsTensor)) {
    factors = read_factors_tensor(file, *tensor, pairs);
  } else if (linear != 1.0) {
    factors.assign(static_cast<std::size_t>(pairs), 1.0);
  }
  for (double& factor : factors) {
    factor *= linear;
  }
  return factors;
}

/// The vocabulary is what the embedding has rows for; the metadata may leave it out.
std::int64_t vocabulary_of(const GgufFile& file) {
  const GgufTensor* table = file.find_tensor(kEmbeddingTensor);
  if (table == nullptr) {
    fail_at(file.origin(), file.tensor_table_offset(), "tensor 'token_embd.weight' is missing",
            kNotThisModel);
  }
  if (table->view.shape.size() != 2) {
    fail_at(file.origin(), table->info_offset,
            fmt::format("tensor 'token_embd.weight' is {}, and a table has two dimensions",
                        to_string(table->view.shape)),
            kNotThisModel);
  }
  return table->view.shape[0];
}

/// The key that a number was read from; where it is left out, what stands in for it.
ConfigKey gguf_key_of(const GgufFile& file, const Keys& keys, Hyperparameter asked) {
  const auto first_of = [&](std::initializer_list<std::string_view> names) -> ConfigKey {
    for (const std::string_view name : names) {
      if (const GgufEntry* entry = file.find(keys.full(name))) {
        return {keys.full(name), entry->offset};
      }
    }
    return {keys.full(*names.begin()), 0};
  };
  switch (asked) {
    case Hyperparameter::layers:
      return first_of({"block_count"});
    case Hyperparameter::hidden:
      return first_of({"embedding_length"});
    case Hyperparameter::heads:
      return first_of({"attention.head_count"});
    case Hyperparameter::kv_heads:
      return first_of({"attention.head_count_kv", "attention.head_count"});
    case Hyperparameter::head_dim:
      return first_of({"attention.key_length", "attention.head_count"});
    case Hyperparameter::ffn:
      return first_of({"feed_forward_length", "expert_feed_forward_length"});
    case Hyperparameter::vocab:
      return {std::string(kEmbeddingTensor), file.find_tensor(kEmbeddingTensor)->info_offset};
    case Hyperparameter::context:
      return first_of({"context_length"});
    case Hyperparameter::experts:
      return first_of({"expert_count"});
    case Hyperparameter::experts_used:
      return first_of({"expert_used_count", "expert_count"});
    case Hyperparameter::sliding_window:
      return first_of({"attention.sliding_window"});
    case Hyperparameter::norm_epsilon:
      return first_of({"attention.layer_norm_rms_epsilon", "attention.layer_norm_epsilon"});
    case Hyperparameter::rope_theta:
      return first_of({"rope.freq_base"});
  }
  throw std::logic_error("a hyperparameter without a key");
}

}  // namespace

std::string fused_name(std::string_view tensor, Architecture architecture) {
  if (architecture == Architecture::gpt2) {
    for (const std::string_view part : {".attn_q.", ".attn_k.", ".attn_v."}) {
      if (const auto at = tensor.find(part); at != std::string_view::npos) {
        return fmt::format("{}.attn_qkv.{}", tensor.substr(0, at), tensor.substr(at + part.size()));
      }
    }
  }
  return {};
}

ModelConfig read_gguf_config(const GgufFile& file) {
  const Dialect& dialect = dialect_of(file);
  const Keys keys(file, dialect.name);
  const bool gpt2 = dialect.architecture == Architecture::gpt2;
  ModelConfig config;
  config.name = file.text("general.name").value_or(std::string_view{});
  config.architecture = dialect.architecture;
  config.rope_pairing = dialect.pairing;
  config.layers = keys.integer("block_count");
  config.context = keys.integer("context_length");
  config.hidden = keys.integer("embedding_length");
  config.heads = keys.integer_of_layers("attention.head_count");
  config.kv_heads = keys.has("attention.head_count_kv")
                        ? keys.integer_of_layers("attention.head_count_kv")
                        : config.heads;
  config.experts = keys.integer_or("expert_count", 0);
  config.experts_used = keys.integer_or("expert_used_count", 0);
  config.ffn = keys.integer_of_layers(
      keys.has("feed_forward_length") ? "feed_forward_length" : "expert_feed_forward_length");
  config.vocab = vocabulary_of(file);
  config.norm_epsilon =
      keys.real(gpt2 ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon");
  config.rope_theta = keys.real_or("rope.freq_base", 10000.0);
  config.sliding_window = keys.integer_or("attention.sliding_window", 0);
  config.tied_embeddings = file.find_tensor("output.weight") == nullptr;
  config.qkv_bias = file.find_tensor("blk.0.attn_q.bias") != nullptr ||
                    file.find_tensor("blk.0.attn_qkv.bias") != nullptr;
  if (config.architecture == Architecture::llama && config.experts > 0) {
    config.architecture = Architecture::mixtral;
  }
  // Without a length of its own, a head is its share of the hidden size.
  if (keys.has("attention.key_length")) {
    config.head_dim = keys.integer("attention.key_length");
  } else if (config.heads > 0 && config.hidden % config.heads == 0) {
    config.head_dim = config.hidden / config.heads;
  } else {
    keys.fail_value("attention.head_count",
                    fmt::format("is {}, and '{}', which is {}, cannot be shared among them",
                                config.heads, keys.full("embedding_length"), config.hidden));
  }
  check_config(config, file.origin(),
               [&](Hyperparameter asked) { return gguf_key_of(file, keys, asked); });
  refuse_what_is_not_computed(keys);
  expect_equal(keys, "attention.value_length", config.head_dim,
               "keys and values of different lengths are not supported");
  if (!gpt2) {
    expect_equal(keys, "rope.dimension_count", config.head_dim,
                 "heads that are rotated in part are not supported");
    config.rope_frequency_factors = read_rope_factors(file, keys, config);
  }
  return config;
}

void write_gguf_config(const ModelConfig& config, ModelType type, GgufWriter& writer) {
  const Architecture written =
      config.architecture == Architecture::mixtral ? Architecture::llama : config.architecture;
  const auto found = std::find_if(kDialects.begin(), kDialects.end(), [&](const Dialect& dialect) {
    return dialect.architecture == written;
  });
  const bool gpt2 = written == Architecture::gpt2;
  if (found == kDialects.end() || (!gpt2 && found->pairing != config.rope_pairing)) {
    throw std::logic_error("GGUF cannot express this architecture with this rotary pairing");
  }
  const auto key = [&](std::string_view name) { return fmt::format("{}.{}", found->name, name); };
  const auto add = [&](std::string_view name, std::int64_t value) {
    writer.add_u32(key(name), static_cast<std::uint32_t>(value));
  };
  writer.add_text("general.architecture", found->name);
  writer.add_text("general.type", "model");
  writer.add_text("general.name", config.name);
  writer.add_u32("general.file_type", type.gguf_file_type());
  writer.add_u32("general.quantization_version", 2);
  add("block_count", config.layers);
  add("context_length", config.context);
  add("embedding_length", config.hidden);
  add("feed_forward_length", config.ffn);
  add("attention.head_count", config.heads);
  add("attention.head_count_kv", config.kv_heads);
  add("vocab_size", config.vocab);
  if (gpt2) {
    writer.add_f32(key("attention.layer_norm_epsilon"), static_cast<float>(config.norm_epsilon));
  } else {
    writer.add_f32(key("attention.layer_norm_rms_epsilon"),
                   static_cast<float>(config.norm_epsilon));
    add("attention.key_length", config.head_dim);
    add("attention.value_length", config.head_dim);
    add("rope.dimension_count", config.head_dim);
    writer.add_f32(key("rope.freq_base"), static_cast<float>(config.rope_theta));
  }
  if (config.experts > 0) {
    add("expert_count", config.experts);
    add("expert_used_count", config.experts_used);
  }
  if (config.sliding_window > 0) {
    add("attention.sliding_window", config.sliding_window);
  }
  if (config.architecture == Architecture::gpt_oss) {
    add("expert_feed_forward_length", config.ffn);
    writer.add_text(key("rope.scaling.type"), "yarn");
    writer.add_f32(key("rope.scaling.factor"),
                   static_cast<float>(config.context) / static_cast<float>(kGptOssOriginalContext));
    add("rope.scaling.original_context_length", kGptOssOriginalContext);
  }
}

}  // namespace ridgepoint
