// The tokeniser section of a GGUF file (tokenizer.ggml.*) for a model that came from elsewhere, so
// that the file means the same text as what it was made of.
#pragma once

#include <string>

#include "workloads/formats/gguf_writer.h"
#include "workloads/models/model.h"
#include "workloads/tokenizer/vocabulary.h"

namespace ridgepoint {

/// As converters write it: pieces, kinds, scores or merges, special tokens; pieces up to `tokens`
/// are filled up with unused ones. Read back it is the same vocabulary, or:
/// Error, one line, where GGUF has no words for it.
void write_gguf_vocabulary(const Vocabulary& vocabulary, std::int64_t tokens, GgufWriter& writer);

/// What the files of the model's directory define, or that there is no vocabulary, with the tokens
/// that config.json names. Returns why a vocabulary that is there was left out; empty: it was not.
std::string write_tokenizer_section(const Model& model, GgufWriter& writer);

}  // namespace ridgepoint
