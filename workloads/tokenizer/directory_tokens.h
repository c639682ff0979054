// What the files of a Hugging Face directory say of a model's tokens: tokenizer.json, and the
// special tokens of config.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "workloads/tokenizer/vocabulary.h"

namespace ridgepoint {

struct DirectoryTokens {
  std::optional<Vocabulary> vocabulary;  ///< absent: no tokenizer.json
  std::optional<std::int32_t> bos, eos;  ///< below `tokens`; the vocabulary's own come first in it
};

/// Of a model that knows `tokens` tokens. Error, one line, for a file that is damaged or of a kind
/// that is not read.
DirectoryTokens tokens_of_directory(const std::filesystem::path& directory, std::int64_t tokens);

}  // namespace ridgepoint
