#include "workloads/models/model.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace ridgepoint {

namespace {

/// Collects the plan of one model; names one layer's tensors.
class Planner {
 public:
  void matrix(const std::string& name, Shape shape) {
    add(name + ".weight", std::move(shape), true);
  }
  void vector(const std::string& name, std::int64_t length) { add(name, {length}, false); }
  void table(const std::string& name, Shape shape) { add(name, std::move(shape), false); }
  void norm(const std::string& name, std::int64_t length, bool with_bias) {
    vector(name + ".weight", length);
    if (with_bias) {
      vector(name + ".bias", length);
    }
  }
  void linear(const std::string& name, std::int64_t out, std::int64_t in, bool with_bias) {
    matrix(name, {out, in});
    if (with_bias) {
      vector(name + ".bias", out);
    }
  }
  void experts(const std::string& name, std::int64_t count, std::int64_t out, std::int64_t in,
               bool with_bias) {
    matrix(name, {count, out, in});
    if (with_bias) {
      table(name + ".bias", {count, out});
    }
  }
  std::vector<TensorPlan> take() { return std::move(plan_); }

 private:
  void add(std::string name, Shape shape, bool is_matrix) {
    plan_.push_back({std::move(name), std::move(shape), is_matrix});
  }
  std::vector<TensorPlan> plan_;
};

void plan_layer(Planner& plan, const ModelConfig& config, std::int64_t layer) {
  const std::string block = "blk." + std::to_string(layer) + ".";
  const bool gpt2 = config.architecture == Architecture::gpt2;
  const bool gpt_oss = config.architecture == Architecture::gpt_oss;
  const bool output_bias = gpt2 || gpt_oss;
  const std::int64_t query = config.heads * config.head_dim;
  const std::int64_t key = config.kv_heads * config.head_dim;

  plan.norm(block + "attn_norm", config.hidden, gpt2);
  plan.linear(block + "attn_q", query, config.hidden, config.qkv_bias);
  plan.linear(block + "attn_k", key, config.hidden, config.qkv_bias);
  plan.linear(block + "attn_v", key, config.hidden, config.qkv_bias);
  plan.linear(block + "attn_output", config.hidden, query, output_bias);
  if (gpt_oss) {
    plan.vector(block + "attn_sinks.weight", config.heads);
  }
  plan.norm(block + (gpt_oss ? "post_attention_norm" : "ffn_norm"), config.hidden, gpt2);
  if (config.experts > 0) {
    // The router decides which experts run: it stays f32, as in llama.cpp's files.
    plan.table(block + "ffn_gate_inp.weight", {config.experts, config.hidden});
    if (gpt_oss) {
      plan.vector(block + "ffn_gate_inp.bias", config.experts);
    }
    plan.experts(block + "ffn_gate_exps", config.experts, config.ffn, config.hidden, gpt_oss);
    plan.experts(block + "ffn_up_exps", config.experts, config.ffn, config.hidden, gpt_oss);
    plan.experts(block + "ffn_down_exps", config.experts, config.hidden, config.ffn, gpt_oss);
  } else {
    if (!gpt2) {
      plan.linear(block + "ffn_gate", config.ffn, config.hidden, false);
    }
    plan.linear(block + "ffn_up", config.ffn, config.hidden, gpt2);
    plan.linear(block + "ffn_down", config.hidden, config.ffn, gpt2);
  }
}

/// Feeds numbers in a fixed byte order, so that every machine agrees.
class Hasher {
 public:
  Hasher() : state_(XXH3_createState(), &XXH3_freeState) { XXH3_128bits_reset(state_.get()); }

