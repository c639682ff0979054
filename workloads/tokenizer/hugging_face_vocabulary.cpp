#include "workloads/tokenizer/hugging_face_vocabulary.h"

#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "workloads/error.h"
#include "workloads/formats/format_error.h"
#include "workloads/formats/json_error.h"

namespace ridgepoint {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kStoredSpace = "\xE2\x96\x81";  // U+2581
constexpr std::size_t kMostParts = 64;  // of a sequence of normalizers or pre-tokenizers

/// A member of an object, or null.
const Json& member(const Json& object, const char* key) {
  static const Json kNothing;
  if (!object.is_object()) return kNothing;
  const auto found = object.find(key);
  return found == object.end() ? kNothing : *found;
}

std::string text_in(const Json& object, const char* key) {
  const Json& value = member(object, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

bool is_true(const Json& object, const char* key) {
  return member(object, key) == Json(true);
}

/// The parts of a Sequence, or the thing itself; of normalizers, pre-tokenizers, processors.
std::vector<Json> parts_of(const Json& value) {
  if (!value.is_object()) return {};
  if (text_in(value, "type") != "Sequence") return {value};
  std::vector<Json> parts;
  for (const char* key : {"normalizers", "pretokenizers", "processors", "decoders"}) {
    for (const Json& part : member(value, key)) {
      if (parts.size() < kMostParts) parts.push_back(part);
    }
  }
  return parts;
}

class TokenizerJson {
 public:
  TokenizerJson(std::string_view text, std::string origin) {
    vocabulary_.origin = std::move(origin);
    try {
      json_ = Json::parse(text);
    } catch (const Json::parse_error& error) {
      fail_at(vocabulary_.origin, error.byte, "is not JSON: " + reason_of(error.what()));
    } catch (const Json::exception& error) {
      fail_at(vocabulary_.origin, 0, "is not JSON: " + reason_of(error.what()));
    }
    if (!json_.is_object()) fail("is no JSON object");
  }

  Vocabulary read() {
    const std::string type = text_in(member(json_, "model"), "type");
    // Old files leave the type out where it is BPE.
    if (type != "BPE" && !(type.empty() && member(member(json_, "model"), "merges").is_array())) {
      refuse(fmt::format("a model of type {}", in_quotes(type)));
    }
    read_pieces();
    read_added();
    read_family();
    check_vocabulary(vocabulary_);
    const PieceIds ids = ids_of_pieces(vocabulary_);
    read_merges(ids);
    read_unknown(ids);
    read_beginning(ids);
    check_vocabulary(vocabulary_);
    return std::move(vocabulary_);
  }

 private:
  [[noreturn]] void fail(std::string_view what) const {
    throw Error(fmt::format("{}: {}; download the tokenizer again", vocabulary_.origin, what));
  }
  [[noreturn]] void refuse(std::string_view what) const {
    throw Error(fmt::format(
        "{}: {}; this version reads byte-pair encodings of GPT-2, Llama 2, Llama 3 and Qwen2",
        vocabulary_.origin, what));
  }

  /// Puts a piece in its place; gaps are told later.
  void place(const std::string& piece, const Json& id, TokenKind kind, bool again) {
    if (!id.is_number_integer() || id < 0 || id >= kMostTokensOfVocabulary) {
      fail(fmt::format("token {} has no id that can be", in_quotes(piece)));
    }
    if (piece.empty() || piece.size() > kLongestPiece) {
      fail(fmt::format("the token of id {} is empty or too long", id.dump()));
    }
    const auto at = id.get<std::size_t>();
    if (at >= vocabulary_.pieces.size()) {
      vocabulary_.pieces.resize(at + 1);
      vocabulary_.kinds.resize(at + 1, TokenKind::normal);
    }
    std::string& stored = vocabulary_.pieces[at];
    if (!stored.empty() && !(again && stored == piece)) {
      fail(fmt::format("id {} is of {} and of {}", at, in_quotes(stored), in_quotes(piece)));
    }
    stored = piece;
    vocabulary_.kinds[at] = kind;
  }

  void read_pieces() {
    const Json& pieces = member(member(json_, "model"), "vocab");
    if (!pieces.is_object() || pieces.empty()) fail("has no vocabulary");
    if (pieces.size() > kMostTokensOfVocabulary) {
      fail(fmt::format("has {} tokens, more than any vocabulary", pieces.size()));
    }
    for (const auto& [piece, id] : pieces.items()) place(piece, id, TokenKind::normal, false);
  }

  void read_added() {
    const Json& added = member(json_, "added_tokens");
    if (added.is_null()) return;
    if (!added.is_array()) fail("added_tokens is no list");
    for (const Json& token : added) {
      place(text_in(token, "content"), member(token, "id"),
            is_true(token, "special") ? TokenKind::control : TokenKind::user_defined, true);
    }
  }

  void read_family() {
    for (std::size_t id = 0; id < vocabulary_.pieces.size(); ++id) {
      if (vocabulary_.pieces[id].empty()) {
        // Ids that nothing is said about: models pad their vocabularies.
        vocabulary_.pieces[id] = fmt::format("[unused id {}]", id);
        vocabulary_.kinds[id] = TokenKind::control;
      }
    }
    for (const Json& part : parts_of(member(json_, "pre_tokenizer"))) {
      if (text_in(part, "type") == "ByteLevel") {
        read_byte_level();
        return;
      }
    }
    if (!is_true(member(json_, "model"), "byte_fallback")) {
      refuse("neither byte-level nor with byte fall-back");
    }
    read_sentence_piece();
  }

  void read_byte_level() {
    vocabulary_.family = VocabularyFamily::byte_level;
    vocabulary_.whole_words = is_true(member(json_, "model"), "ignore_merges");
    for (const Json& part : parts_of(member(json_, "normalizer"))) {
      if (text_in(part, "type") != "NFC") {
        refuse(fmt::format("a normalizer {}", in_quotes(text_in(part, "type"))));
      }
    }
    std::optional<PreTokenizer> found;
    for (const Json& part : parts_of(member(json_, "pre_tokenizer"))) {
      const std::string type = text_in(part, "type");
      if (type == "ByteLevel") {
        if (is_true(part, "add_prefix_space")) refuse("a space that is put before the text");
        // Absent means yes, as it was before there was a choice.
        const bool splits = member(part, "use_regex") != Json(false);
        if (splits && !found) found = PreTokenizer::gpt2;
        continue;
      }
      const std::string pattern = text_in(member(part, "pattern"), "Regex");
      const auto known = pre_tokenizer_of_pattern(pattern);
      if (type != "Split" || !known || found || text_in(part, "behavior") != "Isolated" ||
          is_true(part, "invert")) {
        refuse(fmt::format("a pre-tokenizer {} {}", in_quotes(type), in_quotes(pattern)));
      }
      found = known;
    }
    if (!found) refuse("a pre-tokenizer that does not cut text into words");
    vocabulary_.pre_tokenizer = *found;
  }

  void read_sentence_piece() {
    vocabulary_.family = VocabularyFamily::sentence_piece;
    bool spaces = false;
    for (const Json& part : parts_of(member(json_, "normalizer"))) {
      const std::string type = text_in(part, "type");
      if (type == "Prepend" && text_in(part, "prepend") == kStoredSpace) {
        vocabulary_.add_space_prefix = true;
      } else if (type == "Replace" && text_in(member(part, "pattern"), "String") == " " &&
                 text_in(part, "content") == kStoredSpace) {
        spaces = true;
      } else {
        refuse(fmt::format("a normalizer {}", in_quotes(type)));
      }
    }
    for (const Json& part : parts_of(member(json_, "pre_tokenizer"))) {
      const std::string scheme = text_in(part, "prepend_scheme");
      if (text_in(part, "type") != "Metaspace" || text_in(part, "replacement") != kStoredSpace ||
          member(part, "split") != Json(false)) {
        refuse(fmt::format("a pre-tokenizer {}", in_quotes(text_in(part, "type"))));
      }
      spaces = true;
      vocabulary_.add_space_prefix =
          vocabulary_.add_space_prefix || scheme == "first" || scheme == "always";
    }
    if (!spaces) refuse("no U+2581 for spaces");
    for (std::size_t id = 0; id < vocabulary_.pieces.size(); ++id) {
      const std::string& piece = vocabulary_.pieces[id];
      if (vocabulary_.kinds[id] == TokenKind::normal && piece.size() == 6 &&
          piece.starts_with("<0x") && piece.back() == '>') {
        vocabulary_.kinds[id] = TokenKind::byte;
      }
    }
  }

  void read_merges(const PieceIds& ids) {
    const Json& merges = member(member(json_, "model"), "merges");
    if (!merges.is_array() || merges.size() > kMostMerges)
      fail("has no list of merges that can be");
    vocabulary_.merges.reserve(merges.size());
    for (const Json& merge : merges) {
      const std::size_t rank = vocabulary_.merges.size();
      if (merge.is_string()) {
        vocabulary_.merges.push_back(
            parse_merge(vocabulary_, ids, merge.get_ref<const std::string&>(), rank));
      } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() &&
                 merge[1].is_string()) {
        vocabulary_.merges.push_back(make_merge(vocabulary_, ids,
                                                merge[0].get_ref<const std::string&>(),
                                                merge[1].get_ref<const std::string&>(), rank));
      } else {
        fail(fmt::format("merge {} is no pair of tokens", rank));
      }
    }
  }

  void read_unknown(const PieceIds& ids) {
    const auto found = ids.find(text_in(member(json_, "model"), "unk_token"));
    if (found == ids.end()) return;
    vocabulary_.unknown = found->second;
    vocabulary_.kinds[static_cast<std::size_t>(found->second)] = TokenKind::unknown;
  }

  /// A template that begins with a token says what begins a text.
  void read_beginning(const PieceIds& ids) {
    for (const Json& part : parts_of(member(json_, "post_processor"))) {
      const Json& single = member(part, "single");
      if (!single.is_array() || single.empty()) continue;
      const auto found = ids.find(text_in(member(single[0], "SpecialToken"), "id"));
      if (found == ids.end()) continue;
      vocabulary_.bos = found->second;
      vocabulary_.add_bos = true;
    }
  }

  Json json_;
  Vocabulary vocabulary_;
};

}  // namespace

Vocabulary parse_hugging_face_vocabulary(std::string_view json, std::string origin) {
  return TokenizerJson(json, std::move(origin)).read();
}

}  // namespace ridgepoint
