#include "workloads/tensor/parallel_rows.h"

#include <gmock/gmock.h>

#include <atomic>
#include <mutex>
#include <set>

#include "workloads/error.h"

namespace ridgepoint {
namespace {

std::vector<RowSet> tensors() {
  return {{100, 256}, {1, 28}, {15, 68}};
}

TEST(ParallelRows, CoverEveryRowOnceInPiecesOfBoundedSize) {
  const auto all = tensors();
  for (const int threads : {-1, 1, 4}) {
    std::mutex mutex;
    std::set<std::pair<std::size_t, std::int64_t>> seen;
    for_each_row_range(all, 1024, threads, [&]() -> RowWorker {
      return [&](const RowRange& range) {
        const std::lock_guard lock(mutex);
        EXPECT_LE(range.count * all[range.tensor].row_bytes, 1024);
        for (std::int64_t row = range.first; row < range.first + range.count; ++row) {
          EXPECT_TRUE(seen.emplace(range.tensor, row).second);
        }
      };
    });
    EXPECT_EQ(seen.size(), 100U + 1U + 15U);
  }
}

TEST(ParallelRows, GiveARowThatIsLongerThanAPieceAlone) {
  const auto all = tensors();
  std::int64_t pieces = 0;
  for_each_row_range(all, 1, 1, [&]() -> RowWorker { return [&](const RowRange&) { ++pieces; }; });
  EXPECT_EQ(pieces, 116);
}

TEST(ParallelRows, StopAndRethrowWhatAWorkerThrows) {
  const auto all = tensors();
  std::atomic<int> calls = 0;
  const auto run = [&] {
    for_each_row_range(all, 1, 2, [&]() -> RowWorker {
      return [&](const RowRange& range) {
        ++calls;
        if (range.first == 10) {
          throw Error("the disk is full");
        }
      };
    });
  };
  EXPECT_THROW(run(), Error);
  EXPECT_LT(calls, 116);
}

}  // namespace
}  // namespace ridgepoint
