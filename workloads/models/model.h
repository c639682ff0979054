// Model: a config, and its weights under one canonical naming (GGUF's: "blk.0.attn_q.weight"),
// whatever format they came from. Loaders split what a format fuses (GPT-2's attn_qkv) and
// transpose what it stores the other way round, so that lowering and backends see one layout only.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "workloads/models/model_config.h"
#include "workloads/tensor/tensor.h"

namespace ridgepoint {

using WeightMap = std::map<std::string, TensorView, std::less<>>;

struct Model {
  ModelConfig config;
  WeightMap weights;
  std::string source;       ///< path, or "shape:NAME"
  bool synthetic = false;   ///< random weights: no quality figure means anything
  std::uint64_t seed = 0;   ///< of the synthetic weights
  std::string weight_type;  ///< the type most bytes are in ("q8_0")
  /// Files that weights are mapped from; empty for weights in memory. Cold runs evict these.
  std::vector<std::string> files;
  /// Whatever keeps the bytes behind `weights` alive (mappings, owned buffers).
  std::vector<std::shared_ptr<const void>> storage;

  [[nodiscard]] std::int64_t weight_bytes() const;
};

/// A tensor that a config implies: its canonical name and shape. `matrix` ones take the model's
/// weight type; the rest (norms, biases) stay f32.
struct TensorPlan {
  std::string name;
  Shape shape;
  bool matrix = false;
};
/// Every tensor of a model with this config, in file order. What writers write, synthetic weights
/// fill and loaders check against.
std::vector<TensorPlan> tensor_plan(const ModelConfig& config);

/// Name of the type that most bytes are in; empty when there are none.
std::string most_common_type(const WeightMap& weights);

/// 128-bit XXH3, in hex, over the config's numbers, then names, types, shapes and up to 3 x 64 KiB
/// of each tensor (start, middle, end): tells models apart without reading gigabytes. A
/// fingerprint, not a checksum.
std::string fingerprint(const Model& model);

}  // namespace ridgepoint
