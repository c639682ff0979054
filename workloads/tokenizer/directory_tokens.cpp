#include "workloads/tokenizer/directory_tokens.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>

#include "workloads/error.h"
#include "workloads/formats/mapped_file.h"
#include "workloads/tokenizer/hugging_face_vocabulary.h"

namespace ridgepoint {
namespace {

namespace fs = std::filesystem;

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

}  // namespace

DirectoryTokens tokens_of_directory(const fs::path& directory, std::int64_t tokens) {
  const nlohmann::json config = config_of(directory);
  DirectoryTokens found{.vocabulary = std::nullopt,
                        .bos = configured_token(config, "bos_token_id", tokens),
                        .eos = configured_token(config, "eos_token_id", tokens)};
  const fs::path path = directory / "tokenizer.json";
  if (!is_present(path)) return found;
  const auto file = MappedFile::open(path);
  Vocabulary& read =
      found.vocabulary.emplace(parse_hugging_face_vocabulary(text_of(*file), file->path()));
  const auto known = static_cast<std::int64_t>(read.pieces.size());
  if (!read.bos && found.bos && *found.bos < known) read.bos = found.bos;
  if (!read.eos && found.eos && *found.eos < known) read.eos = found.eos;
  return found;
}

}  // namespace ridgepoint
