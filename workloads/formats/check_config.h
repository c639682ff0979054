// What every reader checks about the numbers of a model before it computes with them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "workloads/models/model_config.h"

namespace ridgepoint {

/// A number of ModelConfig that files hold under names of their own.
enum class Hyperparameter : std::uint8_t {
  layers,
  hidden,
  heads,
  kv_heads,
  head_dim,
  ffn,
  vocab,
  context,
  experts,
  experts_used,
  sliding_window,
  norm_epsilon,
  rope_theta,
};

/// What a file calls a number, or what it follows from there, and the byte at which that stands.
struct ConfigKey {
  std::string name;
  std::uint64_t offset = 0;
};

/// Error ("ORIGIN: byte OFFSET: ...", with the name of the key and what it holds) when a number is
/// out of its range or two do not fit together. After it, products of any two dimensions fit 64
/// bits.
void check_config(const ModelConfig& config, std::string_view origin,
                  const std::function<ConfigKey(Hyperparameter)>& key_of);

}  // namespace ridgepoint
