// Pre-tokenizers: how byte-level BPE vocabularies cut text into words before anything is merged.
// Each is published as a regular expression over Unicode categories; here they are walked by hand.
// Sources: docs/quality.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ridgepoint {

enum class PreTokenizer : std::uint8_t {
  gpt2,    ///< GPT-2
  llama3,  ///< Llama 3: numbers in threes, line breaks stay with what they follow
  qwen2,   ///< Qwen2: the same with single digits
};

/// By the name that GGUF gives (tokenizer.ggml.pre); empty for names that are not read.
std::optional<PreTokenizer> find_pre_tokenizer(std::string_view gguf_name);
/// By the regular expression of a tokenizer.json.
std::optional<PreTokenizer> pre_tokenizer_of_pattern(std::string_view pattern);
std::string_view name_of(PreTokenizer pre_tokenizer);

/// Where the word that begins at `start` (below the size of the text) ends. Words follow each other
/// without gaps, so that they add up to the text.
std::size_t end_of_word(PreTokenizer pre_tokenizer, std::string_view text, std::size_t start);

}  // namespace ridgepoint
