// AMX's kernels as they are compiled, on a CPU without AMX by catching and emulating their tile
// instructions (tile_trap.h).
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <utility>

#include "profiler/ceilings/compute_kernels.h"
#include "profiler/ceilings/isa_here.h"
#include "profiler/ceilings/kernels/tables.h"
#include "tests/support/tile_trap.h"

#if defined(__x86_64__)
namespace ridgepoint::ceilings {
namespace {

class AmxCeilings : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!isa_here().amx_bf16.empty() || !isa_here().amx_int8.empty()) trap_.emplace();
  }
  /// Tile instructions that a run takes; where the CPU has AMX nobody counts them.
  [[nodiscard]] std::optional<long> instructions(const ComputeKernel& kernel,
                                                 std::int64_t rounds) const {
    if (!trap_) return std::nullopt;
    const long before = TileTrap::caught();
    kernel.run(rounds, data_);
    EXPECT_FALSE(TileTrap::configured()) << "the thread's tiles were not released";
    return TileTrap::caught() - before;
  }

  ComputeData data_ = make_compute_data(5);
  std::optional<TileTrap> trap_;
};

/// Of one round: the first rows of four sums, each of two of the operands in `bytes`.
std::int64_t sum_of_a_round(const std::int8_t (&bytes)[4096]) {
  constexpr int kTile = 1024, kRow = 64;
  std::int64_t sum = 0;
  for (const int left : {0, kTile}) {
    for (const int right : {2 * kTile, 3 * kTile}) {
      for (int k = 0; k < kRow; ++k) {
        for (int column = 0; column < 16; ++column) {
          sum += bytes[left + k] * bytes[right + k / 4 * kRow + 4 * column + k % 4];
        }
      }
    }
  }
  return sum;
}

TEST_F(AmxCeilings, SumBytesRoundByRoundFromRegistersAndFromTheSecondLevel) {
  const auto round = static_cast<double>(sum_of_a_round(data_.i8));
  EXPECT_EQ(kAmxInt8.run(10, data_), 10 * round);
  // Its operands are the same over and over; 300 rounds go through all of them and begin again.
  EXPECT_EQ(kAmxInt8FromL2.run(300, data_), 300 * round);
}

TEST_F(AmxCeilings, SumBf16TheSameFromRegistersAndFromTheSecondLevel) {
  const double sum = kAmxBf16.run(10, data_);
  EXPECT_NE(sum, 0);
  EXPECT_NE(sum, kAmxBf16.run(9, data_));
  EXPECT_EQ(kAmxBf16FromL2.run(10, data_), sum);
}

TEST_F(AmxCeilings, LoadEveryOperandAgainWhereTheyAreToComeFromTheSecondLevel) {
  for (const auto& [kernel, a_round] :
       {std::pair(&kAmxBf16, 4), std::pair(&kAmxInt8, 4), std::pair(&kAmxBf16FromL2, 8),
        std::pair(&kAmxInt8FromL2, 8)}) {
    const auto few = instructions(*kernel, 2), more = instructions(*kernel, 12);
    if (!few) GTEST_SKIP() << "the CPU has AMX and runs its instructions itself";
    EXPECT_EQ(*more - *few, 10 * a_round) << kernel->name;
  }
}

}  // namespace
}  // namespace ridgepoint::ceilings
#endif
