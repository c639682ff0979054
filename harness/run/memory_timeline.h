// Memory as a ledger over time: what each class holds and what the kernel counts, at the moments
// where that changes: before anything is opened, with the model open, with the session open, with
// the depth filled, warm, measured. Read between timed regions, never within one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/memory_ledger.h"

namespace ridgepoint {

struct MemoryMoment {
  std::string stage;
  std::int64_t at_ns = 0;              ///< since the first
  std::optional<MemoryLedger> ledger;  ///< where there is a session
  std::optional<std::int64_t> anonymous_bytes, file_bytes;
  /// Of the C library's allocator: handed out, and held but free. The second over both is what
  /// fragmentation, and memory that was given back to it alone, cost.
  std::int64_t heap_used_bytes = 0, heap_free_bytes = 0;

  /// Resident beyond what the ledger accounts for: the program, its libraries, the harness; less
  /// than 0 where weights are mapped that nobody has touched yet.
  [[nodiscard]] std::optional<std::int64_t> other_bytes() const;
};

class MemoryTimeline {
 public:
  void mark(std::string_view stage, const std::optional<MemoryLedger>& ledger = {});
  [[nodiscard]] const std::vector<MemoryMoment>& moments() const { return moments_; }
  /// A list for Record::details.
  [[nodiscard]] std::string to_json() const;

 private:
  std::vector<MemoryMoment> moments_;
  std::int64_t first_ns_ = 0;
};

}  // namespace ridgepoint
