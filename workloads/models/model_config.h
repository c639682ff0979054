// ModelConfig: the hyperparameters that an architecture lowers from, whatever file they came from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/ops/rope.h"

namespace ridgepoint {

/// `mixture` stands for any mixture of experts: it can be written, read and described, not yet run.
enum class Architecture : std::uint8_t { llama, qwen2, gpt2, mixtral, gpt_oss };

std::string_view name_of(Architecture architecture);

struct ModelConfig {
  Architecture architecture = Architecture::llama;
  std::string name;
  std::int64_t layers = 0;
  std::int64_t hidden = 0;  ///< d_model
  std::int64_t heads = 0;
  std::int64_t kv_heads = 0;
  std::int64_t head_dim = 0;
  std::int64_t ffn = 0;
  std::int64_t vocab = 0;
  std::int64_t context = 0;  ///< tokens it was made for; a hard limit only with learned positions
  std::int64_t experts = 0;  ///< 0: dense
  std::int64_t experts_used = 0;
  std::int64_t sliding_window = 0;  ///< 0: none
  double norm_epsilon = 1e-5;
  bool tied_embeddings = false;
  bool qkv_bias = false;
  RopePairing rope_pairing = RopePairing::adjacent;
  double rope_theta = 10000.0;
  /// head_dim/2 divisors of the plain frequencies (Llama 3's scaling); empty for none.
  std::vector<double> rope_frequency_factors = {};
};

/// Bytes that one more token adds to the KV cache of one sequence, over all layers.
std::int64_t kv_bytes_per_token(const ModelConfig& config, Type kv_type);
/// Parameters by the shapes alone.
std::int64_t parameter_count(const ModelConfig& config);
/// theta^(-2i/head_dim) / factor_i, i < head_dim/2, in float64.
std::vector<double> inverse_frequencies(const ModelConfig& config);
/// Llama 3's frequency divisors (Hugging Face modeling_rope_utils `llama3`; Llama 3.1 release).
std::vector<double> llama3_frequency_factors(std::int64_t head_dim, double theta, double factor,
                                             double low_frequency_factor,
                                             double high_frequency_factor, double original_context);

}  // namespace ridgepoint
