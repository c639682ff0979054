// Samples as blobs: differences in zigzag form, their bytes split into planes, in a zstd frame that
// carries its own checksum. Exact for any int64. Byte for byte in docs/formats.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace ridgepoint {

inline constexpr int kSampleCodecDeltaZstd = 1;

std::vector<std::byte> encode_samples(std::span<const std::int64_t> samples);

/// The same, for many series one after the other: setting zstd up takes longer than packing a few
/// samples. Threads: one at a time.
class SampleEncoder {
 public:
  SampleEncoder();
  ~SampleEncoder();
  SampleEncoder(const SampleEncoder&) = delete;
  SampleEncoder& operator=(const SampleEncoder&) = delete;
  std::vector<std::byte> encode(std::span<const std::int64_t> samples);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Error when the codec is unknown, the checksum fails or the count does not match. Safe on hostile
/// blobs: memory stays proportional to the blob.
std::vector<std::int64_t> decode_samples(int codec, std::int64_t count,
                                         std::span<const std::byte> blob);

/// The same, for many series one after the other: setting zstd up takes longer than unpacking a few
/// samples. Threads: one at a time.
class SampleDecoder {
 public:
  SampleDecoder();
  ~SampleDecoder();
  SampleDecoder(const SampleDecoder&) = delete;
  SampleDecoder& operator=(const SampleDecoder&) = delete;
  std::vector<std::int64_t> decode(int codec, std::int64_t count, std::span<const std::byte> blob);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ridgepoint
