// A model from a config and parsed safetensors files, under transformers' names for its tensors.
#pragma once

#include <span>
#include <string_view>

#include "workloads/formats/safetensors_reader.h"
#include "workloads/models/model.h"

namespace ridgepoint {

/// Views into the files' bytes, except where GPT-2 stores its matrices as [in, out]: those are
/// rewritten into buffers that the model owns. `origin` names the model in errors about what no
/// file has. Leaves source, files and the mappings to the caller. Error: "ORIGIN: byte OFFSET:
/// ...". Tensors that the architecture has no use for are ignored.
Model hugging_face_model(const ModelConfig& config, std::span<const SafetensorsFile> files,
                         std::string_view origin);

}  // namespace ridgepoint
