// Bytes as ids: the vocabulary of the bundled model, where a token is a raw byte and byte 0 begins
// a text.
#pragma once

#include "workloads/tokenizer/tokenizer.h"

namespace ridgepoint {

class ByteTokenizer : public Tokenizer {
 public:
  /// `vocabulary` is at least 256; ids beyond 255 stand for nothing.
  ByteTokenizer(std::int64_t vocabulary, std::optional<std::int32_t> bos,
                std::optional<std::int32_t> eos);
  [[nodiscard]] std::string kind() const override { return "bytes"; }
  [[nodiscard]] std::int64_t vocabulary() const override { return vocabulary_; }
  [[nodiscard]] std::optional<std::int32_t> bos() const override { return bos_; }
  [[nodiscard]] std::optional<std::int32_t> eos() const override { return eos_; }
  [[nodiscard]] bool adds_bos() const override { return bos_.has_value(); }
  [[nodiscard]] std::vector<std::int32_t> encode(std::string_view text,
                                                 const EncodeOptions& options = {}) const override;
  [[nodiscard]] std::string decode(std::span<const std::int32_t> ids) const override;
  [[nodiscard]] std::int64_t bytes_of(std::int32_t id) const override;

 private:
  std::int64_t vocabulary_;
  std::optional<std::int32_t> bos_, eos_;
};

}  // namespace ridgepoint
