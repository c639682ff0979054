// The log of a run: mean training loss, rate, gradient and speed every so many steps.
#pragma once

#include <chrono>
#include <cstdint>

namespace ridgepoint::training {

class Progress {
 public:
  Progress(std::int64_t every_steps, std::int64_t bytes_per_step)
      : every_steps_(every_steps), bytes_per_step_(bytes_per_step) {}

  /// Notes the finished step number `done`, and prints a line when one is due.
  void step(std::int64_t done, bool last, double loss_nats, double rate, double gradient_norm);

  [[nodiscard]] double seconds() const;

 private:
  using Clock = std::chrono::steady_clock;

  std::int64_t every_steps_;
  std::int64_t bytes_per_step_;
  Clock::time_point start_ = Clock::now();
  double printed_seconds_ = 0.0;
  double summed_nats_ = 0.0;
  std::int64_t summed_steps_ = 0;
};

}  // namespace ridgepoint::training
