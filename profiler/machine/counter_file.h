// A counter file of /proc or /sys that is read again and again: kept open, so that a reading is one
// system call and neither opens nor allocates.
#pragma once

#include <string>
#include <string_view>

#include "profiler/reading.h"

namespace ridgepoint {

class CounterFile {
 public:
  explicit CounterFile(std::string path);
  ~CounterFile();
  CounterFile(CounterFile&& other) noexcept;
  CounterFile(const CounterFile&) = delete;
  CounterFile& operator=(const CounterFile&) = delete;
  CounterFile& operator=(CounterFile&&) = delete;

  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
  /// The first 4 KiB as of now; valid until the next reading.
  Reading<std::string_view> read();

 private:
  std::string path_;
  int descriptor_ = -1;
  std::string why_;
  std::string text_;
};

}  // namespace ridgepoint
