#include "workloads/formats/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "workloads/error.h"

namespace ridgepoint {

namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) {
      ::close(number_);
    }
  }
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

[[noreturn]] void fail(const std::string& path, int error, const std::string& what) {
  const char* remedy = error == ENOENT || error == ENOTDIR ? "check the path"
                       : error == EACCES || error == EPERM ? "check its permissions"
                                                           : "check the disk and the limits";
  throw Error(path + ": " + what + ": " + std::generic_category().message(error) + "; " + remedy);
}

}  // namespace

std::shared_ptr<const MappedFile> MappedFile::open(const std::filesystem::path& path) {
  const std::string name = path.string();
  // O_NONBLOCK: opening a named pipe must not wait for somebody to write to it.
  const Descriptor file(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.number() < 0) {
    fail(name, errno, "cannot be opened");
  }
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) {
    fail(name, errno, "cannot be examined");
  }
  if (S_ISDIR(status.st_mode)) {
    throw Error(name + ": is a directory where a file is needed; name a file in it");
  }
  if (!S_ISREG(status.st_mode)) {
    throw Error(name + ": is not a regular file and cannot be mapped; copy its content to a file");
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  std::span<const std::byte> bytes;
  if (size != 0) {
    const void* data = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.number(), 0);
    if (data == MAP_FAILED) {
      fail(name, errno, "cannot be mapped");
    }
    bytes = {static_cast<const std::byte*>(data), size};
  }
  return std::shared_ptr<const MappedFile>(new MappedFile(name, bytes));
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) {
    ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
  }
}

}  // namespace ridgepoint
