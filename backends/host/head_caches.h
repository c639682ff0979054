// The host backends' KV cache: for each sequence and key-value head its keys in groups of sixteen
// positions and its values row by row (HeadCache in kernels.h), so that attention reads each head
// as one stream; and the workspace that executions over it lend each other.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "backends/aligned_buffer.h"
#include "backends/backend.h"

namespace ridgepoint {

/// What an execution needs only while it runs, as large as the neediest that shares it.
struct HostWorkspace {
  AlignedBuffer activations;
  std::size_t live_bytes = 0;  ///< the most that are alive at once
  AlignedBuffer scratch;
};

/// One cache value: [batch, capacity, features].
struct CacheBytes {
  Type type = Type::f16;
  std::int64_t batch = 0, capacity = 0, features = 0;
  std::int64_t head_dim = 0;  ///< all features where no attention of the graph reads it
  bool keys = false;          ///< as keys or as values
  std::byte* data = nullptr;  ///< bytes() of them

  /// Whole groups of sixteen that hold so many positions.
  [[nodiscard]] static std::int64_t padded(std::int64_t positions) {
    return (positions + 15) / 16 * 16;
  }
  [[nodiscard]] std::int64_t padded_capacity() const { return padded(capacity); }
  /// Where the head of `dim` elements that starts at feature `first` lies.
  [[nodiscard]] std::byte* head(std::int64_t sequence, std::int64_t first) const {
    return data + (sequence * features + first) * padded_capacity() * element_bytes();
  }
  [[nodiscard]] std::int64_t element_bytes() const { return type_info(type).block_bytes; }
  [[nodiscard]] std::int64_t bytes() const {
    return batch * padded_capacity() * features * element_bytes();
  }
};

class HostCache : public Cache {
 public:
  /// Room for every cache value of the graph, by name, in one buffer: values that are too small for
  /// large pages lie in them together. How the graph's attention reads a cache decides how it is
  /// laid out, for every execution over it.
  explicit HostCache(const Graph& graph);

  [[nodiscard]] std::int64_t bytes() const override { return bytes_; }
  [[nodiscard]] MemoryLedger memory() const override;
  [[nodiscard]] Support spreads_past() const override { return Support::yes(); }
  void spread_past(const Cache& one, std::int64_t length) override;
  /// std::logic_error when there is none of this name, type and shape. Lives as long as the cache.
  [[nodiscard]] const CacheBytes& find(const Value& value) const;
  [[nodiscard]] const std::shared_ptr<HostWorkspace>& workspace() const { return workspace_; }

 private:
  std::map<std::string, CacheBytes, std::less<>> entries_;
  AlignedBuffer memory_;
  std::int64_t bytes_ = 0;
  std::shared_ptr<HostWorkspace> workspace_ = std::make_shared<HostWorkspace>();
};

}  // namespace ridgepoint
