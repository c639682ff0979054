#include "workloads/tokenizer/gguf_tokenizer_section.h"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <system_error>
#include <vector>

#include "workloads/error.h"
#include "workloads/formats/write_model.h"
#include "workloads/tokenizer/directory_tokens.h"
#include "workloads/tokenizer/gguf_vocabulary_keys.h"

namespace ridgepoint {
namespace {

// Below every score that a merge gives.
constexpr float kNeverMerged = -1e9F;

/// Where merges say what goes first, scores that say the same: of a merge's result, its rank.
std::vector<float> scores_of(const Vocabulary& vocabulary, std::size_t tokens) {
  std::vector<float> scores = vocabulary.scores;
  if (scores.empty()) {
    scores.assign(tokens, kNeverMerged);
    for (std::size_t rank = vocabulary.merges.size(); rank-- > 0;) {
      scores[static_cast<std::size_t>(vocabulary.merges[rank].merged)] =
          -static_cast<float>(rank + 1);
    }
  }
  scores.resize(tokens, kNeverMerged);
  return scores;
}

std::vector<std::string> texts_of_merges(const Vocabulary& vocabulary) {
  std::vector<std::string> texts;
  texts.reserve(vocabulary.merges.size());
  for (const Merge& merge : vocabulary.merges) {
    texts.push_back(vocabulary.pieces[static_cast<std::size_t>(merge.left)] + ' ' +
                    vocabulary.pieces[static_cast<std::size_t>(merge.right)]);
  }
  return texts;
}

void add_token(std::string_view key, std::optional<std::int32_t> id, GgufWriter& writer) {
  if (id) writer.add_u32(key, static_cast<std::uint32_t>(*id));
}

}  // namespace

void write_gguf_vocabulary(const Vocabulary& vocabulary, std::int64_t tokens, GgufWriter& writer) {
  const bool pieces = vocabulary.family == VocabularyFamily::sentence_piece;
  const bool whole_words = vocabulary.pre_tokenizer == PreTokenizer::llama3;
  if (!pieces && vocabulary.whole_words != whole_words) {
    throw Error(
        fmt::format("{}: vocabulary: GGUF cannot say that words cut as {} {} looked up whole",
                    vocabulary.origin, name_of(vocabulary.pre_tokenizer),
                    vocabulary.whole_words ? "are" : "are not"));
  }
  const std::size_t count = std::max(vocabulary.pieces.size(),
                                     static_cast<std::size_t>(std::max<std::int64_t>(tokens, 0)));
  std::vector<std::string> texts = vocabulary.pieces;
  std::vector<std::int32_t> kinds;
  for (const TokenKind kind : vocabulary.kinds) kinds.push_back(static_cast<std::int32_t>(kind));
  while (texts.size() < count) {
    texts.push_back(fmt::format("[PAD{}]", texts.size()));
    kinds.push_back(static_cast<std::int32_t>(TokenKind::unused));
  }
  writer.add_text(gguf_key::kModel, pieces ? gguf_key::kSentencePiece : gguf_key::kByteLevel);
  if (!pieces) writer.add_text(gguf_key::kPre, name_of(vocabulary.pre_tokenizer));
  writer.add_texts(gguf_key::kTokens, texts);
  writer.add_i32s(gguf_key::kTypes, kinds);
  if (pieces) {
    writer.add_f32s(gguf_key::kScores, scores_of(vocabulary, count));
    writer.add_boolean(gguf_key::kAddSpacePrefix, vocabulary.add_space_prefix);
  } else {
    writer.add_texts(gguf_key::kMerges, texts_of_merges(vocabulary));
  }
  add_token(gguf_key::kBos, vocabulary.bos, writer);
  add_token(gguf_key::kEos, vocabulary.eos, writer);
  add_token(gguf_key::kUnknown, vocabulary.unknown, writer);
  writer.add_boolean(gguf_key::kAddBos, vocabulary.add_bos);
}

std::string write_tokenizer_section(const Model& model, GgufWriter& writer) {
  std::error_code ignored;
  DirectoryTokens tokens;
  std::string left_out;
  if (std::filesystem::is_directory(model.source, ignored)) {
    try {
      tokens = tokens_of_directory(model.source, model.config.vocab);
      if (tokens.vocabulary) {
        GgufWriter written = writer;
        write_gguf_vocabulary(*tokens.vocabulary, model.config.vocab, written);
        writer = std::move(written);
        return "";
      }
    } catch (const Error& error) {
      left_out = error.what();
    }
  }
  write_no_vocabulary(writer);
  add_token(gguf_key::kBos, tokens.bos, writer);
  add_token(gguf_key::kEos, tokens.eos, writer);
  return left_out;
}

}  // namespace ridgepoint
