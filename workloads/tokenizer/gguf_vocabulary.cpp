#include "workloads/tokenizer/gguf_vocabulary.h"

#include <fmt/format.h>

#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "workloads/error.h"
#include "workloads/formats/format_error.h"
#include "workloads/tokenizer/byte_level_tokenizer.h"
#include "workloads/tokenizer/gguf_vocabulary_keys.h"
#include "workloads/tokenizer/sentence_piece_tokenizer.h"

namespace ridgepoint {
namespace {

/// Walks an array of one element type.
class ArrayReader {
 public:
  /// Error when the entry is no array of `wanted`, or longer than `most`.
  ArrayReader(const GgufFile& file, const GgufEntry& entry, GgufValueType wanted,
              std::uint64_t most)
      : file_(file), entry_(entry), rest_(entry.value) {
    if (entry.type != GgufValueType::array) fail("is no array");
    if (number<std::uint32_t>() != static_cast<std::uint32_t>(wanted)) {
      fail(fmt::format("is no array of {}", name_of(wanted)));
    }
    count_ = number<std::uint64_t>();
    if (count_ > most) {
      fail(fmt::format("has {} elements, more than any vocabulary ({})", count_, most));
    }
  }

  [[nodiscard]] std::uint64_t count() const { return count_; }

  template <class Number>
  Number number() {
    Number value{};
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }

  std::string_view text() {
    const auto bytes = take(number<std::uint64_t>());
    if (bytes.size() > kLongestPiece) fail(fmt::format("holds a text of {} bytes", bytes.size()));
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

 private:
  [[noreturn]] void fail(std::string_view what) const {
    fail_at(file_.origin(), entry_.offset, fmt::format("{} {}", entry_.key, what));
  }

  std::span<const std::byte> take(std::uint64_t bytes) {
    if (bytes > rest_.size()) fail("ends early");
    const auto taken = rest_.first(bytes);
    rest_ = rest_.subspan(bytes);
    return taken;
  }

  const GgufFile& file_;
  const GgufEntry& entry_;
  std::span<const std::byte> rest_;
  std::uint64_t count_ = 0;
};

class GgufVocabulary {
 public:
  explicit GgufVocabulary(const GgufFile& file) : file_(file) {
    vocabulary_.origin = file.origin();
  }

  Vocabulary read() {
    read_family();
    read_tokens();
    read_kinds();
    read_special();
    if (vocabulary_.family == VocabularyFamily::sentence_piece) {
      read_scores();
    } else {
      read_merges();
    }
    check_vocabulary(vocabulary_);
    static_cast<void>(ids_of_pieces(vocabulary_));
    return std::move(vocabulary_);
  }

 private:
  const GgufEntry& required(std::string_view key) const {
    const GgufEntry* entry = file_.find(key);
    if (entry == nullptr) {
      throw Error(fmt::format("{}: vocabulary: {} is missing; convert the model again",
                              file_.origin(), key));
    }
    return *entry;
  }

  void read_family() {
    const auto model = file_.text(gguf_key::kModel);
    const std::string_view name = model.value_or("");
    if (name == gguf_key::kSentencePiece) {
      vocabulary_.family = VocabularyFamily::sentence_piece;
    } else if (name == gguf_key::kByteLevel) {
      vocabulary_.family = VocabularyFamily::byte_level;
      read_pre_tokenizer();
    } else {
      throw Error(
          fmt::format("{}: vocabulary: {} is {}; this version reads llama (SentencePiece) and gpt2 "
                      "(byte-level BPE)",
                      file_.origin(), gguf_key::kModel, in_quotes(name)));
    }
  }

  void read_pre_tokenizer() {
    const std::string_view name = file_.text(gguf_key::kPre).value_or("default");
    const auto known = find_pre_tokenizer(name);
    if (!known) {
      throw Error(fmt::format(
          "{}: vocabulary: {} is {}; this version reads gpt-2 (and default), llama-bpe and qwen2",
          file_.origin(), gguf_key::kPre, in_quotes(name)));
    }
    vocabulary_.pre_tokenizer = *known;
    vocabulary_.whole_words = *known == PreTokenizer::llama3;
  }

