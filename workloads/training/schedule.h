// The learning rate as a function of the step.
//
// Linear warm-up, then half a cosine down to zero at the last step. A run may
// be asked to finish early: from then on the rate falls linearly to zero over
// a fixed number of steps.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace ridgepoint::training {

class Schedule {
 public:
  Schedule(double peak_rate, std::int64_t warm_up_steps, std::int64_t steps)
      : peak_rate_(peak_rate),
        warm_up_steps_(warm_up_steps),
        planned_steps_(steps),
        last_step_(steps) {}

  /// Rate of step 0, 1, ... last_step() - 1.
  [[nodiscard]] double rate(std::int64_t step) const {
    if (decay_start_ >= 0 && step >= decay_start_) {
      const auto left = static_cast<double>(last_step_ - step);
      return rate_at_stop_ * left / static_cast<double>(last_step_ - decay_start_);
    }
    if (step < warm_up_steps_) {
      return peak_rate_ * static_cast<double>(step + 1) / static_cast<double>(warm_up_steps_);
    }
    const auto cosine_steps =
        static_cast<double>(std::max<std::int64_t>(1, planned_steps_ - warm_up_steps_));
    const double progress = static_cast<double>(step - warm_up_steps_) / cosine_steps;
    return peak_rate_ * 0.5 * (1.0 + std::cos(std::numbers::pi * progress));
  }

  /// Finishes within `decay_steps` of `step`, unless the end is nearer anyway. Only the first
  /// call counts.
  void stop_early(std::int64_t step, std::int64_t decay_steps) {
    if (decay_start_ >= 0 || step + decay_steps >= last_step_) return;
    rate_at_stop_ = rate(step);
    decay_start_ = step;
    last_step_ = step + decay_steps;
  }

  [[nodiscard]] std::int64_t last_step() const { return last_step_; }

 private:
  double peak_rate_;
  std::int64_t warm_up_steps_;
  std::int64_t planned_steps_;
  std::int64_t last_step_;
  std::int64_t decay_start_ = -1;
  double rate_at_stop_ = 0.0;
};

}  // namespace ridgepoint::training
