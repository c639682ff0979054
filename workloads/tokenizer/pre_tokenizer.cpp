#include "workloads/tokenizer/pre_tokenizer.h"

#include <cstddef>
#include <stdexcept>
#include <utility>

#include "workloads/tokenizer/character.h"

namespace ridgepoint {
namespace {

struct PreTokenizerName {
  PreTokenizer pre_tokenizer;
  std::string_view name;     ///< what GGUF calls it
  std::string_view pattern;  ///< what tokenizer.json writes
};

constexpr PreTokenizerName kPreTokenizers[] = {
    {PreTokenizer::gpt2, "gpt-2",
     R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)"},
    {PreTokenizer::llama3, "llama-bpe",
     R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|)"
     R"(\s*[\r\n]+|\s+(?!\S)|\s+)"},
    {PreTokenizer::qwen2, "qwen2",
     R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|)"
     R"(\s*[\r\n]+|\s+(?!\S)|\s+)"},
};

/// Other names for the same in llama.cpp (llama-vocab.cpp), of models that took over a vocabulary.
/// "default" is what converters write where they knew no better, before there were others than
/// GPT-2's.
constexpr std::pair<std::string_view, PreTokenizer> kAliases[] = {
    {"default", PreTokenizer::gpt2},           {"phi-2", PreTokenizer::gpt2},
    {"llama3", PreTokenizer::llama3},          {"llama-v3", PreTokenizer::llama3},
    {"deepseek-r1-qwen", PreTokenizer::qwen2},
};

constexpr std::int32_t kLongS = 0x17F;  // its simple case folding is s

/// Reads on from a place of a text.
class WordReader {
 public:
  WordReader(std::string_view text, std::size_t start) : text_(text), start_(start) {}

  /// The end of a run of one class that begins at `place`, of at most `most` characters.
  [[nodiscard]] std::size_t run(CharacterClass kind, std::size_t place,
                                std::size_t most = SIZE_MAX) const {
    while (most-- > 0) {
      const auto character = character_at(text_, place);
      if (character.kind != kind) break;
      place += character.bytes;
    }
    return place;
  }

  /// 's, 't, 're, 've, 'm, 'll, 'd; 0 where there is none.
  [[nodiscard]] std::size_t contraction(bool any_case) const {
    if (character_at(text_, start_).code != '\'') return 0;
    const auto first = character_at(text_, start_ + 1);
    const char a = folded(first.code, any_case);
    const std::size_t one = start_ + 1 + first.bytes;
    if (a == 's' || a == 't' || a == 'm' || a == 'd') return one;
    const auto second = character_at(text_, one);
    const char b = folded(second.code, any_case);
    const bool two = (a == 'r' && b == 'e') || (a == 'v' && b == 'e') || (a == 'l' && b == 'l');
    return two ? one + second.bytes : 0;
  }

  /// A run of `kind`, with the space before it if there is one; 0 where there is none.
  [[nodiscard]] std::size_t spaced_run(CharacterClass kind) const {
    const std::size_t from = start_ + (character_at(text_, start_).code == ' ' ? 1 : 0);
    const std::size_t end = run(kind, from);
    return end > from ? end : 0;
  }

  /// White space up to the last character before something else, which is left to that; all of it
  /// at the end of the text, or where there is just one.
  [[nodiscard]] std::size_t white_space() const {
    std::size_t place = start_;
    std::size_t before_last = start_;
    for (auto character = character_at(text_, place); character.kind == CharacterClass::space;
         character = character_at(text_, place)) {
      before_last = place;
      place += character.bytes;
    }
    return place == text_.size() || before_last == start_ ? place : before_last;
  }

  /// Letters, with one character before them that is neither letter, number nor line break.
  [[nodiscard]] std::size_t led_letters() const {
    const auto first = character_at(text_, start_);
    std::size_t from = start_;
    if (first.kind == CharacterClass::space || first.kind == CharacterClass::other) {
      if (is_line_break(first)) return 0;
      from += first.bytes;
    }
    const std::size_t end = run(CharacterClass::letter, from);
    return end > from ? end : 0;
  }

  /// Neither letters, numbers nor space, with a space before and line breaks behind.
  [[nodiscard]] std::size_t symbols_and_breaks() const {
    std::size_t end = spaced_run(CharacterClass::other);
    if (end == 0) return 0;
    while (is_line_break(character_at(text_, end))) ++end;
    return end;
  }

  /// White space up to its last line break; 0 where it holds none.
  [[nodiscard]] std::size_t breaks() const {
    std::size_t place = start_;
    std::size_t after_break = 0;
    for (auto character = character_at(text_, place); character.kind == CharacterClass::space;
         character = character_at(text_, place)) {
      place += character.bytes;
      if (is_line_break(character)) after_break = place;
    }
    return after_break;
  }

 private:
  static bool is_line_break(const Character& character) {
    return character.code == '\r' || character.code == '\n';
  }

  static char folded(std::int32_t code, bool any_case) {
    if (any_case && code >= 'A' && code <= 'Z') return static_cast<char>(code - 'A' + 'a');
    if (any_case && code == kLongS) return 's';
    return code >= 'a' && code <= 'z' ? static_cast<char>(code) : '\0';
  }

  std::string_view text_;
  std::size_t start_;
};

std::size_t end_of_gpt2_word(const WordReader& reader) {
  if (const auto end = reader.contraction(false)) return end;
  for (const auto kind : {CharacterClass::letter, CharacterClass::number, CharacterClass::other}) {
    if (const auto end = reader.spaced_run(kind)) return end;
  }
  return reader.white_space();
}

std::size_t end_of_llama3_word(const WordReader& reader, std::size_t start, std::size_t digits) {
  if (const auto end = reader.contraction(true)) return end;
  if (const auto end = reader.led_letters()) return end;
  if (const auto end = reader.run(CharacterClass::number, start, digits); end > start) return end;
  if (const auto end = reader.symbols_and_breaks()) return end;
  if (const auto end = reader.breaks()) return end;
  return reader.white_space();
}

}  // namespace

std::optional<PreTokenizer> find_pre_tokenizer(std::string_view gguf_name) {
  for (const auto& [alias, pre_tokenizer] : kAliases) {
    if (alias == gguf_name) return pre_tokenizer;
  }
  for (const auto& known : kPreTokenizers) {
    if (known.name == gguf_name) return known.pre_tokenizer;
  }
  return std::nullopt;
}

std::optional<PreTokenizer> pre_tokenizer_of_pattern(std::string_view pattern) {
  for (const auto& known : kPreTokenizers) {
    if (known.pattern == pattern) return known.pre_tokenizer;
  }
  return std::nullopt;
}

std::string_view name_of(PreTokenizer pre_tokenizer) {
  for (const auto& known : kPreTokenizers) {
    if (known.pre_tokenizer == pre_tokenizer) return known.name;
  }
  throw std::logic_error("name_of: not a PreTokenizer");
}

std::size_t end_of_word(PreTokenizer pre_tokenizer, std::string_view text, std::size_t start) {
  const WordReader reader(text, start);
  switch (pre_tokenizer) {
    case PreTokenizer::gpt2:
      return end_of_gpt2_word(reader);
    case PreTokenizer::llama3:
      return end_of_llama3_word(reader, start, 3);
    case PreTokenizer::qwen2:
      return end_of_llama3_word(reader, start, 1);
  }
  throw std::logic_error("end_of_word: not a PreTokenizer");
}

}  // namespace ridgepoint
