#include "workloads/tokenizer/vocabulary.h"

#include <fmt/format.h>

#include <cmath>

#include "workloads/error.h"
#include "workloads/formats/format_error.h"

namespace ridgepoint {
namespace {

constexpr std::string_view kVocabularyRemedy = "convert or download the model again";

[[noreturn]] void fail_vocabulary(const Vocabulary& vocabulary, std::string_view what) {
  throw Error(fmt::format("{}: vocabulary: {}; {}", vocabulary.origin, what, kVocabularyRemedy));
}

std::int32_t id_of_part(const Vocabulary& vocabulary, const PieceIds& ids, std::string_view part,
                        std::size_t rank) {
  const auto found = ids.find(part);
  if (found == ids.end()) {
    fail_vocabulary(vocabulary,
                    fmt::format("merge {} names {}, which is no token", rank, in_quotes(part)));
  }
  return found->second;
}

}  // namespace

PieceIds ids_of_pieces(const Vocabulary& vocabulary) {
  PieceIds ids;
  ids.reserve(vocabulary.pieces.size());
  for (std::size_t id = 0; id < vocabulary.pieces.size(); ++id) {
    const std::string& piece = vocabulary.pieces[id];
    if (piece.empty()) fail_vocabulary(vocabulary, fmt::format("token {} is empty", id));
    const auto [found, added] = ids.emplace(piece, static_cast<std::int32_t>(id));
    if (!added) {
      fail_vocabulary(vocabulary, fmt::format("token {} is {}, and so is token {}", id,
                                              in_quotes(piece), found->second));
    }
  }
  return ids;
}

Merge make_merge(const Vocabulary& vocabulary, const PieceIds& ids, std::string_view left,
                 std::string_view right, std::size_t rank) {
  Merge merge;
  merge.left = id_of_part(vocabulary, ids, left, rank);
  merge.right = id_of_part(vocabulary, ids, right, rank);
  merge.merged = id_of_part(vocabulary, ids, std::string(left) + std::string(right), rank);
  return merge;
}

Merge parse_merge(const Vocabulary& vocabulary, const PieceIds& ids, std::string_view text,
                  std::size_t rank) {
  // A part may be a space itself in vocabularies that keep them.
  const std::size_t space = text.find(' ', 1);
  if (text.empty() || space == std::string_view::npos || space + 1 == text.size()) {
    fail_vocabulary(vocabulary,
                    fmt::format("merge {} is {}, not two tokens", rank, in_quotes(text)));
  }
  return make_merge(vocabulary, ids, text.substr(0, space), text.substr(space + 1), rank);
}

void check_vocabulary(const Vocabulary& vocabulary) {
  const std::size_t count = vocabulary.pieces.size();
  if (count == 0) fail_vocabulary(vocabulary, "it has no tokens");
  if (vocabulary.kinds.size() != count) {
    fail_vocabulary(vocabulary,
                    fmt::format("{} types for {} tokens", vocabulary.kinds.size(), count));
  }
  if (!vocabulary.scores.empty() && vocabulary.scores.size() != count) {
    fail_vocabulary(vocabulary,
                    fmt::format("{} scores for {} tokens", vocabulary.scores.size(), count));
  }
  for (std::size_t id = 0; id < vocabulary.scores.size(); ++id) {
    if (!std::isfinite(vocabulary.scores[id])) {
      fail_vocabulary(vocabulary, fmt::format("the score of token {} is no number", id));
    }
  }
  for (const auto& [name, id] : {std::pair("bos", vocabulary.bos), std::pair("eos", vocabulary.eos),
                                 std::pair("unknown", vocabulary.unknown)}) {
    if (id && (*id < 0 || static_cast<std::size_t>(*id) >= count)) {
      fail_vocabulary(vocabulary,
                      fmt::format("its {} token is {}, of {} tokens", name, *id, count));
    }
  }
}

}  // namespace ridgepoint
