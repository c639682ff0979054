#include "workloads/tokenizer/open_tokenizer.h"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "workloads/error.h"
#include "workloads/formats/gguf_reader.h"
#include "workloads/formats/mapped_file.h"
#include "workloads/tokenizer/byte_tokenizer.h"
#include "workloads/tokenizer/directory_tokens.h"
#include "workloads/tokenizer/gguf_vocabulary.h"
#include "workloads/tokenizer/gguf_vocabulary_keys.h"

namespace ridgepoint {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kBytesVocabulary = 256;

/// Null where the directory says nothing of a tokenizer.
std::unique_ptr<Tokenizer> tokenizer_of_directory(const fs::path& directory,
                                                  std::int64_t vocabulary) {
  DirectoryTokens tokens = tokens_of_directory(directory, vocabulary);
  if (tokens.vocabulary) return make_tokenizer(std::move(*tokens.vocabulary));
  if (vocabulary != kBytesVocabulary) return nullptr;
  return std::make_unique<ByteTokenizer>(vocabulary, tokens.bos, tokens.eos);
}

/// A token that the file names, if it is one of the vocabulary.
std::optional<std::int32_t> named_token(const GgufFile& file, std::string_view key,
                                        std::int64_t vocabulary) {
  const auto id = file.unsigned_integer(key);
  if (!id || *id >= static_cast<std::uint64_t>(vocabulary)) return std::nullopt;
  return static_cast<std::int32_t>(*id);
}

/// Null where the file has no vocabulary.
std::unique_ptr<Tokenizer> tokenizer_of_gguf(const fs::path& path, std::int64_t vocabulary) {
  const auto mapping = MappedFile::open(path);
  const GgufFile file = GgufFile::parse(mapping->bytes(), mapping->path());
  if (has_vocabulary(file)) return make_tokenizer(gguf_vocabulary(file));
  if (vocabulary != kBytesVocabulary) return nullptr;
  return std::make_unique<ByteTokenizer>(vocabulary, named_token(file, gguf_key::kBos, vocabulary),
                                         named_token(file, gguf_key::kEos, vocabulary));
}

}  // namespace

std::unique_ptr<Tokenizer> open_tokenizer(const Model& model) {
  const std::int64_t vocabulary = model.config.vocab;
  const fs::path source(model.source);
  std::error_code ignored;
  if (fs::is_directory(source, ignored)) {
    if (auto found = tokenizer_of_directory(source, vocabulary)) return found;
  } else if (fs::is_regular_file(source, ignored)) {
    if (auto found = tokenizer_of_gguf(source, vocabulary)) return found;
  }
  if (vocabulary == kBytesVocabulary || (model.synthetic && vocabulary > kBytesVocabulary)) {
    return std::make_unique<ByteTokenizer>(vocabulary, std::nullopt, std::nullopt);
  }
  throw Error(fmt::format(
      "{}: has no tokenizer that is read here, so no text can be held against it; give a GGUF file "
      "with its vocabulary, or a directory with tokenizer.json",
      model.source));
}

}  // namespace ridgepoint
