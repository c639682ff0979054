// SentencePiece's byte-pair encoding (Kudo and Richardson 2018; Llama 1 and 2, Mistral, Gemma):
// characters of the whole text are merged by the score of what they become, or by ranked merges
// where a file has these instead; what no piece covers becomes bytes. A space is stored as U+2581.
#pragma once

#include <array>
#include <string>
#include <unordered_map>
#include <vector>

#include "workloads/tokenizer/special_tokens.h"
#include "workloads/tokenizer/tokenizer.h"
#include "workloads/tokenizer/vocabulary.h"

namespace ridgepoint {

class SentencePieceTokenizer : public Tokenizer {
 public:
  /// Error when the vocabulary is damaged, or has neither scores nor merges.
  explicit SentencePieceTokenizer(Vocabulary vocabulary);
  SentencePieceTokenizer(const SentencePieceTokenizer&) = delete;
  SentencePieceTokenizer& operator=(const SentencePieceTokenizer&) = delete;

  [[nodiscard]] std::string kind() const override { return "llama"; }
  [[nodiscard]] std::int64_t vocabulary() const override {
    return static_cast<std::int64_t>(vocabulary_.pieces.size());
  }
  [[nodiscard]] std::optional<std::int32_t> bos() const override { return vocabulary_.bos; }
  [[nodiscard]] std::optional<std::int32_t> eos() const override { return vocabulary_.eos; }
  [[nodiscard]] bool adds_bos() const override { return vocabulary_.add_bos && vocabulary_.bos; }
  /// A U+2581 of the text itself becomes bytes, so that it is told from a space, as far as the
  /// vocabulary has bytes.
  [[nodiscard]] std::vector<std::int32_t> encode(std::string_view text,
                                                 const EncodeOptions& options = {}) const override;
  [[nodiscard]] std::string decode(std::span<const std::int32_t> ids) const override;
  [[nodiscard]] std::int64_t bytes_of(std::int32_t id) const override;

 private:
  /// Of a text in which spaces are U+2581 already.
  void encode_pieces(std::string_view text, std::vector<std::int32_t>& ids) const;
  void encode_bytes(std::string_view bytes, std::vector<std::int32_t>& ids) const;
  /// Of a text without tokens that are taken whole.
  void encode_between(std::string_view text, std::vector<std::int32_t>& ids) const;
  [[nodiscard]] bool is_control(std::int32_t id) const;

  Vocabulary vocabulary_;
  SpecialTokens special_;
  std::vector<std::string> bytes_;         ///< that each token stands for
  std::array<std::int32_t, 256> of_byte_;  ///< token of each byte; below 0: none
  bool has_all_bytes_ = false;
  std::unordered_map<std::string_view, std::int32_t> ids_;  ///< of pieces that text is merged to
  std::unordered_map<std::uint64_t, std::uint32_t>
      ranks_;  ///< of merges, where there are no scores
};

}  // namespace ridgepoint
