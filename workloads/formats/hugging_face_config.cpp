#include "workloads/formats/hugging_face_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "workloads/formats/check_config.h"
#include "workloads/formats/format_error.h"
#include "workloads/formats/json_error.h"

namespace ridgepoint {

namespace {

using nlohmann::json;

constexpr std::string_view kConfigRemedy = "check the file against the published configuration";
constexpr std::string_view kOtherModel = "use another model";

constexpr std::array<std::pair<std::string_view, Architecture>, 5> kModelTypes{{
    {"llama", Architecture::llama},
    {"qwen2", Architecture::qwen2},
    {"gpt2", Architecture::gpt2},
    {"mixtral", Architecture::mixtral},
    {"gpt_oss", Architecture::gpt_oss},
}};

/// A JSON object of bounded size and depth.
json parse_object(std::string_view text, std::string_view origin, std::size_t longest) {
  constexpr int kDeepest = 32;
  if (text.size() > longest) {
    fail_at(origin, 0,
            fmt::format("the file has {} bytes, and at most {} make sense", text.size(), longest),
            "check that it is the right file");
  }
  const auto too_deep = [&](int depth, json::parse_event_t /*event*/, json& /*value*/) {
    if (depth > kDeepest) {
      fail_at(origin, 0, fmt::format("values are nested more than {} deep", kDeepest),
              kConfigRemedy);
    }
    return true;
  };
  json value;
  try {
    value = json::parse(text, too_deep);
  } catch (const json::parse_error& error) {
    fail_at(origin, error.byte > 0 ? error.byte - 1 : 0,
            "not valid JSON: " + reason_of(error.what()), "copy the file again");
  } catch (const json::exception& error) {
    fail_at(origin, 0, "not valid JSON: " + reason_of(error.what()), "copy the file again");
  }
  if (!value.is_object()) {
    fail_at(origin, 0, "the file holds no JSON object", kConfigRemedy);
  }
  return value;
}

/// Typed access to an object, absent and null being the same.
class Fields {
 public:
  Fields(const json& object, std::string_view text, std::string_view origin)
      : object_(object), text_(text), origin_(origin) {}

  [[nodiscard]] const json* find(std::string_view key) const {
    const auto found = object_.find(key);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }
  [[nodiscard]] std::optional<std::int64_t> maybe_integer(std::string_view key) const {
    const json* value = find(key);
    if (value == nullptr) {
      return std::nullopt;
    }
    if (value->is_number_unsigned() &&
        value->get<std::uint64_t>() <=
            static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return static_cast<std::int64_t>(value->get<std::uint64_t>());
    }
    if (value->is_number_integer() && !value->is_number_unsigned()) {
      return value->get<std::int64_t>();
    }
    fail_type(key, "a whole number below 2^63");
  }
  [[nodiscard]] std::int64_t integer(std::string_view key) const {
    if (const auto value = maybe_integer(key)) {
      return *value;
    }
    fail_missing(key);
  }
  [[nodiscard]] std::optional<double> maybe_real(std::string_view key) const {
    const json* value = find(key);
    if (value == nullptr) {
      return std::nullopt;
    }
    if (!value->is_number()) {
      fail_type(key, "a number");
    }
    return value->get<double>();
  }
  [[nodiscard]] double real(std::string_view key) const {
    if (const auto value = maybe_real(key)) {
      return *value;
    }
    fail_missing(key);
  }
  [[nodiscard]] bool boolean(std::string_view key, bool otherwise) const {
    const json* value = find(key);
    if (value == nullptr) {
      return otherwise;
    }
    if (!value->is_boolean()) {
      fail_type(key, "true or false");
    }
    return value->get<bool>();
  }
  [[nodiscard]] std::optional<std::string> maybe_text(std::string_view key) const {
    const json* value = find(key);
    if (value == nullptr) {
      return std::nullopt;
    }
    if (!value->is_string()) {
      fail_type(key, "a string");
    }
    return value->get<std::string>();
  }
  [[nodiscard]] std::optional<Fields> maybe_object(std::string_view key) const {
    const json* value = find(key);
    if (value == nullptr) {
      return std::nullopt;
    }
    if (!value->is_object()) {
      fail_type(key, "an object");
    }
    return Fields(*value, text_, origin_);
  }

