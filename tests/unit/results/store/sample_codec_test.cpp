#include "results/store/sample_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zstd.h>

#include <limits>
#include <random>

#include "tests/unit/results/example_data.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

std::vector<std::int64_t> decoded(const std::vector<std::byte>& blob, std::size_t count) {
  return decode_samples(kSampleCodecDeltaZstd, static_cast<std::int64_t>(count), blob);
}

TEST(SampleCodec, RoundTripsExtremeValues) {
  const std::vector<std::vector<std::int64_t>> cases = {
      {}, {0}, {kLeast}, {kMost}, {kLeast, kMost, kLeast, 0, -1, 1, kMost, kMost}, {-5, -5, -5}};
  for (const auto& samples : cases) {
    EXPECT_EQ(decoded(encode_samples(samples), samples.size()), samples);
  }
}

TEST(SampleCodec, RoundTripsRandomIntegersOfEveryMagnitude) {
  constexpr std::uint64_t kSeed = 20240501;
  SCOPED_TRACE(kSeed);
  std::mt19937_64 random(kSeed);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::int64_t> samples(random() % 300);
    for (auto& sample : samples) sample = static_cast<std::int64_t>(random() >> (random() % 64));
    ASSERT_EQ(decoded(encode_samples(samples), samples.size()), samples);
  }
}

TEST(SampleCodec, PacksTimingsIntoLessThanTheirBytes) {
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> noise(std::log(50e3), 0.05);
  std::vector<std::int64_t> samples(100'000);
  for (auto& sample : samples) sample = static_cast<std::int64_t>(noise(random));
  EXPECT_LT(encode_samples(samples).size(), samples.size() * 2);
}

TEST(SampleCodec, WritesAHandfulOfSamplesAsAFrameThatAnyZstdReads) {
  std::mt19937_64 random(11);
  for (std::size_t count = 0; count <= 40; ++count) {  // 31 is the last whose frame is written out
    for (const std::uint64_t range :
         {std::uint64_t{1}, std::uint64_t{1} << 28U, ~std::uint64_t{0}}) {
      std::vector<std::int64_t> samples(count);
      for (auto& sample : samples) sample = static_cast<std::int64_t>(random() % range);
      const auto blob = encode_samples(samples);
      EXPECT_EQ(ZSTD_findFrameCompressedSize(blob.data(), blob.size()), blob.size()) << count;
      std::vector<std::uint8_t> planes(8 * count + 1);
      EXPECT_EQ(ZSTD_decompress(planes.data(), planes.size(), blob.data(), blob.size()), 8 * count);
      EXPECT_EQ(decoded(blob, count), samples);
    }
  }
  // Magic, descriptor, size, two block headers, 20 bytes that say something, a zero, a checksum.
  const std::vector<std::int64_t> timings = {900'000'001, 1'000'000'002, 950'000'003, 910'000'004,
                                             1'090'000'005};
  EXPECT_LE(encode_samples(timings).size(), 37U);
}

TEST(SampleCodec, IsWrittenAsTheFormatDocumentSays) {
  // Differences 1, -2, 300 in zigzag form are 2, 3, 600 = 0x258: planes of low bytes, then high.
  const auto blob = encode_samples(std::vector<std::int64_t>{1, -1, 299});
  const std::vector<std::int64_t> expected = {1, -1, 299};
  EXPECT_EQ(decoded(blob, 3), expected);
  ASSERT_GE(blob.size(), 4U);
  EXPECT_EQ(blob[0], std::byte{0x28});  // zstd magic, little-endian
  EXPECT_EQ(blob[3], std::byte{0xFD});
}

TEST(SampleCodec, RefusesAFlippedBitAnywhere) {
  std::vector<std::int64_t> samples;
  for (int i = 0; i < 500; ++i) samples.push_back(1'000'000 + (i * 7919) % 1000);
  const auto good = encode_samples(samples);
  for (std::size_t byte = 0; byte < good.size(); ++byte) {
    auto bad = good;
    bad[byte] ^= std::byte{0x10};
    try {
      EXPECT_EQ(decoded(bad, samples.size()), samples) << "byte " << byte << " made other samples";
    } catch (const Error&) {
    }
  }
  auto bad = good;
  bad.back() ^= std::byte{1};  // the checksum itself
  EXPECT_THAT(error_of([&] { decoded(bad, samples.size()); }), HasSubstr("checksum"));
}

TEST(SampleCodec, RefusesEveryTruncation) {
  const std::vector<std::int64_t> samples(100, 12345);
  const auto good = encode_samples(samples);
  for (std::size_t size = 0; size < good.size(); ++size) {
    const std::vector<std::byte> cut(good.begin(),
                                     good.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_THROW(decoded(cut, samples.size()), Error) << size;
  }
}

TEST(SampleCodec, RefusesAWrongCountAndAnUnknownCodec) {
  const auto blob = encode_samples(std::vector<std::int64_t>{1, 2, 3});
  EXPECT_THAT(error_of([&] { decoded(blob, 2); }), HasSubstr("2 counted"));
  EXPECT_THAT(error_of([&] { decode_samples(kSampleCodecDeltaZstd, -1, blob); }),
              HasSubstr("counted"));
  EXPECT_THAT(error_of([&] { decode_samples(99, 3, blob); }), HasSubstr("codec 99"));
}

TEST(SampleCodec, GivesNoMemoryToAFrameThatOnlyClaimsToBeLarge) {
  // Magic, descriptor (8-byte content size, single segment, checksum), 2^40 bytes, then nothing.
  const std::vector<std::byte> bomb = {
      std::byte{0x28}, std::byte{0xB5}, std::byte{0x2F}, std::byte{0xFD}, std::byte{0xE4},
      std::byte{0},    std::byte{0},    std::byte{0},    std::byte{0},    std::byte{0},
      std::byte{1},    std::byte{0},    std::byte{0}};
  EXPECT_THAT(error_of([&] { decode_samples(kSampleCodecDeltaZstd, std::int64_t{1} << 37, bomb); }),
              HasSubstr("cannot hold"));
}

}  // namespace
}  // namespace ridgepoint
