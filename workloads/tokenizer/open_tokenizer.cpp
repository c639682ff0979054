#include "workloads/tokenizer/open_tokenizer.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "workloads/error.h"
#include "workloads/formats/gguf_reader.h"
#include "workloads/formats/mapped_file.h"
#include "workloads/tokenizer/byte_tokenizer.h"
#include "workloads/tokenizer/gguf_vocabulary.h"
#include "workloads/tokenizer/hugging_face_vocabulary.h"

namespace ridgepoint {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kBytesVocabulary = 256;

bool is_present(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

std::string_view text_of(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

/// A token that config.json names, if it is one of the vocabulary.
std::optional<std::int32_t> configured_token(const nlohmann::json& config, const char* key,
                                             std::int64_t vocabulary) {
  const auto found = config.find(key);
  if (found == config.end() || !found->is_number_integer()) return std::nullopt;
  const auto id = found->get<std::int64_t>();
  if (id < 0 || id >= vocabulary) return std::nullopt;
  return static_cast<std::int32_t>(id);
}

nlohmann::json config_of(const fs::path& directory) {
  const fs::path path = directory / "config.json";
  if (!is_present(path)) return nlohmann::json::object();
  const auto file = MappedFile::open(path);
  auto config = nlohmann::json::parse(text_of(*file), nullptr, /*allow_exceptions=*/false);
  if (!config.is_object()) throw Error(fmt::format("{}: not a JSON object", path.string()));
  return config;
}

/// Null where the directory says nothing of a tokenizer.
std::unique_ptr<Tokenizer> tokenizer_of_directory(const fs::path& directory,
                                                  std::int64_t vocabulary) {
  const nlohmann::json config = config_of(directory);
  const auto bos = configured_token(config, "bos_token_id", vocabulary);
  const auto eos = configured_token(config, "eos_token_id", vocabulary);
  const fs::path path = directory / "tokenizer.json";
  if (is_present(path)) {
    const auto file = MappedFile::open(path);
    Vocabulary read = parse_hugging_face_vocabulary(text_of(*file), file->path());
    const auto known = static_cast<std::int64_t>(read.pieces.size());
    if (!read.bos && bos && *bos < known) read.bos = bos;
    if (!read.eos && eos && *eos < known) read.eos = eos;
    return make_tokenizer(std::move(read));
  }
  if (vocabulary != kBytesVocabulary) return nullptr;
  return std::make_unique<ByteTokenizer>(vocabulary, bos, eos);
}

/// Null where the file has no vocabulary.
std::unique_ptr<Tokenizer> tokenizer_of_gguf(const fs::path& path) {
  const auto mapping = MappedFile::open(path);
  const GgufFile file = GgufFile::parse(mapping->bytes(), mapping->path());
  return has_vocabulary(file) ? make_tokenizer(gguf_vocabulary(file)) : nullptr;
}

}  // namespace

std::unique_ptr<Tokenizer> open_tokenizer(const Model& model) {
  const std::int64_t vocabulary = model.config.vocab;
  const fs::path source(model.source);
  std::error_code ignored;
  if (fs::is_directory(source, ignored)) {
    if (auto found = tokenizer_of_directory(source, vocabulary)) return found;
  } else if (fs::is_regular_file(source, ignored)) {
    if (auto found = tokenizer_of_gguf(source)) return found;
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
