// The vocabulary embedded in a GGUF file (tokenizer.ggml.*), as llama.cpp's converters write it.
#pragma once

#include <memory>

#include "workloads/formats/gguf_reader.h"
#include "workloads/tokenizer/tokenizer.h"
#include "workloads/tokenizer/vocabulary.h"

namespace ridgepoint {

/// Whether the file has any vocabulary; "no_vocab" is none.
bool has_vocabulary(const GgufFile& file);

/// tokenizer.ggml.model "llama" or "gpt2". Error, one line with the key, for other kinds, for a
/// pre-tokenizer that is not read, and for a vocabulary whose parts contradict each other.
Vocabulary gguf_vocabulary(const GgufFile& file);

/// The tokenizer of a vocabulary's family.
std::unique_ptr<Tokenizer> make_tokenizer(Vocabulary vocabulary);

}  // namespace ridgepoint
