#include "profiler/trace/trace_output.h"

#include <cerrno>
#include <system_error>
#include <utility>

namespace ridgepoint {

TraceOutput::TraceOutput(const std::string& path)
    : path_(path), file_(std::fopen(path.c_str(), "wb")) {
  if (file_ == nullptr) why_ = path_ + ": " + std::generic_category().message(errno);
  buffer_.reserve(kFlushAt + 4096);
}

TraceOutput::~TraceOutput() {
  if (file_ != nullptr) std::fclose(file_);
}

void TraceOutput::flush() {
  if (why_.empty() && std::fwrite(buffer_.data(), 1, buffer_.size(), file_) != buffer_.size()) {
    why_ = path_ + ": " + std::generic_category().message(errno);
  }
  written_ += static_cast<std::int64_t>(buffer_.size());
  buffer_.clear();
}

Reading<std::int64_t> TraceOutput::finish() {
  flush();
  if (file_ != nullptr && std::fclose(std::exchange(file_, nullptr)) != 0 && why_.empty()) {
    why_ = path_ + ": " + std::generic_category().message(errno);
  }
  return why_.empty() ? Reading<std::int64_t>::of(written_) : Reading<std::int64_t>::absent(why_);
}

}  // namespace ridgepoint
