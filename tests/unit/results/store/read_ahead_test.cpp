#include "results/store/read_ahead.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "results/store/sample_codec.h"

namespace ridgepoint {
namespace {

/// `count` records numbered from 0, then what `then` does.
RecordStream numbered(
    std::int64_t count, const std::function<void()>& then = [] {}) {
  RecordStream stream;
  stream.records = [count, then](const RecordSink& sink) {
    for (std::int64_t i = 0; i < count; ++i) {
      Record record;
      record.ordinal = i;
      record.measurement.series.push_back({"run", "ns", {i}});
      sink(std::move(record));
    }
    then();
  };
  return stream;
}

TEST(ReadAhead, GivesEveryRecordInOrder) {
  for (const std::int64_t count : {0, 1, 511, 512, 513, 5000}) {
    std::int64_t next = 0;
    read_ahead(numbered(count), [&](std::span<const PackedRecord> batch) {
      for (const PackedRecord& packed : batch) {
        EXPECT_EQ(packed.record.ordinal, next);
        ASSERT_EQ(packed.series.size(), 1U);
        EXPECT_EQ(decode_samples(kSampleCodecDeltaZstd, 1, packed.series[0]),
                  std::vector<std::int64_t>{next++});
      }
    });
    EXPECT_EQ(next, count);
  }
}

TEST(ReadAhead, ThrowsWhatTheStreamThrewAfterEverythingBefore) {
  std::int64_t taken = 0;
  EXPECT_THROW(read_ahead(numbered(1000, [] { throw std::runtime_error("cut"); }),
                          [&](std::span<const PackedRecord> batch) {
                            taken += static_cast<std::int64_t>(batch.size());
                          }),
               std::runtime_error);
  EXPECT_EQ(taken, 1000);
}

TEST(ReadAhead, EndsTheReadingWhenNobodyWantsMore) {
  bool at_end = false;
  EXPECT_THROW(read_ahead(numbered(1'000'000, [&] { at_end = true; }),
                          [](std::span<const PackedRecord> batch) {
                            if (batch.back().record.ordinal > 700) throw std::out_of_range("full");
                          }),
               std::out_of_range);
  EXPECT_FALSE(at_end);
}

}  // namespace
}  // namespace ridgepoint