  void read_tokens() {
    ArrayReader array(file_, required(gguf_key::kTokens), GgufValueType::text,
                      kMostTokensOfVocabulary);
    vocabulary_.pieces.reserve(array.count());
    for (std::uint64_t i = 0; i < array.count(); ++i) vocabulary_.pieces.emplace_back(array.text());
  }

  void read_kinds() {
    const GgufEntry* entry = file_.find(gguf_key::kTypes);
    if (entry == nullptr) {
      // Old files: bytes are known by their names, the rest is text.
      for (const std::string& piece : vocabulary_.pieces) {
        const bool byte = vocabulary_.family == VocabularyFamily::sentence_piece &&
                          piece.size() == 6 && piece.starts_with("<0x") && piece.back() == '>';
        vocabulary_.kinds.push_back(byte ? TokenKind::byte : TokenKind::normal);
      }
      return;
    }
    ArrayReader array(file_, *entry, GgufValueType::i32, kMostTokensOfVocabulary);
    for (std::uint64_t i = 0; i < array.count(); ++i) {
      const auto number = array.number<std::int32_t>();
      if (number < 0 || number > static_cast<std::int32_t>(TokenKind::byte)) {
        fail_at(file_.origin(), entry->offset,
                fmt::format("token {} is of type {}, which is none", i, number));
      }
      // 0 is "undefined": text like any other.
      vocabulary_.kinds.push_back(number == 0 ? TokenKind::normal : static_cast<TokenKind>(number));
    }
  }

  void read_scores() {
    const GgufEntry& entry = required(gguf_key::kScores);
    ArrayReader array(file_, entry, GgufValueType::f32, kMostTokensOfVocabulary);
    vocabulary_.scores.reserve(array.count());
    for (std::uint64_t i = 0; i < array.count(); ++i) {
      vocabulary_.scores.push_back(array.number<float>());
    }
  }

  void read_merges() {
    check_vocabulary(vocabulary_);
    const PieceIds ids = ids_of_pieces(vocabulary_);
    ArrayReader array(file_, required(gguf_key::kMerges), GgufValueType::text, kMostMerges);
    vocabulary_.merges.reserve(array.count());
    for (std::uint64_t rank = 0; rank < array.count(); ++rank) {
      vocabulary_.merges.push_back(parse_merge(vocabulary_, ids, array.text(), rank));
    }
  }

  std::optional<std::int32_t> token_id(std::string_view key) const {
    const auto id = file_.unsigned_integer(key);
    if (!id) return std::nullopt;
    if (*id >= vocabulary_.pieces.size()) {
      throw Error(fmt::format("{}: vocabulary: {} is {}, of {} tokens; convert the model again",
                              file_.origin(), key, *id, vocabulary_.pieces.size()));
    }
    return static_cast<std::int32_t>(*id);
  }

  void read_special() {
    const bool pieces = vocabulary_.family == VocabularyFamily::sentence_piece;
    vocabulary_.bos = token_id(gguf_key::kBos);
    vocabulary_.eos = token_id(gguf_key::kEos);
    vocabulary_.unknown = token_id(gguf_key::kUnknown);
    // What llama.cpp takes for granted where a file does not say.
    const bool begins = pieces || vocabulary_.pre_tokenizer == PreTokenizer::llama3;
    vocabulary_.add_bos = file_.boolean(gguf_key::kAddBos).value_or(begins);
    vocabulary_.add_space_prefix =
        pieces && file_.boolean(gguf_key::kAddSpacePrefix).value_or(true);
  }

  const GgufFile& file_;
  Vocabulary vocabulary_;
};

}  // namespace

bool has_vocabulary(const GgufFile& file) {
  if (file.text(gguf_key::kModel) == gguf_key::kNoVocabulary) return false;
  return file.find(gguf_key::kModel) != nullptr || file.find(gguf_key::kTokens) != nullptr;
}

Vocabulary gguf_vocabulary(const GgufFile& file) {
  return GgufVocabulary(file).read();
}

std::unique_ptr<Tokenizer> make_tokenizer(Vocabulary vocabulary) {
  if (vocabulary.family == VocabularyFamily::sentence_piece) {
    return std::make_unique<SentencePieceTokenizer>(std::move(vocabulary));
  }
  return std::make_unique<ByteLevelTokenizer>(std::move(vocabulary));
}

}  // namespace ridgepoint
