// KV storage of the reference backend, and the workspace that executions over it lend each other.
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
struct Workspace {
  AlignedBuffer activations;
  std::size_t live_bytes = 0;  ///< the most of them that are alive at once
  AlignedBuffer scratch;       ///< of all threads
};

class ReferenceCache : public Cache {
 public:
  /// One buffer for every cache value of the graph, by name.
  explicit ReferenceCache(const Graph& graph);

  [[nodiscard]] std::int64_t bytes() const override { return bytes_; }
  [[nodiscard]] MemoryLedger memory() const override;
  [[nodiscard]] Support spreads_past() const override { return Support::yes(); }
  void spread_past(const Cache& one, std::int64_t length) override;
  /// The bytes of a cache value. std::logic_error when there is none of this name, type and shape.
  [[nodiscard]] std::byte* find(const Value& value) const;
  [[nodiscard]] const std::shared_ptr<Workspace>& workspace() const { return workspace_; }

 private:
  struct Entry {
    Type type;
    Shape shape;
    AlignedBuffer buffer;
  };
  std::map<std::string, Entry, std::less<>> entries_;
  std::int64_t bytes_ = 0;
  std::shared_ptr<Workspace> workspace_ = std::make_shared<Workspace>();
};

}  // namespace ridgepoint
