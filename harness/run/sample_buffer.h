// Room for samples, made and touched before the timed loop, so that keeping one neither allocates
// nor faults.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ridgepoint {

class SampleBuffer {
 public:
  /// Most samples of a case that are kept: 8 MB, and far more than any figure needs.
  static constexpr std::size_t kMost = 1'000'000;

  /// Makes room for `more`, as far as kMost allows.
  void grow(std::size_t more) {
    const std::size_t wanted = more < kMost - count_ ? count_ + more : kMost;
    if (wanted > room_.size()) room_.resize(wanted);
  }
  [[nodiscard]] bool full() const { return count_ == room_.size(); }
  /// Requires !full().
  void push(std::int64_t sample) { room_[count_++] = sample; }
  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] std::span<const std::int64_t> samples() const { return {room_.data(), count_}; }
  void clear() { count_ = 0; }

 private:
  std::vector<std::int64_t> room_;
  std::size_t count_ = 0;
};

}  // namespace ridgepoint
