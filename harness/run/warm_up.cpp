#include "harness/run/warm_up.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "results/statistics/quantile.h"

namespace ridgepoint {
namespace {

// Passes of tens of nanoseconds: a median over the first of a window serves as well as over all.
constexpr std::size_t kMostInWindow = 65536;

}  // namespace

WarmUp::WarmUp(std::int64_t budget_ns) : budget_ns_(budget_ns) {}

bool WarmUp::add(std::int64_t pass_ns, std::int64_t elapsed_ns) {
  ++count_;
  elapsed_ns_ = elapsed_ns;
  if (kept_.size() < kMostKept) kept_.push_back(pass_ns);
  if (window_.size() < kMostInWindow) window_.push_back(pass_ns);
  window_ns_ += pass_ns;
  if (window_ns_ >= kWindowNs) {
    const double now = median(window_);
    window_.clear();
    window_ns_ = 0;
    if (last_median_ > 0) {
      last_change_ = std::abs(now - last_median_) / last_median_;
      if (last_change_ < kLargestChange) {
        ended_by_ = "criterion";
        return true;
      }
    }
    last_median_ = now;
  }
  if (elapsed_ns >= budget_ns_) {
    ended_by_ = "budget";
    return true;
  }
  return false;
}

std::string WarmUp::to_json() const {
  nlohmann::json json{
      {"criterion",
       "medians of two successive windows (at least 100 ms and one pass each) differ by < 3 %"},
      {"ended_by", ended_by_},
      {"passes", count_},
      {"elapsed_ns", elapsed_ns_}};
  if (last_change_ >= 0) {
    json["last_change"] = last_change_;
  } else {
    json["last_change"] = nullptr;
  }
  return json.dump();
}

}  // namespace ridgepoint
