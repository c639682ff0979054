// MemoryGroup: a control group of its own for a process that is to have less memory, the page cache
// of what it reads included. What the process held before it entered is not counted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "profiler/reading.h"

namespace ridgepoint {

class MemoryGroup {
 public:
  /// Empty and without a limit, below the group that this process is in. Absent with the reason
  /// where none can be made.
  static Reading<std::shared_ptr<MemoryGroup>> make();
  /// Removes it; whoever entered must have ended.
  ~MemoryGroup();
  MemoryGroup(const MemoryGroup&) = delete;
  MemoryGroup& operator=(const MemoryGroup&) = delete;

  /// Takes the calling process into it. Error where that is refused.
  void enter() const;
  /// Error where it is refused, or where what the group holds cannot be made as little.
  void set_limit(std::int64_t bytes) const;
  /// That its processes took since they entered: everything but what files can bring back.
  [[nodiscard]] Reading<std::int64_t> anonymous_bytes() const;
  /// Whether the kernel ended one of its processes for memory.
  [[nodiscard]] bool ran_out() const;

 private:
  MemoryGroup(std::filesystem::path folder, bool unified);

  std::filesystem::path folder_;
  bool unified_;  // version 2
};

/// Groups of processes that are no more, beside the one that this process would make.
void remove_stale_groups();

}  // namespace ridgepoint
