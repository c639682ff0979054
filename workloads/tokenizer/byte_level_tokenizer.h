// Byte-level byte-pair encoding (GPT-2, Radford et al. 2019): text is cut into words, each word's
// bytes are merged by rank. Pieces are stored with every byte as a printable character, by the
// table that GPT-2 published.
#pragma once

#include <array>
#include <string>
#include <unordered_map>
#include <vector>

#include "workloads/tokenizer/special_tokens.h"
#include "workloads/tokenizer/tokenizer.h"
#include "workloads/tokenizer/vocabulary.h"

namespace ridgepoint {

class ByteLevelTokenizer : public Tokenizer {
 public:
  /// Error when the vocabulary is damaged.
  explicit ByteLevelTokenizer(Vocabulary vocabulary);
  ByteLevelTokenizer(const ByteLevelTokenizer&) = delete;
  ByteLevelTokenizer& operator=(const ByteLevelTokenizer&) = delete;

  [[nodiscard]] std::string kind() const override;
  [[nodiscard]] std::int64_t vocabulary() const override {
    return static_cast<std::int64_t>(vocabulary_.pieces.size());
  }
  [[nodiscard]] std::optional<std::int32_t> bos() const override { return vocabulary_.bos; }
  [[nodiscard]] std::optional<std::int32_t> eos() const override { return vocabulary_.eos; }
  [[nodiscard]] bool adds_bos() const override { return vocabulary_.add_bos && vocabulary_.bos; }
  [[nodiscard]] std::vector<std::int32_t> encode(std::string_view text,
                                                 const EncodeOptions& options = {}) const override;
  [[nodiscard]] std::string decode(std::span<const std::int32_t> ids) const override;
  [[nodiscard]] std::int64_t bytes_of(std::int32_t id) const override;

 private:
  void encode_word(std::string_view word, std::vector<std::int32_t>& ids) const;

  Vocabulary vocabulary_;
  SpecialTokens special_;
  std::vector<std::string> bytes_;         ///< that each token stands for
  std::array<std::int32_t, 256> of_byte_;  ///< token of each byte; below 0: none
  /// left << 32 | right -> rank in vocabulary_.merges
  std::unordered_map<std::uint64_t, std::uint32_t> ranks_;
  std::unordered_map<std::string_view, std::int32_t> words_;  ///< whole words, where that counts
};

}  // namespace ridgepoint
