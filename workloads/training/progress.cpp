#include "workloads/training/progress.h"

#include <fmt/format.h>

#include <cstdio>
#include <numbers>

namespace ridgepoint::training {

double Progress::seconds() const {
  return std::chrono::duration<double>(Clock::now() - start_).count();
}

void Progress::step(std::int64_t done, bool last, double loss_nats, double rate,
                    double gradient_norm) {
  summed_nats_ += loss_nats;
  ++summed_steps_;
  if (done % every_steps_ != 0 && !last) return;
  const double now_seconds = seconds();
  const double bits = summed_nats_ / static_cast<double>(summed_steps_) / std::numbers::ln2;
  const double speed =
      static_cast<double>(summed_steps_ * bytes_per_step_) / (now_seconds - printed_seconds_);
  fmt::print(
      "step {}  train bits/byte {:.4f}  rate {:.2e}  gradient {:.2f}  bytes/s {:.0f}  {:.0f} s\n",
      done, bits, rate, gradient_norm, speed, now_seconds);
  std::fflush(stdout);
  printed_seconds_ = now_seconds;
  summed_nats_ = 0.0;
  summed_steps_ = 0;
}

}  // namespace ridgepoint::training
