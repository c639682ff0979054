// tokenizer.json of Hugging Face directories: byte-pair encodings of the families that GGUF files
// have, byte-level (GPT-2, Llama 3, Qwen2) and SentencePiece's with byte fall-back (Llama 2).
#pragma once

#include <string>
#include <string_view>

#include "workloads/tokenizer/vocabulary.h"

namespace ridgepoint {

/// Error, one line, for what is no tokenizer.json, for a kind that is not read (WordPiece, Unigram,
/// other pre-tokenizers), and for a vocabulary whose parts contradict each other. Unicode
/// normalisation (NFC) is not applied, as in llama.cpp: text stays what it is, byte for byte.
Vocabulary parse_hugging_face_vocabulary(std::string_view json, std::string origin);

}  // namespace ridgepoint