  void bytes(std::span<const std::byte> data) {
    if (!data.empty()) {
      XXH3_128bits_update(state_.get(), data.data(), data.size());
    }
  }
  void number(std::uint64_t value) {
    std::array<std::byte, 8> little_endian{};
    for (std::size_t i = 0; i < little_endian.size(); ++i) {
      little_endian[i] = static_cast<std::byte>(value >> (8 * i));
    }
    bytes(little_endian);
  }
  void number(std::int64_t value) { number(static_cast<std::uint64_t>(value)); }
  void number(double value) { number(std::bit_cast<std::uint64_t>(value)); }
  void text(std::string_view value) {
    number(static_cast<std::uint64_t>(value.size()));
    bytes(std::as_bytes(std::span(value)));
  }
  std::string hex() {
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state_.get()));
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const unsigned char byte : canonical.digest) {
      text += kDigits[byte >> 4];
      text += kDigits[byte & 0x0f];
    }
    return text;
  }

 private:
  std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state_;
};

void hash_config(Hasher& hasher, const ModelConfig& config) {
  hasher.text(name_of(config.architecture));
  for (const std::int64_t value :
       {config.layers, config.hidden, config.heads, config.kv_heads, config.head_dim, config.ffn,
        config.vocab, config.context, config.experts, config.experts_used, config.sliding_window,
        static_cast<std::int64_t>(config.tied_embeddings),
        static_cast<std::int64_t>(config.qkv_bias),
        static_cast<std::int64_t>(config.rope_pairing)}) {
    hasher.number(value);
  }
  hasher.number(config.norm_epsilon);
  hasher.number(config.rope_theta);
  hasher.number(static_cast<std::uint64_t>(config.rope_frequency_factors.size()));
  for (const double factor : config.rope_frequency_factors) {
    hasher.number(factor);
  }
}

}  // namespace

std::int64_t Model::weight_bytes() const {
  std::int64_t bytes = 0;
  for (const auto& [name, tensor] : weights) {
    bytes += static_cast<std::int64_t>(tensor.bytes.size());
  }
  return bytes;
}

std::vector<TensorPlan> tensor_plan(const ModelConfig& config) {
  Planner plan;
  const bool gpt2 = config.architecture == Architecture::gpt2;
  plan.matrix("token_embd", {config.vocab, config.hidden});
  if (gpt2) {
    plan.table("position_embd.weight", {config.context, config.hidden});
  }
  for (std::int64_t layer = 0; layer < config.layers; ++layer) {
    plan_layer(plan, config, layer);
  }
  plan.norm("output_norm", config.hidden, gpt2);
  if (!config.tied_embeddings) {
    plan.matrix("output", {config.vocab, config.hidden});
  }
  return plan.take();
}

std::string most_common_type(const WeightMap& weights) {
  std::map<Type, std::size_t> bytes_of_type;
  for (const auto& [name, tensor] : weights) {
    bytes_of_type[tensor.type] += tensor.bytes.size();
  }
  const auto most =
      std::ranges::max_element(bytes_of_type, {}, [](const auto& entry) { return entry.second; });
  return most == bytes_of_type.end() ? std::string() : std::string(name_of(most->first));
}

std::string fingerprint(const Model& model) {
  constexpr std::size_t kSample = std::size_t{64} * 1024;
  Hasher hasher;
  hash_config(hasher, model.config);
  for (const auto& [name, tensor] : model.weights) {
    hasher.text(name);
    hasher.text(name_of(tensor.type));
    hasher.number(static_cast<std::uint64_t>(tensor.shape.size()));
    for (const std::int64_t dimension : tensor.shape) {
      hasher.number(dimension);
    }
    const std::span<const std::byte> bytes = tensor.bytes;
    hasher.number(static_cast<std::uint64_t>(bytes.size()));
    if (bytes.size() <= 3 * kSample) {
      hasher.bytes(bytes);
    } else {
      hasher.bytes(bytes.first(kSample));
      hasher.bytes(bytes.subspan(bytes.size() / 2 - kSample / 2, kSample));
      hasher.bytes(bytes.last(kSample));
    }
  }
  return hasher.hex();
}

}  // namespace ridgepoint
