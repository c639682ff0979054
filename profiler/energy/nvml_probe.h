// Energy, power, temperature, clock and throttling of one NVIDIA GPU, through the driver's own
// library, opened when the probe is made: its header is in no toolkit, so that the few functions
// are declared in the source. The energy counter moves about every 100 ms (Yang et al., arXiv
// 2312.02741), so that windows of less than a second say little; the other values are those at the
// end. The GPU is told by where it is plugged in: CUDA numbers devices in an order of its own, and
// only those that CUDA_VISIBLE_DEVICES leaves.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "profiler/probe.h"

namespace ridgepoint {

/// The reasons in a mask of nvmlDeviceGetCurrentClocksThrottleReasons, in words; none: empty.
std::string throttle_reasons(std::uint64_t mask);
/// Whether one of them makes a figure smaller than the GPU could do.
bool is_slowed_down(std::uint64_t mask);

class NvmlProbe : public Probe {
 public:
  /// `bus_id` as CUDA gives it ("0000:65:00.0"); empty: the first GPU that NVML knows.
  explicit NvmlProbe(const std::string& library = "libnvidia-ml.so.1",
                     const std::string& bus_id = {});
  ~NvmlProbe() override;
  NvmlProbe(const NvmlProbe&) = delete;
  NvmlProbe& operator=(const NvmlProbe&) = delete;

  [[nodiscard]] std::string_view name() const override { return "nvml"; }
  [[nodiscard]] std::string why_absent() const override { return why_; }
  void start() override;
  std::vector<ProbeValue> stop() override;

  // At this moment, each by itself; absent where why_absent() is not empty.
  [[nodiscard]] Reading<double> power_w() const;
  [[nodiscard]] Reading<double> temperature_c() const;
  [[nodiscard]] Reading<double> clock_hz() const;
  /// A mask for throttle_reasons().
  [[nodiscard]] Reading<std::uint64_t> throttling() const;

 private:
  struct Library;
  [[nodiscard]] Reading<double> energy_j() const;

  std::unique_ptr<Library> library_;
  void* device_ = nullptr;
  std::string why_;
  std::optional<Reading<double>> before_j_;
};

}  // namespace ridgepoint
