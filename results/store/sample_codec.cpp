#include "results/store/sample_codec.h"

#include <fmt/format.h>
#include <xxhash.h>
#include <zstd.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "workloads/error.h"

namespace ridgepoint {
namespace {

constexpr std::size_t kWidth = sizeof(std::int64_t);
// Once bytes stand in planes, higher levels gain nothing on timings and cost up to ten times as
// much.
constexpr int kLevel = 1;
// A zstd block expands to 128 KiB at most and takes 4 bytes at least; a frame that claims more than
// that is damaged, and is not given the memory it asks for.
constexpr std::uint64_t kGreatestExpansion = (128 * 1024) / 4;

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

// Neighbouring timings differ in their low bytes only, so all bytes of one significance go
// together.
void split_into_planes(std::span<const std::int64_t> samples, std::span<std::uint8_t> planes) {
  const std::size_t count = samples.size();
  std::uint64_t previous = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto sample = static_cast<std::uint64_t>(samples[i]);
    const std::uint64_t difference = sample - previous;  // wraps, so every int64 comes back
    previous = sample;
    const std::uint64_t zigzag = (difference << 1) ^ (std::uint64_t{0} - (difference >> 63));
    for (std::size_t byte = 0; byte < kWidth; ++byte) {
      planes[byte * count + i] = static_cast<std::uint8_t>(zigzag >> (8 * byte));
    }
  }
}

void join_planes(std::span<const std::uint8_t> planes, std::span<std::int64_t> samples) {
  const std::size_t count = samples.size();
  std::uint64_t previous = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t zigzag = 0;
    for (std::size_t byte = 0; byte < kWidth; ++byte) {
      zigzag |= static_cast<std::uint64_t>(planes[byte * count + i]) << (8 * byte);
    }
    previous += (zigzag >> 1) ^ (std::uint64_t{0} - (zigzag & 1));
    samples[i] = static_cast<std::int64_t>(previous);
  }
}

// The most content whose size a frame says in one byte.
constexpr std::size_t kSmallFrame = 255;

/// A zstd frame (RFC 8878) of few bytes, written out: what stands at the beginning as it is, and
/// the zeros at the end, which are the high planes of timings, as one block. For a handful of
/// samples zstd finds nothing better, and takes longer to look than everything else about a record.
std::vector<std::byte> small_frame(std::span<const std::uint8_t> content) {
  enum BlockType : std::uint32_t { raw = 0, repeated = 1 };
  const auto last = std::find_if(content.rbegin(), content.rend(), [](auto b) { return b != 0; });
  const auto zeros = static_cast<std::size_t>(last - content.rbegin());
  const std::size_t plain = zeros > 4 ? content.size() - zeros : content.size();
  std::vector<std::byte> frame;
  frame.reserve(content.size() + 20);
  const auto number = [&](std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) frame.push_back(static_cast<std::byte>(value >> (8 * i)));
  };
  const auto block = [&](std::size_t size, BlockType type, bool is_last) {
    number(static_cast<std::uint32_t>(size) << 3 | type << 1U | (is_last ? 1U : 0U), 3);
  };
  number(ZSTD_MAGICNUMBER, 4);
  number(0x24, 1);  // one segment, with a checksum, its size in one byte
  number(static_cast<std::uint32_t>(content.size()), 1);
  if (plain > 0 || plain == content.size()) {
    block(plain, raw, plain == content.size());
    const auto bytes = std::as_bytes(content.first(plain));
    frame.insert(frame.end(), bytes.begin(), bytes.end());
  }
  if (plain < content.size()) {
    block(zeros, repeated, true);
    number(0, 1);
  }
  number(static_cast<std::uint32_t>(XXH64(content.data(), content.size(), 0)), 4);
  return frame;
}

[[noreturn]] void damaged(std::string_view what) {
  throw Error(fmt::format(
      "samples: {}; the blob was cut or altered: restore the database from a backup", what));
}

}  // namespace

struct SampleEncoder::State {
  std::unique_ptr<ZSTD_CCtx, FreeContext> context{ZSTD_createCCtx()};
  std::vector<std::uint8_t> planes;
};

SampleEncoder::SampleEncoder() : state_(std::make_unique<State>()) {
  if (!state_->context) throw std::bad_alloc();
  ZSTD_CCtx_setParameter(state_->context.get(), ZSTD_c_compressionLevel, kLevel);
  ZSTD_CCtx_setParameter(state_->context.get(), ZSTD_c_checksumFlag, 1);
}

SampleEncoder::~SampleEncoder() = default;

std::vector<std::byte> SampleEncoder::encode(std::span<const std::int64_t> samples) {
  std::vector<std::uint8_t>& planes = state_->planes;
  planes.resize(samples.size() * kWidth);
  split_into_planes(samples, planes);
  if (planes.size() <= kSmallFrame) return small_frame(planes);
  std::vector<std::byte> blob(ZSTD_compressBound(planes.size()));
  const std::size_t size =
      ZSTD_compress2(state_->context.get(), blob.data(), blob.size(), planes.data(), planes.size());
  if (ZSTD_isError(size) != 0U) {
    throw std::logic_error(fmt::format("encode_samples: {}", ZSTD_getErrorName(size)));
  }
  blob.resize(size);
  return blob;
}

struct SampleDecoder::State {
  std::unique_ptr<ZSTD_DCtx, FreeContext> context{ZSTD_createDCtx()};
  std::vector<std::uint8_t> planes;
};

SampleDecoder::SampleDecoder() : state_(std::make_unique<State>()) {
  if (!state_->context) throw std::bad_alloc();
}

SampleDecoder::~SampleDecoder() = default;

std::vector<std::byte> encode_samples(std::span<const std::int64_t> samples) {
  return SampleEncoder().encode(samples);
}

std::vector<std::int64_t> decode_samples(int codec, std::int64_t count,
                                         std::span<const std::byte> blob) {
  return SampleDecoder().decode(codec, count, blob);
}

std::vector<std::int64_t> SampleDecoder::decode(int codec, std::int64_t count,
                                                std::span<const std::byte> blob) {
  if (codec != kSampleCodecDeltaZstd) {
    throw Error(
        fmt::format("samples: unknown codec {}; a newer Ridgepoint wrote them: update", codec));
  }
  const unsigned long long bytes = ZSTD_getFrameContentSize(blob.data(), blob.size());
  if (bytes == ZSTD_CONTENTSIZE_ERROR || bytes == ZSTD_CONTENTSIZE_UNKNOWN) {
    damaged("not a zstd frame with a size");
  }
  if (count < 0 || bytes % kWidth != 0 || bytes / kWidth != static_cast<std::uint64_t>(count)) {
    damaged(fmt::format("{} counted, but the blob holds {} bytes", count, bytes));
  }
  if (bytes / kGreatestExpansion > blob.size()) {
    damaged(fmt::format("{} bytes cannot hold {} samples", blob.size(), count));
  }
  std::vector<std::uint8_t>& planes = state_->planes;
  planes.resize(bytes);
  const std::size_t size = ZSTD_decompressDCtx(state_->context.get(), planes.data(), planes.size(),
                                               blob.data(), blob.size());
  if (ZSTD_isError(size) != 0U) damaged(ZSTD_getErrorName(size));
  if (size != planes.size()) damaged(fmt::format("{} of {} bytes came back", size, bytes));
  std::vector<std::int64_t> samples(static_cast<std::size_t>(count));
  join_planes(planes, samples);
  return samples;
}

}  // namespace ridgepoint
