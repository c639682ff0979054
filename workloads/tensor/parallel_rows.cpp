#include "workloads/tensor/parallel_rows.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace ridgepoint {

namespace {

/// Hands out the pieces; any thread.
class RowQueue {
 public:
  RowQueue(std::span<const RowSet> tensors, std::int64_t piece_bytes)
      : tensors_(tensors), piece_bytes_(piece_bytes) {}

  std::optional<RowRange> next() {
    const std::lock_guard lock(mutex_);
    while (index_ < tensors_.size() && row_ == tensors_[index_].rows) {
      ++index_;
      row_ = 0;
    }
    if (failure_ || index_ == tensors_.size()) {
      return std::nullopt;
    }
    const RowSet& tensor = tensors_[index_];
    const std::int64_t rows = std::max<std::int64_t>(1, piece_bytes_ / tensor.row_bytes);
    const RowRange range{index_, row_, std::min(rows, tensor.rows - row_)};
    row_ += range.count;
    return range;
  }
  void fail(std::exception_ptr failure) {
    const std::lock_guard lock(mutex_);
    if (!failure_) {
      failure_ = std::move(failure);
    }
  }
  void rethrow() {
    if (failure_) {
      std::rethrow_exception(failure_);
    }
  }

 private:
  std::span<const RowSet> tensors_;
  std::int64_t piece_bytes_;
  std::mutex mutex_;
  std::size_t index_ = 0;
  std::int64_t row_ = 0;
  std::exception_ptr failure_;
};

}  // namespace

void for_each_row_range(std::span<const RowSet> tensors, std::int64_t piece_bytes, int threads,
                        const std::function<RowWorker()>& make_worker) {
  RowQueue queue(tensors, piece_bytes);
  const auto run = [&] {
    try {
      const RowWorker work = make_worker();
      while (const auto range = queue.next()) {
        work(*range);
      }
    } catch (...) {
      queue.fail(std::current_exception());
    }
  };
  {
    std::vector<std::jthread> others;
    for (int i = 1; i < std::clamp(threads, 1, 64); ++i) {
      others.emplace_back(run);
    }
    run();
  }
  queue.rethrow();
}

}  // namespace ridgepoint
