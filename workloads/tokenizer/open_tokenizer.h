// One door for every tokenizer: the one that a model's own files define.
#pragma once

#include <memory>

#include "workloads/models/model.h"
#include "workloads/tokenizer/tokenizer.h"

namespace ridgepoint {

/// GGUF: the vocabulary embedded in the file. Hugging Face directories: tokenizer.json. A
/// vocabulary of 256 without either is bytes (bos and eos as config.json or the file says), and so
/// is, for want of any text that it knows, a synthetic model of at least 256 tokens. Error, one
/// line, for a vocabulary that is damaged or of a kind that is not read, and where there is none.
std::unique_ptr<Tokenizer> open_tokenizer(const Model& model);

}  // namespace ridgepoint
