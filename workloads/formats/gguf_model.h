// A model from a parsed GGUF file.
#pragma once

#include "workloads/formats/gguf_reader.h"
#include "workloads/models/model.h"

namespace ridgepoint {

/// The weights are views into the bytes that `file` was parsed from: nothing is copied, GPT-2's
/// fused attn_qkv is split by rows. Leaves source, files and storage to the caller. Error: "ORIGIN:
/// byte OFFSET: ...". Tensors that the architecture has no use for are ignored.
Model gguf_model(const GgufFile& file);

}  // namespace ridgepoint
