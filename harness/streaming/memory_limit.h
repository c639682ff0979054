// MemoryLimit: this process in a control group of its own for a while, with a limit on the memory
// that it takes from then on, the page cache of what it reads included. What it held before is not
// counted against the limit.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "profiler/reading.h"

namespace ridgepoint {

class MemoryLimit {
 public:
  /// Absent with the reason where no control group can be made, or none with a memory limit.
  static Reading<std::shared_ptr<MemoryLimit>> set(std::int64_t bytes);
  /// Takes the process back to where it was.
  ~MemoryLimit();
  MemoryLimit(const MemoryLimit&) = delete;
  MemoryLimit& operator=(const MemoryLimit&) = delete;

 private:
  MemoryLimit(std::filesystem::path group, std::filesystem::path before);

  std::filesystem::path group_, before_;
};

}  // namespace ridgepoint
