// One door for every model: a GGUF file, a Hugging Face directory, or the name of a shape.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "workloads/models/model.h"
#include "workloads/models/model_type.h"

namespace ridgepoint {

/// A GGUF file or a directory with config.json and safetensors, by what is on disk. Maps, checks
/// every offset, count and length, and touches no tensor bytes (except those it must rewrite).
/// Error: one line with the path and the byte.
Model load_model(const std::filesystem::path& path);

/// Random weights for a named shape, in memory; the same for the same (shape, type, seed) on every
/// machine and for every thread count. Error for an unknown shape (lists them), or one that the
/// type does not suit.
Model synthesise_model(std::string_view shape, ModelType type, std::uint64_t seed, int threads);
/// The same for a config of one's own.
Model synthesise_model(const ModelConfig& config, ModelType type, std::uint64_t seed, int threads);

/// The same weights straight to a GGUF file, tensor by tensor, through a temporary file renamed at
/// the end. Error when the disk has not enough room (checked first) or fills up.
void write_synthetic_gguf(std::string_view shape, ModelType type, std::uint64_t seed, int threads,
                          const std::filesystem::path& path);

}  // namespace ridgepoint
