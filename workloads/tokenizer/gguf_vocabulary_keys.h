// What GGUF calls the parts of a vocabulary.
#pragma once

#include <string_view>

namespace ridgepoint::gguf_key {

inline constexpr std::string_view kModel = "tokenizer.ggml.model";
inline constexpr std::string_view kPre = "tokenizer.ggml.pre";
inline constexpr std::string_view kTokens = "tokenizer.ggml.tokens";
inline constexpr std::string_view kTypes = "tokenizer.ggml.token_type";
inline constexpr std::string_view kScores = "tokenizer.ggml.scores";
inline constexpr std::string_view kMerges = "tokenizer.ggml.merges";
inline constexpr std::string_view kBos = "tokenizer.ggml.bos_token_id";
inline constexpr std::string_view kEos = "tokenizer.ggml.eos_token_id";
inline constexpr std::string_view kUnknown = "tokenizer.ggml.unknown_token_id";
inline constexpr std::string_view kAddBos = "tokenizer.ggml.add_bos_token";
inline constexpr std::string_view kAddSpacePrefix = "tokenizer.ggml.add_space_prefix";

// Values of kModel.
inline constexpr std::string_view kSentencePiece = "llama";
inline constexpr std::string_view kByteLevel = "gpt2";
inline constexpr std::string_view kNoVocabulary = "no_vocab";

}  // namespace ridgepoint::gguf_key
