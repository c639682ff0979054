// TraceOutput: text or bytes into a file by the megabyte. What goes wrong is remembered, and said
// once at the end.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "profiler/reading.h"

namespace ridgepoint {

class TraceOutput {
 public:
  explicit TraceOutput(const std::string& path);
  ~TraceOutput();
  TraceOutput(const TraceOutput&) = delete;
  TraceOutput& operator=(const TraceOutput&) = delete;

  void add(std::string_view bytes) {
    buffer_.append(bytes);
    if (buffer_.size() >= kFlushAt) flush();
  }
  /// Bytes written, or why not all of them were.
  Reading<std::int64_t> finish();

 private:
  static constexpr std::size_t kFlushAt = std::size_t{1} << 20;
  void flush();

  std::string path_;
  std::FILE* file_;
  std::string buffer_, why_;
  std::int64_t written_ = 0;
};

}  // namespace ridgepoint
