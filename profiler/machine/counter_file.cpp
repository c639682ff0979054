#include "profiler/machine/counter_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace ridgepoint {
namespace {

constexpr std::size_t kMostCounterBytes = 4096;

}  // namespace

CounterFile::CounterFile(std::string path)
    : path_(std::move(path)), descriptor_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (descriptor_ < 0) why_ = path_ + ": " + std::strerror(errno);
  text_.resize(kMostCounterBytes);
}

CounterFile::CounterFile(CounterFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      why_(std::move(other.why_)),
      text_(std::move(other.text_)) {}

CounterFile::~CounterFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Reading<std::string_view> CounterFile::read() {
  if (descriptor_ < 0) return Reading<std::string_view>::absent(why_);
  ssize_t got = 0;
  do {
    got = ::pread(descriptor_, text_.data(), text_.size(), 0);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return Reading<std::string_view>::absent(path_ + ": " + std::strerror(errno));
  return Reading<std::string_view>::of(
      std::string_view(text_).substr(0, static_cast<std::size_t>(got)));
}

}  // namespace ridgepoint
