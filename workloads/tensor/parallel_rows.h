// Shares the rows of many tensors among threads, in pieces small enough to buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace ridgepoint {

/// The rows of one tensor.
struct RowSet {
  std::int64_t rows = 0;
  std::int64_t row_bytes = 0;
};

struct RowRange {
  std::size_t tensor = 0;  ///< index
  std::int64_t first = 0;
  std::int64_t count = 0;
};

/// Made once a thread; called once a piece. Pieces come in order, each about `piece_bytes`.
using RowWorker = std::function<void(const RowRange&)>;

/// Runs until every row is done or a worker has thrown; then rethrows the first exception.
/// `threads` is taken to be between 1 and 64.
void for_each_row_range(std::span<const RowSet> tensors, std::int64_t piece_bytes, int threads,
                        const std::function<RowWorker()>& make_worker);

}  // namespace ridgepoint
