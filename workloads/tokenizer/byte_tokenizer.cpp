#include "workloads/tokenizer/byte_tokenizer.h"

#include <fmt/format.h>

#include "workloads/error.h"

namespace ridgepoint {
namespace {

constexpr std::int32_t kByteIds = 256;

}  // namespace

ByteTokenizer::ByteTokenizer(std::int64_t vocabulary, std::optional<std::int32_t> bos,
                             std::optional<std::int32_t> eos)
    : vocabulary_(vocabulary), bos_(bos), eos_(eos) {
  if (vocabulary < kByteIds) {
    throw Error(
        fmt::format("a vocabulary of {} tokens does not hold the {} bytes", vocabulary, kByteIds));
  }
}

std::vector<std::int32_t> ByteTokenizer::encode(std::string_view text, const EncodeOptions&) const {
  std::vector<std::int32_t> ids;
  ids.reserve(text.size());
  for (const char c : text) ids.push_back(static_cast<unsigned char>(c));
  return ids;
}

std::string ByteTokenizer::decode(std::span<const std::int32_t> ids) const {
  std::string text;
  text.reserve(ids.size());
  for (const std::int32_t id : ids) {
    if (id < 0 || id >= vocabulary_) {
      throw Error(fmt::format("token {} is outside the vocabulary of {}", id, vocabulary_));
    }
    if (id < kByteIds) text += static_cast<char>(static_cast<unsigned char>(id));
  }
  return text;
}

std::int64_t ByteTokenizer::bytes_of(std::int32_t id) const {
  return id >= 0 && id < kByteIds ? 1 : 0;
}

}  // namespace ridgepoint
