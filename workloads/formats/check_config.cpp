#include "workloads/formats/check_config.h"

#include <fmt/format.h>

#include <cmath>

#include "workloads/formats/format_error.h"

namespace ridgepoint {

namespace {

constexpr std::string_view kRemedy = "check the file against the published configuration";

}  // namespace

void check_config(const ModelConfig& config, std::string_view origin, std::uint64_t offset) {
  const auto fail = [&](const std::string& what) { fail_at(origin, offset, what, kRemedy); };
  const auto check = [&](std::string_view name, std::int64_t value, std::int64_t least,
                         std::int64_t most) {
    if (value < least || value > most) {
      fail(fmt::format("the {} is {}, and {} to {} are allowed", name, value, least, most));
    }
  };
  constexpr std::int64_t kWidest = std::int64_t{1} << 24;
  check("number of layers", config.layers, 1, 10'000);
  check("hidden size", config.hidden, 1, kWidest);
  check("number of heads", config.heads, 1, 65'536);
  check("number of key-value heads", config.kv_heads, 1, 65'536);
  check("size of a head", config.head_dim, 1, 65'536);
  check("size of the feed-forward layer", config.ffn, 1, kWidest);
  check("size of the vocabulary", config.vocab, 1, std::int64_t{1} << 31);
  check("context length", config.context, 1, std::int64_t{1} << 40);
  check("number of experts", config.experts, 0, 65'536);
  check("number of experts used", config.experts_used, 0, config.experts);
  check("sliding window", config.sliding_window, 0, std::int64_t{1} << 40);
  if (config.experts > 0 && config.experts_used == 0) {
    fail(fmt::format("there are {} experts, of which none is used", config.experts));
  }
  if (config.heads % config.kv_heads != 0) {
    fail(fmt::format("{} heads cannot share {} key-value heads evenly", config.heads,
                     config.kv_heads));
  }
  if (!(config.norm_epsilon > 0.0) || !std::isfinite(config.norm_epsilon)) {
    fail(fmt::format("the epsilon of the norms is {}, which is not a positive number",
                     config.norm_epsilon));
  }
  if (config.architecture != Architecture::gpt2) {
    if (config.head_dim % 2 != 0) {
      fail(fmt::format("a head of {} elements cannot be rotated in pairs", config.head_dim));
    }
    if (!(config.rope_theta > 0.0) || !std::isfinite(config.rope_theta)) {
      fail(fmt::format("the rotary base is {}, which is not a positive number", config.rope_theta));
    }
  }
}

}  // namespace ridgepoint
