// A model to a GGUF file, in the types that its tensors have.
#pragma once

#include <filesystem>
#include <functional>

#include "workloads/formats/gguf_reader.h"
#include "workloads/formats/gguf_writer.h"
#include "workloads/models/model.h"
#include "workloads/models/model_type.h"

namespace ridgepoint {

using AddMetadata = std::function<void(GgufWriter&)>;

/// A tokeniser section that says that there is none.
void write_no_vocabulary(GgufWriter& writer);

/// Writes through a temporary file that takes the name at the end. `type` is what the file says it
/// is (general.file_type).
///
/// `origin` is the GGUF file that the model was loaded from, nullptr for other formats. From it
/// come all metadata (the tokeniser's too), the order of the tensors, and those that the model has
/// no use for. Without it, the file is what a converter would write: what is no matrix is f32, rows
/// of a llama's Q and K lie in adjacent pairs, GPT-2's Q, K and V are one tensor; the tokeniser
/// section is what `add_tokeniser` adds.
///
/// Error when GGUF has no type for a tensor or for the parts of one, or the disk has not enough
/// room.
void write_gguf_model(const Model& model, ModelType type, const GgufFile* origin,
                      const std::filesystem::path& path,
                      const AddMetadata& add_tokeniser = &write_no_vocabulary);

}  // namespace ridgepoint
