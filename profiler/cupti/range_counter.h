// RangeCounter: hardware counters of each op, through CUPTI's Range Profiler. It listens to the ops
// that an execution announces and makes each a range; the same pass is run as often as the metrics
// need (user replay). Passes that are counted are never timed: a place under a roof is counted
// bytes over untraced time.
//
// Opened when nothing timed is left and no timeline is: CUPTI does not trace and count at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "profiler/cupti/counted_ranges.h"
#include "profiler/span.h"

namespace ridgepoint {

struct RangeCounterOptions {
  int device = 0;
  /// Turns of ops in a pass that are counted: its first ones. Fewer, by halves down to
  /// RangeCounter::kFewestRanges, where there is no memory for so many.
  std::size_t most_ranges = 4096;
  std::string cupti = std::string(kCuptiLibrary);
  std::string driver = "libcuda.so.1";
};

class RangeCounter : public SpanListener {
 public:
  static constexpr std::size_t kFewestRanges = 64;

  /// Counts `wishes` on the context that is current on this thread.
  RangeCounter(std::span<const MetricWish> wishes, const RangeCounterOptions& options);
  ~RangeCounter() override;
  RangeCounter(const RangeCounter&) = delete;
  RangeCounter& operator=(const RangeCounter&) = delete;

  /// Empty, or why nothing is counted: one line.
  [[nodiscard]] const std::string& why_absent() const { return why_; }
  [[nodiscard]] const MetricSchedule& schedule() const { return schedule_; }

  /// Turns that there is room for.
  [[nodiscard]] std::size_t most_ranges() const { return most_ranges_; }

  void begin(std::uint32_t source, std::uint32_t op) noexcept override;
  void end() noexcept override;
  [[nodiscard]] DeviceSpans device_spans() const noexcept override { return DeviceSpans::none; }

  /// Before a pass. False when it does not work; why_absent() then says why.
  bool start_pass();
  /// After a pass, the device waited for: whether another is needed. False, too, when it went
  /// wrong.
  bool stop_pass();
  /// When no pass is needed any more: each turn of an op with its values. Empty when it went wrong.
  std::vector<CountedRange> take();

 private:
  struct Cupti;
  /// `is_full`: it failed because there was not enough memory.
  void open(bool& is_full);
  /// With as many ranges as there is memory for, which a large model leaves little of.
  void open_where_it_fits();
  /// Half as many; false: they are few already.
  bool take_less_room();
  void give_up(std::string_view what, int status);

  std::vector<MetricWish> wishes_;
  RangeCounterOptions options_;
  std::unique_ptr<Cupti> cupti_;
  MetricSchedule schedule_;
  std::vector<CountedRange> ranges_;  ///< room is there from the beginning
  // A build without CUPTI needs none of these.
  [[maybe_unused]] std::size_t most_ranges_ = 0, count_ = 0, replays_ = 0;
  [[maybe_unused]] int depth_ = 0;  ///< of ranges that are open: those beyond the room are not
  [[maybe_unused]] bool counting_ = false;  ///< what is announced between passes is none
  std::string why_;
};

}  // namespace ridgepoint
