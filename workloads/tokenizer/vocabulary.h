// Vocabulary: what a file says of its tokens, checked but not used yet. A vocabulary comes from
// strangers: duplicate tokens, ids out of range, merges of tokens that are not there, are an Error
// of one line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "workloads/tokenizer/pre_tokenizer.h"

namespace ridgepoint {

/// As sentencepiece numbers them, and GGUF (tokenizer.ggml.token_type).
enum class TokenKind : std::uint8_t {
  normal = 1,
  unknown = 2,
  control = 3,       ///< special: recognised in text only when asked
  user_defined = 4,  ///< always recognised, before anything is merged
  unused = 5,
  byte = 6,  ///< "<0x41>" stands for a byte
};

enum class VocabularyFamily : std::uint8_t {
  sentence_piece,  ///< pieces merged by score, bytes where no piece fits, U+2581 for a space
  byte_level,      ///< words of bytes, merged by rank
};

struct Merge {
  std::int32_t left = 0, right = 0, merged = 0;
};

struct Vocabulary {
  std::string origin;  ///< for errors
  VocabularyFamily family = VocabularyFamily::byte_level;
  std::vector<std::string> pieces;  ///< as stored, by id
  std::vector<TokenKind> kinds;     ///< as many
  std::vector<float> scores;        ///< as many, or empty: merges say what goes first
  std::vector<Merge> merges;        ///< best first
  PreTokenizer pre_tokenizer = PreTokenizer::gpt2;  ///< byte_level
  /// byte_level: a word that is a token as a whole is that token, whatever the merges say.
  bool whole_words = false;
  bool add_space_prefix = false;  ///< sentence_piece: a space before the text
  std::optional<std::int32_t> bos, eos, unknown;
  bool add_bos = false;
};

/// More tokens or merges, or longer ones, than any vocabulary has: refused before room is made.
inline constexpr std::uint64_t kMostTokensOfVocabulary = std::uint64_t{1} << 21;
inline constexpr std::uint64_t kMostMerges = std::uint64_t{1} << 22;
inline constexpr std::size_t kLongestPiece = std::size_t{1} << 16;

using PieceIds = std::unordered_map<std::string_view, std::int32_t>;

/// Ids by piece; points into the vocabulary. Error for a piece that is there twice, or empty.
PieceIds ids_of_pieces(const Vocabulary& vocabulary);

/// "left right", as GGUF and older tokenizer.json write merges, split at the space that is not
/// their first character. Error, naming the rank, when a part or the whole is no token.
Merge parse_merge(const Vocabulary& vocabulary, const PieceIds& ids, std::string_view text,
                  std::size_t rank);
Merge make_merge(const Vocabulary& vocabulary, const PieceIds& ids, std::string_view left,
                 std::string_view right, std::size_t rank);

/// Error when the parts do not fit each other: as many kinds as pieces, scores too or none, ids of
/// special tokens within the vocabulary, scores that are numbers.
void check_vocabulary(const Vocabulary& vocabulary);

}  // namespace ridgepoint
