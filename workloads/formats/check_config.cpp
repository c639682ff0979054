#include "workloads/formats/check_config.h"

#include <fmt/format.h>

#include <cmath>

#include "workloads/formats/format_error.h"
#include "workloads/number_of.h"

namespace ridgepoint {

namespace {

constexpr std::string_view kRemedy = "check the file against the published configuration";

}  // namespace

void check_config(const ModelConfig& config, std::string_view origin,
                  const std::function<ConfigKey(Hyperparameter)>& key_of) {
  const auto fail = [&](Hyperparameter about, const std::string& what) {
    const ConfigKey key = key_of(about);
    fail_at(origin, key.offset, fmt::format("'{}': {}", key.name, what), kRemedy);
  };
  const auto check = [&](Hyperparameter about, std::string_view name, std::int64_t value,
                         std::int64_t least, std::int64_t most) {
    if (value < least || value > most) {
      fail(about, fmt::format("the {} is {}, and {} to {} are allowed", name, value, least, most));
    }
  };
  using enum Hyperparameter;
  constexpr std::int64_t kWidest = std::int64_t{1} << 24;
  check(layers, "number of layers", config.layers, 1, 10'000);
  check(hidden, "hidden size", config.hidden, 1, kWidest);
  check(heads, "number of heads", config.heads, 1, 65'536);
  check(kv_heads, "number of key-value heads", config.kv_heads, 1, 65'536);
  check(head_dim, "size of a head", config.head_dim, 1, 65'536);
  check(ffn, "size of the feed-forward layer", config.ffn, 1, kWidest);
  check(vocab, "size of the vocabulary", config.vocab, 1, std::int64_t{1} << 31);
  check(context, "context length", config.context, 1, std::int64_t{1} << 40);
  check(experts, "number of experts", config.experts, 0, 65'536);
  check(experts_used, "number of experts used", config.experts_used, 0, config.experts);
  check(sliding_window, "sliding window", config.sliding_window, 0, std::int64_t{1} << 40);
  if (config.experts > 0 && config.experts_used == 0) {
    fail(experts_used, fmt::format("of {} experts, 0 are used", config.experts));
  }
  if (config.heads % config.kv_heads != 0) {
    fail(kv_heads, fmt::format("{} heads cannot share {} key-value heads evenly", config.heads,
                               config.kv_heads));
  }
  if (!(config.norm_epsilon > 0.0) || !std::isfinite(config.norm_epsilon)) {
    fail(norm_epsilon, fmt::format("the epsilon of the norms is {}, which is not a positive number",
                                   config.norm_epsilon));
  }
  if (config.architecture != Architecture::gpt2) {
    if (config.head_dim % 2 != 0) {
      fail(head_dim, fmt::format("a head of {} cannot be rotated in pairs",
                                 number_of(config.head_dim, "element")));
    }
    if (!(config.rope_theta > 0.0) || !std::isfinite(config.rope_theta)) {
      fail(rope_theta,
           fmt::format("the rotary base is {}, which is not a positive number", config.rope_theta));
    }
  }
}

}  // namespace ridgepoint