  [[noreturn]] void fail(std::string_view key, std::string_view what,
                         std::string_view remedy = kConfigRemedy) const {
    fail_at(origin_, offset_of_key(text_, key), fmt::format("'{}' {}", key, what), remedy);
  }
  /// Says what was found too, as it stands in the text or shortened.
  [[noreturn]] void fail_type(std::string_view key, std::string_view wanted) const {
    const std::string found = find(key)->dump(-1, ' ', true, json::error_handler_t::replace);
    fail(key, fmt::format("is {} where {} is needed", in_quotes(found), wanted));
  }
  [[nodiscard]] std::uint64_t offset_of(std::string_view key) const {
    return offset_of_key(text_, key);
  }
  [[noreturn]] void fail_missing(std::string_view key) const {
    fail_at(origin_, 0, fmt::format("the key '{}' is missing", key), kConfigRemedy);
  }

 private:
  const json& object_;
  std::string_view text_;
  std::string_view origin_;
};

Architecture read_architecture(const Fields& fields) {
  const auto type = fields.maybe_text("model_type");
  if (!type) {
    fields.fail_missing("model_type");
  }
  std::string known;
  for (const auto& [name, architecture] : kModelTypes) {
    if (*type == name) {
      return architecture;
    }
    known += (known.empty() ? "" : ", ") + std::string(name);
  }
  fields.fail("model_type", fmt::format("is {}, which is unknown", in_quotes(*type)),
              "use a model of one of these types: " + known);
}

/// Fails unless the key is absent or one of `allowed`.
void expect_text(const Fields& fields, std::string_view key,
                 std::initializer_list<std::string_view> allowed) {
  const auto value = fields.maybe_text(key);
  if (value && std::find(allowed.begin(), allowed.end(), *value) == allowed.end()) {
    fields.fail(
        key, fmt::format("is {} where only '{}' is supported", in_quotes(*value), *allowed.begin()),
        kOtherModel);
  }
}

void expect_boolean(const Fields& fields, std::string_view key, bool expected) {
  if (fields.boolean(key, expected) != expected) {
    fields.fail(key, fmt::format("is {}, which is not supported", !expected), kOtherModel);
  }
}

double positive(const Fields& fields, std::string_view key) {
  const double value = fields.real(key);
  if (!std::isfinite(value) || value <= 0.0) {
    fields.fail(key, fmt::format("is {}, which is not a positive number", value));
  }
  return value;
}

void read_rope(const Fields& fields, ModelConfig& config) {
  config.rope_pairing = RopePairing::halves;
  config.rope_theta = fields.maybe_real("rope_theta").value_or(10000.0);
  const auto scaling = fields.maybe_object(
      fields.find("rope_parameters") != nullptr ? "rope_parameters" : "rope_scaling");
  if (!scaling) {
    return;
  }
  config.rope_theta = scaling->maybe_real("rope_theta").value_or(config.rope_theta);
  if (const auto partial = scaling->maybe_real("partial_rotary_factor");
      partial.value_or(1.0) != 1.0) {
    scaling->fail("partial_rotary_factor", fmt::format("is {}, and only 1 is supported", *partial),
                  kOtherModel);
  }
  const std::string_view type_key = scaling->find("rope_type") != nullptr ? "rope_type" : "type";
  const std::string type = scaling->maybe_text(type_key).value_or("default");
  if (type == "default" || config.architecture == Architecture::gpt_oss) {
    return;
  }
  if (type == "linear") {
    config.rope_frequency_factors.assign(
        static_cast<std::size_t>(std::clamp<std::int64_t>(config.head_dim / 2, 0, 65536)),
        positive(*scaling, "factor"));
    return;
  }
  if (type != "llama3") {
    scaling->fail(type_key,
                  fmt::format("is {}, and only 'default', 'linear' and 'llama3' are supported",
                              in_quotes(type)),
                  kOtherModel);
  }
  const double low = positive(*scaling, "low_freq_factor");
  const double high = positive(*scaling, "high_freq_factor");
  if (high <= low) {
    scaling->fail("high_freq_factor",
                  fmt::format("is {}, not above low_freq_factor {}", high, low));
  }
  const double factor = positive(*scaling, "factor");
  const double original = positive(*scaling, "original_max_position_embeddings");
  config.rope_frequency_factors =
      llama3_frequency_factors(std::clamp<std::int64_t>(config.head_dim, 0, 65536),
                               config.rope_theta, factor, low, high, original);
}

void read_gpt2(const Fields& fields, ModelConfig& config) {
  config.layers = fields.integer("n_layer");
  config.hidden = fields.integer("n_embd");
  config.heads = fields.integer("n_head");
  config.kv_heads = config.heads;
  config.context = fields.integer("n_positions");
  const auto inner = fields.maybe_integer("n_inner");
  if (!inner && config.hidden > std::numeric_limits<std::int64_t>::max() / 4) {
    fields.fail("n_embd", fmt::format("is {}, which is out of range", config.hidden));
  }
  config.ffn = inner ? *inner : 4 * config.hidden;
  config.norm_epsilon = fields.maybe_real("layer_norm_epsilon").value_or(1e-5);
  config.tied_embeddings = fields.boolean("tie_word_embeddings", true);
  config.qkv_bias = true;
  if (config.heads <= 0 || config.hidden <= 0 || config.hidden % config.heads != 0) {
    fields.fail("n_head",
                fmt::format("is {}, and 'n_embd', which is {}, cannot be shared among them",
                            config.heads, config.hidden));
  }
  config.head_dim = config.hidden / config.heads;
  expect_text(fields, "activation_function", {"gelu_new", "gelu_pytorch_tanh"});
  expect_boolean(fields, "scale_attn_weights", true);
  expect_boolean(fields, "scale_attn_by_inverse_layer_idx", false);
  expect_boolean(fields, "add_cross_attention", false);
}

void read_rotary_model(const Fields& fields, ModelConfig& config) {
  config.layers = fields.integer("num_hidden_layers");
  config.hidden = fields.integer("hidden_size");
  config.heads = fields.integer("num_attention_heads");
  config.kv_heads = fields.maybe_integer("num_key_value_heads").value_or(config.heads);
  config.context = fields.integer("max_position_embeddings");
  config.ffn = fields.integer("intermediate_size");
  config.norm_epsilon = fields.real("rms_norm_eps");
  config.tied_embeddings = fields.boolean("tie_word_embeddings", false);
  if (const auto head_dim = fields.maybe_integer("head_dim")) {
    config.head_dim = *head_dim;
  } else if (config.heads > 0 && config.hidden % config.heads == 0) {
    config.head_dim = config.hidden / config.heads;
  } else {
    fields.fail("num_attention_heads",
                fmt::format("is {}, and 'hidden_size', which is {}, cannot be shared among them",
                            config.heads, config.hidden));
  }
  read_rope(fields, config);
  const bool gpt_oss = config.architecture == Architecture::gpt_oss;
  config.qkv_bias = gpt_oss || config.architecture == Architecture::qwen2;
  if (config.architecture == Architecture::llama) {
    // Here the setting gives the output projection a bias too.
    expect_boolean(fields, "attention_bias", false);
    expect_boolean(fields, "mlp_bias", false);
  }
  if (config.architecture == Architecture::mixtral || gpt_oss) {
    config.experts = fields.integer("num_local_experts");
    config.experts_used = fields.integer("num_experts_per_tok");
  }
  if (config.architecture != Architecture::qwen2 || fields.boolean("use_sliding_window", false)) {
    config.sliding_window = fields.maybe_integer("sliding_window").value_or(0);
  }
  expect_text(fields, "hidden_act", {"silu"});
}

/// The key that a number was read from; where it is left out, what stands in for it.
ConfigKey hugging_face_key_of(const Fields& fields, bool gpt2, Hyperparameter asked) {
  const auto first_of = [&](std::initializer_list<std::string_view> names) -> ConfigKey {
    for (const std::string_view name : names) {
      if (fields.find(name) != nullptr) return {std::string(name), fields.offset_of(name)};
    }
    return {std::string(*names.begin()), 0};
  };
  switch (asked) {
    case Hyperparameter::layers:
      return first_of({gpt2 ? "n_layer" : "num_hidden_layers"});
    case Hyperparameter::hidden:
      return first_of({gpt2 ? "n_embd" : "hidden_size"});
    case Hyperparameter::heads:
      return first_of({gpt2 ? "n_head" : "num_attention_heads"});
    case Hyperparameter::kv_heads:
      return gpt2 ? first_of({"n_head"}) : first_of({"num_key_value_heads", "num_attention_heads"});
    case Hyperparameter::head_dim:
      return gpt2 ? first_of({"n_head"}) : first_of({"head_dim", "num_attention_heads"});
    case Hyperparameter::ffn:
      return gpt2 ? first_of({"n_inner", "n_embd"}) : first_of({"intermediate_size"});
    case Hyperparameter::vocab:
      return first_of({"vocab_size"});
    case Hyperparameter::context:
      return first_of({gpt2 ? "n_positions" : "max_position_embeddings"});
    case Hyperparameter::experts:
      return first_of({"num_local_experts"});
    case Hyperparameter::experts_used:
      return first_of({"num_experts_per_tok"});
    case Hyperparameter::sliding_window:
      return first_of({"sliding_window"});
    case Hyperparameter::norm_epsilon:
      return first_of({gpt2 ? "layer_norm_epsilon" : "rms_norm_eps"});
    case Hyperparameter::rope_theta:
      // In either place; the byte is where the text has it first.
      return {"rope_theta", fields.offset_of("rope_theta")};
  }
  throw std::logic_error("a hyperparameter without a key");
}

}  // namespace

ModelConfig parse_hugging_face_config(std::string_view text, std::string_view origin) {
  constexpr std::size_t kLongestConfig = std::size_t{1} << 20;
  const json object = parse_object(text, origin, kLongestConfig);
  const Fields fields(object, text, origin);
  ModelConfig config;
  config.architecture = read_architecture(fields);
  config.vocab = fields.integer("vocab_size");
  if (config.architecture == Architecture::gpt2) {
    read_gpt2(fields, config);
  } else {
    read_rotary_model(fields, config);
  }
  check_config(config, origin, [&](Hyperparameter asked) {
    return hugging_face_key_of(fields, config.architecture == Architecture::gpt2, asked);
  });
  return config;
}

std::map<std::string, std::string, std::less<>> parse_shard_index(std::string_view text,
                                                                  std::string_view origin) {
  constexpr std::size_t kLongestIndex = std::size_t{64} << 20;
  const json object = parse_object(text, origin, kLongestIndex);
  const auto map = object.find("weight_map");
  if (map == object.end() || !map->is_object()) {
    fail_at(origin, offset_of_key(text, "weight_map"), "there is no object 'weight_map'",
            "copy the file again");
  }
  std::map<std::string, std::string, std::less<>> files;
  for (const auto& [tensor, file] : map->items()) {
    if (!file.is_string()) {
      fail_at(origin, offset_of_key(text, tensor),
              fmt::format("the file of tensor {} is not a string", in_quotes(tensor)),
              "copy the file again");
    }
    const auto& name = file.get_ref<const std::string&>();
    if (name.empty() || name == "." || name == ".." ||
        name.find_first_of(std::string_view{"/\0", 2}) != std::string::npos) {
      fail_at(origin, offset_of_key(text, tensor),
              fmt::format("tensor {} is said to be in {}, which is no name of a file beside this "
                          "one",
                          in_quotes(tensor), in_quotes(name)),
              "copy the file again");
    }
    files.emplace(tensor, name);
  }
  return files;
}

}  // namespace ridgepoint
