// The fixed shape of byte-llama-6m, and the list of its tensors.
//
// Every other file derives what it needs from this table: the model its
// weights, the optimiser which tensors decay, the writer names and shapes.
// Names are those of Hugging Face's LlamaForCausalLM.
#pragma once

#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

namespace ridgepoint::training {

inline constexpr std::int64_t kVocabulary = 256;  ///< raw bytes; 0 separates documents
inline constexpr std::int64_t kHidden = 256;
inline constexpr std::int64_t kIntermediate = 768;
inline constexpr std::int64_t kLayers = 8;
inline constexpr std::int64_t kHeads = 4;
inline constexpr std::int64_t kKeyValueHeads = 2;
inline constexpr std::int64_t kHeadSize = 64;
inline constexpr std::int64_t kMaximumPositions = 1024;
inline constexpr double kNormEpsilon = 1e-5;
inline constexpr double kRopeTheta = 10000.0;
inline constexpr std::int64_t kSeparator = 0;

struct TensorSpec {
  std::string name;
  std::vector<std::int64_t> shape;
  double initial_deviation;  ///< 0 means "all ones" (a norm's gain)

  [[nodiscard]] std::int64_t elements() const {
    return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>{});
  }
  [[nodiscard]] bool decays() const { return shape.size() == 2; }
};

/// All tensors in storage order.
std::vector<TensorSpec> tensor_specs();

/// The text of config.json.
std::string config_json();

}  // namespace ridgepoint::training
