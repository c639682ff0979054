// The hyperparameters of a model as GGUF spells them: the one table that reading and writing share.
#pragma once

#include <string>
#include <string_view>

#include "workloads/formats/gguf_reader.h"
#include "workloads/formats/gguf_writer.h"
#include "workloads/models/model_config.h"
#include "workloads/models/model_type.h"

namespace ridgepoint {

/// Keys about how a file was made, which only Ridgepoint writes.
inline constexpr std::string_view kSyntheticKey = "ridgepoint.synthetic";
inline constexpr std::string_view kSeedKey = "ridgepoint.seed";
/// Divisors of the rotary frequencies.
inline constexpr std::string_view kRopeFactorsTensor = "rope_freqs.weight";

/// The tensor that GGUF stores this one as a part of, below its siblings; empty for every other.
std::string fused_name(std::string_view tensor, Architecture architecture);

/// The config that the metadata and the presence of tensors describe. Error ("ORIGIN: byte OFFSET:
/// ...") for an unknown architecture, a missing key or a number that cannot be.
ModelConfig read_gguf_config(const GgufFile& file);

/// Adds every key that llama.cpp needs for a model with this config, and a tokenizer section that
/// says that there is none. std::logic_error for a rotary pairing that the format cannot express.
void write_gguf_config(const ModelConfig& config, ModelType type, GgufWriter& writer);

}  // namespace ridgepoint
