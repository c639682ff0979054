// Tokenizer: text to the ids that a model was trained on, and back to bytes. What a vocabulary
// defines is all that is done: no normalisation beyond it, no template, no truncation. decode is
// exact: decode(encode(x)) is x for any UTF-8 (and for any bytes where the vocabulary reaches every
// byte), which is what lets a quality be stated per byte, whatever the tokens are.
//
// Threads: immutable once made; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ridgepoint {

struct EncodeOptions {
  /// Names of special tokens ("<|endoftext|>") in the text stand for those tokens; otherwise they
  /// are text like any other, as they must be in a document that talks about them.
  bool special = false;
};

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  /// What it is, for records: "bytes", "llama", "gpt2 (llama-bpe)".
  [[nodiscard]] virtual std::string kind() const = 0;
  /// Ids are 0 to vocabulary() - 1.
  [[nodiscard]] virtual std::int64_t vocabulary() const = 0;
  /// The token that begins a text, where the vocabulary has one.
  [[nodiscard]] virtual std::optional<std::int32_t> bos() const = 0;
  [[nodiscard]] virtual std::optional<std::int32_t> eos() const = 0;
  /// Whether the model was trained on texts that begin with bos(). encode never adds it.
  [[nodiscard]] virtual bool adds_bos() const = 0;
  /// Error when the vocabulary has no token for something in the text.
  [[nodiscard]] virtual std::vector<std::int32_t> encode(
      std::string_view text, const EncodeOptions& options = {}) const = 0;
  /// The bytes that the ids stand for; special tokens stand for none. Error for an id outside of
  /// the vocabulary.
  [[nodiscard]] virtual std::string decode(std::span<const std::int32_t> ids) const = 0;
  /// Bytes that a token stands for within a text; 0 for special tokens. Over all tokens of a text
  /// these add up to its length, but for a space that the vocabulary puts before it.
  [[nodiscard]] virtual std::int64_t bytes_of(std::int32_t id) const = 0;
};

}  // namespace ridgepoint
