// How a model's matrices are stored: all of one type, or a mixture that chooses by name and layer.
// Mixtures are types of models, not of tensors; what `--type` names for a shape is one of these.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "workloads/models/model.h"

namespace ridgepoint {

/// A value; any thread.
class ModelType {
 public:
  /// Every matrix of one type. Error when it cannot hold weights.
  ModelType(Type uniform);  // NOLINT(google-explicit-constructor): the plainest of them
  /// q4_k with the output (or the table that is used as the output) in q6_k, and attn_v and
  /// ffn_down in q6_k in the first eighth of the layers, the last eighth and every third between:
  /// what llama.cpp's Q4_K_M is (llama-quant.cpp). Rows that are not whole blocks become q8_0 where
  /// that takes the place of q6_k, f16 where 32 does not divide them either.
  static ModelType q4_k_m();
  /// The name of a weight type or of a mixture; Error lists both.
  static ModelType parse(std::string_view name);
  /// What parse() takes.
  static std::vector<std::string_view> names();

  [[nodiscard]] std::string_view name() const;
  /// general.file_type of a GGUF file (llama.cpp's llama_ftype). Error when GGUF has no such type.
  [[nodiscard]] std::uint32_t gguf_file_type() const;
  /// The type of one tensor of a model: f32 for what is no matrix. Error where llama.cpp would take
  /// a type that does not exist here.
  [[nodiscard]] Type of(const TensorPlan& tensor, const ModelConfig& config) const;

 private:
  struct Entry;
  explicit ModelType(const Entry& entry) : entry_(&entry) {}
  static std::span<const Entry> entries();

  const Entry* entry_;
};

}  // namespace ridgepoint
