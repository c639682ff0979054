// The CUDA backend: the same graphs on one GPU. Everything here goes through a Device (device.h),
// so that it is the same code on a GPU and on the tests' emulated one; open_cuda_backend finds the
// GPU.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "backends/backend.h"
#include "backends/cuda/arena.h"
#include "backends/cuda/weight_store.h"

namespace ridgepoint {

/// What products of many rows may do (kOptions).
struct CudaOptions {
  bool tf32 = false;
  bool eight_bits = true;
};

class CudaBackend : public Backend {
 public:
  static constexpr std::string_view kName = "cuda";
  static constexpr std::string_view kSummary =
      "one NVIDIA GPU: kernels of our own for decoding, cuBLASLt for the products of prefill";
  static constexpr std::string_view kOptions =
      "device=N: which GPU (0); tf32=0|1: products of many rows with f32 weights by tensor cores, "
      "with ten bits of each factor (0); eight_bits=0|1: those of more than 8 rows with fp8 and "
      "q8_channel weights by tensor cores of eight bits, which round activations to as many (1)";

  explicit CudaBackend(std::shared_ptr<cuda::Device> device, CudaOptions options = {});

  [[nodiscard]] BackendDescription describe() const override;
  [[nodiscard]] bool records() const override { return true; }
  [[nodiscard]] std::optional<int> cuda_device() const override {
    return arena_->device().describe().number;
  }
  /// Every piece of a prompt reads all weights again, and only many rows keep tensor cores busy.
  [[nodiscard]] std::int64_t prefill_rows() const override { return 8192; }
  using Backend::supports;
  [[nodiscard]] Support supports(const Graph& graph) const override;
  [[nodiscard]] std::shared_ptr<Cache> make_cache(const Graph& graph) const override;
  [[nodiscard]] std::unique_ptr<Execution> prepare(const Graph& graph, const WeightMap& weights,
                                                   const PrepareOptions& options) const override;
  [[nodiscard]] std::optional<double> device_clock_hz() const override;
  [[nodiscard]] std::optional<DeviceMemory> device_memory() const override;
  [[nodiscard]] std::optional<EventTimes> event_times() const override { return *event_times_; }
  [[nodiscard]] std::string cuda_bus_id() const override {
    return arena_->device().describe().bus_id;
  }
  [[nodiscard]] std::int64_t evict_device_cache() const override;
  [[nodiscard]] std::int64_t device_cache_bytes() const override {
    return arena_->device().describe().l2_bytes;
  }
  [[nodiscard]] std::unique_ptr<Execution> in_turns(
      std::vector<std::unique_ptr<Execution>> turns) const override;
  [[nodiscard]] ceilings::Measured measure_ceilings(const DeviceCeilingOptions& options,
                                                    const std::atomic<bool>& stop) const override;
  /// What of the device's memory is in use, by class.
  [[nodiscard]] const cuda::Arena& arena() const { return *arena_; }

 private:
  std::shared_ptr<cuda::Arena> arena_;
  CudaOptions options_;
  std::shared_ptr<EventTimes> event_times_ = std::make_shared<EventTimes>();
  mutable cuda::WeightStore weights_;
  mutable cuda::DeviceBytes clock_room_, eviction_room_;  ///< taken when first needed
  mutable std::int64_t evictions_ = 0;
};

/// Error when there is no such GPU, with what `cuda_unavailable` says.
std::unique_ptr<Backend> open_cuda_backend(std::string_view options);
/// Why no GPU can be used here, one line: built without CUDA, no driver, one too old, no device.
/// Empty when one can be.
std::string cuda_unavailable();

}  // namespace ridgepoint
