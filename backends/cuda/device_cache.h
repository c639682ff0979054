// The KV cache on the device: a stream of keys and one of values for each sequence and head; and
// the sines and cosines of its positions, which every execution over it reads.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/backend.h"
#include "backends/cuda/arena.h"
#include "backends/cuda/kernels/launches.h"

namespace ridgepoint::cuda {

/// Cosines and sines of `positions` positions from `first` on, [positions, pairs] each.
struct Rotation {
  std::vector<float> cosines, sines;
};
Rotation rotation_of(const std::vector<double>& frequencies, std::int64_t first,
                     std::int64_t positions);

struct DeviceRotation {
  DeviceBytes cosines, sines;
};

class DeviceCache : public Cache {
 public:
  /// One buffer for every cache value of the graph, by name, cleared. How the graph's attention
  /// reads a cache decides its heads, for every execution over it.
  DeviceCache(const Graph& graph, std::shared_ptr<Arena> arena);

  [[nodiscard]] std::int64_t bytes() const override { return bytes_; }
  [[nodiscard]] Support spreads_past() const override { return Support::yes(); }
  void spread_past(const Cache& one, std::int64_t length) override;
  /// std::logic_error when there is none of this name, type and shape.
  [[nodiscard]] const HeadCache& find(const Value& value) const;
  /// Of every position that the cache can hold.
  const DeviceRotation& rotation(const std::vector<double>& frequencies);

 private:
  struct Entry {
    Value value;
    HeadCache cache;
    DeviceBytes memory;
  };
  std::shared_ptr<Arena> arena_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::map<std::vector<double>, DeviceRotation> rotations_;
  std::int64_t bytes_ = 0, capacity_ = 0;
};

}  // namespace ridgepoint::cuda
