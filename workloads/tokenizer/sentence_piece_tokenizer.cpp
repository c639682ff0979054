#include "workloads/tokenizer/sentence_piece_tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "workloads/error.h"
#include "workloads/formats/format_error.h"
#include "workloads/tokenizer/character.h"
#include "workloads/tokenizer/merge_symbols.h"

namespace ridgepoint {
namespace {

/// U+2581, which stands for a space in pieces.
constexpr std::string_view kSpaceMark = "\xE2\x96\x81";

std::string replaced(std::string_view text, std::string_view what, std::string_view by) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t at = std::min(text.find(what, from), text.size());
    result += text.substr(from, at - from);
    if (at < text.size()) result += by;
    from = at + (at < text.size() ? what.size() : 0);
  }
  return result;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

/// The byte that "<0x41>" stands for; below 0: the piece is none.
int byte_of_piece(std::string_view piece) {
  if (piece.size() != 6 || !piece.starts_with("<0x") || piece.back() != '>') return -1;
  const int high = hex_digit(piece[3]);
  const int low = hex_digit(piece[4]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

std::uint64_t key_of_symbols(std::int32_t left, std::int32_t right) {
  return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 |
         static_cast<std::uint32_t>(right);
}

/// User-defined tokens are looked for in texts, which have spaces where files may have marks.
Vocabulary with_spaces_in_names(Vocabulary vocabulary) {
  check_vocabulary(vocabulary);
  for (std::size_t id = 0; id < vocabulary.pieces.size(); ++id) {
    if (vocabulary.kinds[id] != TokenKind::user_defined) continue;
    vocabulary.pieces[id] = replaced(vocabulary.pieces[id], kSpaceMark, " ");
  }
  return vocabulary;
}

}  // namespace

SentencePieceTokenizer::SentencePieceTokenizer(Vocabulary vocabulary)
    : vocabulary_(with_spaces_in_names(std::move(vocabulary))), special_(vocabulary_) {
  if (vocabulary_.scores.empty() && vocabulary_.merges.empty()) {
    throw Error(
        fmt::format("{}: vocabulary: it has neither scores nor merges, so nobody knows what goes "
                    "first; convert "
                    "the model again",
                    vocabulary_.origin));
  }
  of_byte_.fill(-1);
  for (std::size_t id = 0; id < vocabulary_.pieces.size(); ++id) {
    const std::string& piece = vocabulary_.pieces[id];
    const auto token = static_cast<std::int32_t>(id);
    std::string& bytes = bytes_.emplace_back();
    switch (vocabulary_.kinds[id]) {
      case TokenKind::control:
      case TokenKind::unknown:
        break;
      case TokenKind::user_defined:
        bytes = piece;
        break;
      case TokenKind::byte: {
        const int byte = byte_of_piece(piece);
        if (byte < 0) {
          throw Error(
              fmt::format("{}: vocabulary: token {} is {}, which stands for no byte; "
                          "convert the model again",
                          vocabulary_.origin, id, in_quotes(piece)));
        }
        bytes = static_cast<char>(byte);
        of_byte_[static_cast<std::size_t>(byte)] = token;
        break;
      }
      case TokenKind::normal:
      case TokenKind::unused:
        bytes = replaced(piece, kSpaceMark, " ");
        ids_.emplace(piece, token);
        break;
    }
  }
  has_all_bytes_ = std::ranges::all_of(of_byte_, [](std::int32_t id) { return id >= 0; });
  for (std::size_t rank = 0; vocabulary_.scores.empty() && rank < vocabulary_.merges.size();
       ++rank) {
    const Merge& merge = vocabulary_.merges[rank];
    ranks_.emplace(key_of_symbols(merge.left, merge.right), static_cast<std::uint32_t>(rank));
  }
}

bool SentencePieceTokenizer::is_control(std::int32_t id) const {
  return vocabulary_.kinds[static_cast<std::size_t>(id)] == TokenKind::control;
}

void SentencePieceTokenizer::encode_bytes(std::string_view bytes,
                                          std::vector<std::int32_t>& ids) const {
  const bool known = std::ranges::all_of(
      bytes, [&](char c) { return of_byte_[static_cast<unsigned char>(c)] >= 0; });
  if (known) {
    for (const char c : bytes) ids.push_back(of_byte_[static_cast<unsigned char>(c)]);
  } else if (vocabulary_.unknown) {
    ids.push_back(*vocabulary_.unknown);
  } else {
    throw Error(fmt::format("{}: its vocabulary has no token for {}", vocabulary_.origin,
                            in_quotes(bytes)));
  }
}

void SentencePieceTokenizer::encode_pieces(std::string_view text,
                                           std::vector<std::int32_t>& ids) const {
  std::vector<MergeSymbol> symbols;
  for (std::size_t place = 0; place < text.size();) {
    const std::size_t bytes = character_bytes(text, place);
    const auto found = ids_.find(text.substr(place, bytes));
    symbols.push_back({.id = found == ids_.end() ? -1 : found->second,
                       .start = static_cast<std::uint32_t>(place),
                       .bytes = static_cast<std::uint32_t>(bytes)});
    place += bytes;
  }
  merge_symbols(
      symbols,
      [&](const MergeSymbol& left, const MergeSymbol& right) -> std::optional<MergeCandidate> {
        if (vocabulary_.scores.empty()) {
          const auto found = ranks_.find(key_of_symbols(left.id, right.id));
          if (found == ranks_.end()) return std::nullopt;
          return MergeCandidate{static_cast<double>(found->second),
                                vocabulary_.merges[found->second].merged};
        }
        const auto found = ids_.find(text.substr(left.start, left.bytes + right.bytes));
        if (found == ids_.end()) return std::nullopt;
        return MergeCandidate{
            -static_cast<double>(vocabulary_.scores[static_cast<std::size_t>(found->second)]),
            found->second};
      });
  for (std::int32_t i = symbols.empty() ? -1 : 0; i >= 0;
       i = symbols[static_cast<std::size_t>(i)].next) {
    const MergeSymbol& symbol = symbols[static_cast<std::size_t>(i)];
    if (symbol.id >= 0) {
      ids.push_back(symbol.id);
    } else {
      encode_bytes(text.substr(symbol.start, symbol.bytes), ids);
    }
  }
}

void SentencePieceTokenizer::encode_between(std::string_view text,
                                            std::vector<std::int32_t>& ids) const {
  while (has_all_bytes_) {
    const std::size_t mark = text.find(kSpaceMark);
    if (mark == std::string_view::npos) break;
    encode_pieces(replaced(text.substr(0, mark), " ", kSpaceMark), ids);
    encode_bytes(kSpaceMark, ids);
    text.remove_prefix(mark + kSpaceMark.size());
  }
  encode_pieces(replaced(text, " ", kSpaceMark), ids);
}

std::vector<std::int32_t> SentencePieceTokenizer::encode(std::string_view text,
                                                         const EncodeOptions& options) const {
  std::vector<std::int32_t> ids;
  std::string prefixed;
  if (vocabulary_.add_space_prefix) {
    // The space stands before the text proper, and is part of it: a user-defined token may take it.
    if (options.special) {  // else control tokens are text
      for (const TextFragment& fragment : special_.split(text, true)) {
        if (fragment.id < 0 || !is_control(fragment.id)) break;
        ids.push_back(fragment.id);
        text.remove_prefix(fragment.text.size());
      }
    }
    if (!text.empty()) prefixed.append(1, ' ').append(text);
    text = prefixed;
  }
  for (const TextFragment& fragment : special_.split(text, options.special)) {
    if (fragment.id >= 0) {
      ids.push_back(fragment.id);
    } else {
      encode_between(fragment.text, ids);
    }
  }
  return ids;
}

std::string SentencePieceTokenizer::decode(std::span<const std::int32_t> ids) const {
  std::string text;
  for (const std::int32_t id : ids) {
    if (id < 0 || id >= vocabulary()) {
      throw Error(fmt::format("token {} is outside the vocabulary of {}", id, vocabulary()));
    }
    text += bytes_[static_cast<std::size_t>(id)];
  }
  if (vocabulary_.add_space_prefix && text.starts_with(' ')) text.erase(0, 1);
  return text;
}

std::int64_t SentencePieceTokenizer::bytes_of(std::int32_t id) const {
  return id >= 0 && id < vocabulary() ? std::ssize(bytes_[static_cast<std::size_t>(id)]) : 0;
}

}  // namespace ridgepoint
