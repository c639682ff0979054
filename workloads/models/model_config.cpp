#include "workloads/models/model_config.h"

#include <array>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "workloads/models/model.h"

namespace ridgepoint {

std::string_view name_of(Architecture architecture) {
  switch (architecture) {
    case Architecture::llama:
      return "llama";
    case Architecture::qwen2:
      return "qwen2";
    case Architecture::gpt2:
      return "gpt2";
    case Architecture::mixtral:
      return "mixtral";
    case Architecture::gpt_oss:
      return "gpt-oss";
  }
  throw std::logic_error("an architecture without a name");
}

std::int64_t kv_bytes_per_token(const ModelConfig& config, Type kv_type) {
  return 2 * config.layers * row_bytes(kv_type, config.kv_heads * config.head_dim);
}

std::int64_t parameter_count(const ModelConfig& config) {
  std::int64_t count = 0;
  for (const TensorPlan& tensor : tensor_plan(config)) {
    count += element_count(tensor.shape);
  }
  return count;
}

std::vector<double> inverse_frequencies(const ModelConfig& config) {
  const auto pairs = static_cast<std::size_t>(config.head_dim / 2);
  const std::vector<double>& factors = config.rope_frequency_factors;
  if (!factors.empty() && factors.size() != pairs) {
    throw std::logic_error("rope_frequency_factors must be empty or head_dim/2 long");
  }
  std::vector<double> frequencies(pairs);
  for (std::size_t i = 0; i < pairs; ++i) {
    const double exponent = -2.0 * static_cast<double>(i) / static_cast<double>(config.head_dim);
    frequencies[i] = std::pow(config.rope_theta, exponent) / (factors.empty() ? 1.0 : factors[i]);
  }
  return frequencies;
}

std::vector<double> llama3_frequency_factors(std::int64_t head_dim, double theta, double factor,
                                             double low_frequency_factor,
                                             double high_frequency_factor,
                                             double original_context) {
  // A frequency that turns often within the original context stays, one that turns rarely is
  // divided by `factor`, and in between the two are mixed linearly in the number of turns.
  std::vector<double> factors(static_cast<std::size_t>(head_dim / 2));
  for (std::size_t i = 0; i < factors.size(); ++i) {
    const double exponent = -2.0 * static_cast<double>(i) / static_cast<double>(head_dim);
    const double wavelength = 2.0 * std::numbers::pi / std::pow(theta, exponent);
    if (wavelength > original_context / low_frequency_factor) {
      factors[i] = factor;
    } else if (wavelength < original_context / high_frequency_factor) {
      factors[i] = 1.0;
    } else {
      const double smooth = (original_context / wavelength - low_frequency_factor) /
                            (high_frequency_factor - low_frequency_factor);
      factors[i] = 1.0 / ((1.0 - smooth) / factor + smooth);
    }
  }
  return factors;
}

}  // namespace ridgepoint
