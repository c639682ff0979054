#include "workloads/tokenizer/byte_level_tokenizer.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "workloads/error.h"
#include "workloads/tokenizer/character.h"
#include "workloads/tokenizer/merge_symbols.h"
#include "workloads/tokenizer/pre_tokenizer.h"

namespace ridgepoint {
namespace {

constexpr std::int32_t kFirstMovedByte = 256;

/// Whether GPT-2's table leaves this byte what it is in Latin-1.
constexpr bool is_printed(int byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

/// Bytes by the code point that stands for them; the others follow from 256 on, in their order.
const std::unordered_map<std::int32_t, char>& bytes_of_code_points() {
  static const auto table = [] {
    std::unordered_map<std::int32_t, char> bytes;
    std::int32_t moved = kFirstMovedByte;
    for (int byte = 0; byte < 256; ++byte) {
      bytes.emplace(is_printed(byte) ? byte : moved++, static_cast<char>(byte));
    }
    return bytes;
  }();
  return table;
}

/// What a stored piece stands for by the table; nothing where it holds other characters than the
/// table's, and so was added as it is.
std::optional<std::string> unprinted(const std::string& piece) {
  std::string bytes;
  for (std::size_t place = 0; place < piece.size();) {
    const auto character = character_at(piece, place);
    const auto found = bytes_of_code_points().find(character.code);
    if (found == bytes_of_code_points().end()) return std::nullopt;
    bytes += found->second;
    place += character.bytes;
  }
  return bytes;
}

std::uint64_t key_of_pair(std::int32_t left, std::int32_t right) {
  return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 |
         static_cast<std::uint32_t>(right);
}

}  // namespace

ByteLevelTokenizer::ByteLevelTokenizer(Vocabulary vocabulary)
    : vocabulary_((check_vocabulary(vocabulary), std::move(vocabulary))), special_(vocabulary_) {
  of_byte_.fill(-1);
  bytes_.reserve(vocabulary_.pieces.size());
  for (std::size_t id = 0; id < vocabulary_.pieces.size(); ++id) {
    switch (vocabulary_.kinds[id]) {
      case TokenKind::control:
      case TokenKind::unknown:
        bytes_.emplace_back();
        break;
      case TokenKind::user_defined:
        bytes_.push_back(vocabulary_.pieces[id]);
        break;
      case TokenKind::normal:
      case TokenKind::unused:
      case TokenKind::byte: {
        const auto by_table = unprinted(vocabulary_.pieces[id]);
        const std::string& bytes = bytes_.emplace_back(by_table.value_or(vocabulary_.pieces[id]));
        if (bytes.size() != 1) break;
        // Merges are of pieces by the table, so one that was added as it is gives way to them.
        std::int32_t& token = of_byte_[static_cast<unsigned char>(bytes.front())];
        if (by_table || token < 0) token = static_cast<std::int32_t>(id);
        break;
      }
    }
  }
  if (vocabulary_.whole_words) {
    for (std::size_t id = 0; id < bytes_.size(); ++id) {
      const TokenKind kind = vocabulary_.kinds[id];
      if (kind == TokenKind::normal) words_.emplace(bytes_[id], static_cast<std::int32_t>(id));
    }
  }
  ranks_.reserve(vocabulary_.merges.size());
  for (std::size_t rank = 0; rank < vocabulary_.merges.size(); ++rank) {
    const Merge& merge = vocabulary_.merges[rank];
    // The first of two that say the same is the better one.
    ranks_.emplace(key_of_pair(merge.left, merge.right), static_cast<std::uint32_t>(rank));
  }
}

std::string ByteLevelTokenizer::kind() const {
  return fmt::format("gpt2 ({})", name_of(vocabulary_.pre_tokenizer));
}

void ByteLevelTokenizer::encode_word(std::string_view word, std::vector<std::int32_t>& ids) const {
  if (vocabulary_.whole_words) {
    if (const auto found = words_.find(word); found != words_.end()) {
      ids.push_back(found->second);
      return;
    }
  }
  std::vector<MergeSymbol> symbols;
  symbols.reserve(word.size());
  for (std::size_t i = 0; i < word.size(); ++i) {
    const auto byte = static_cast<unsigned char>(word[i]);
    if (of_byte_[byte] < 0) {
      throw Error(fmt::format("{}: its vocabulary has no token for the byte 0x{:02X}",
                              vocabulary_.origin, byte));
    }
    symbols.push_back({.id = of_byte_[byte], .start = static_cast<std::uint32_t>(i), .bytes = 1});
  }
  merge_symbols(
      symbols,
      [&](const MergeSymbol& left, const MergeSymbol& right) -> std::optional<MergeCandidate> {
        const auto found = ranks_.find(key_of_pair(left.id, right.id));
        if (found == ranks_.end()) return std::nullopt;
        return MergeCandidate{static_cast<double>(found->second),
                              vocabulary_.merges[found->second].merged};
      });
  for (std::int32_t i = symbols.empty() ? -1 : 0; i >= 0;
       i = symbols[static_cast<std::size_t>(i)].next) {
    ids.push_back(symbols[static_cast<std::size_t>(i)].id);
  }
}

std::vector<std::int32_t> ByteLevelTokenizer::encode(std::string_view text,
                                                     const EncodeOptions& options) const {
  std::vector<std::int32_t> ids;
  for (const TextFragment& fragment : special_.split(text, options.special)) {
    if (fragment.id >= 0) {
      ids.push_back(fragment.id);
      continue;
    }
    for (std::size_t start = 0; start < fragment.text.size();) {
      const std::size_t end = end_of_word(vocabulary_.pre_tokenizer, fragment.text, start);
      encode_word(fragment.text.substr(start, end - start), ids);
      start = end;
    }
  }
  return ids;
}

std::string ByteLevelTokenizer::decode(std::span<const std::int32_t> ids) const {
  std::string text;
  for (const std::int32_t id : ids) {
    if (id < 0 || id >= vocabulary()) {
      throw Error(fmt::format("token {} is outside the vocabulary of {}", id, vocabulary()));
    }
    text += bytes_[static_cast<std::size_t>(id)];
  }
  return text;
}

std::int64_t ByteLevelTokenizer::bytes_of(std::int32_t id) const {
  return id >= 0 && id < vocabulary() ? std::ssize(bytes_[static_cast<std::size_t>(id)]) : 0;
}

}  // namespace ridgepoint
