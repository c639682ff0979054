// When a case is warm: a criterion that is stated and recorded, not a magic count. Passes are put
// into windows of at least 100 ms and one pass; warm-up ends when the medians of two successive
// windows differ by less than 3 %, or when its budget is spent. There is always one whole pass.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ridgepoint {

class WarmUp {
 public:
  static constexpr std::int64_t kWindowNs = 100'000'000;
  static constexpr double kLargestChange = 0.03;
  /// Passes kept for the series "warm_up"; later ones still count for the criterion.
  static constexpr std::size_t kMostKept = 100'000;

  explicit WarmUp(std::int64_t budget_ns);

  /// `pass_ns` is what the pass took, `elapsed_ns` what warming up took so far, untimed parts
  /// included. Returns whether warm-up is over.
  bool add(std::int64_t pass_ns, std::int64_t elapsed_ns);
  /// The user stopped it.
  void interrupt() { ended_by_ = "stop"; }

  [[nodiscard]] const std::vector<std::int64_t>& passes() const { return kept_; }
  [[nodiscard]] std::int64_t count() const { return count_; }  ///< also of those not kept
  /// How it ended, as JSON for Record::details.
  [[nodiscard]] std::string to_json() const;

 private:
  std::int64_t budget_ns_;
  std::int64_t count_ = 0;
  std::int64_t elapsed_ns_ = 0;
  std::vector<std::int64_t> window_;
  std::int64_t window_ns_ = 0;
  double last_median_ = -1;
  double last_change_ = -1;
  const char* ended_by_ = "nothing yet";
  std::vector<std::int64_t> kept_;
};

}  // namespace ridgepoint
