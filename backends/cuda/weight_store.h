// Weights on the device, uploaded once and shared by every execution over the same bytes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <tuple>

#include "backends/cuda/arena.h"
#include "backends/cuda/repack.h"
#include "workloads/tensor/tensor.h"

namespace ridgepoint::cuda {

struct DeviceMatrix {
  DeviceBytes memory;
  Matrix matrix;
};
/// A norm's weights or a bias as floats.
struct DeviceVector {
  DeviceBytes memory;
  [[nodiscard]] const float* data() const { return memory.as<float>(); }
};

/// What is in use, by where the originals lie. Threads: any, one at a time on the device.
class WeightStore {
 public:
  explicit WeightStore(std::shared_ptr<Arena> arena) : arena_(std::move(arena)) {}

  /// `weight` is [out, in].
  std::shared_ptr<const DeviceMatrix> matrix(const TensorView& weight);
  std::shared_ptr<const DeviceVector> vector(const TensorView& weight);

 private:
  using Key = std::tuple<const void*, Type, Shape>;
  std::shared_ptr<Arena> arena_;
  std::mutex mutex_;
  std::map<Key, std::weak_ptr<const DeviceMatrix>> matrices_;
  std::map<Key, std::weak_ptr<const DeviceVector>> vectors_;
};

}  // namespace ridgepoint::cuda
