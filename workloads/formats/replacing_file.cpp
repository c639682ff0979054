#include "workloads/formats/replacing_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "workloads/error.h"

namespace ridgepoint {

namespace {

std::string folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

void check_room(const std::string& path, std::uint64_t size) {
  struct statvfs disk {};
  if (::statvfs(folder_of(path).c_str(), &disk) != 0) {
    return;  // creating the file will say what is wrong
  }
  const std::uint64_t room = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  if (room < size) {
    throw Error(
        fmt::format("{}: needs {:.3f} GB and its disk has {:.3f} GB free; make room or choose "
                    "another place",
                    path, static_cast<double>(size) * 1e-9, static_cast<double>(room) * 1e-9));
  }
}

}  // namespace

ReplacingFile::ReplacingFile(const std::filesystem::path& path, std::uint64_t size)
    : path_(path.string()) {
  struct stat there {};
  if (::stat(path_.c_str(), &there) == 0 && !S_ISREG(there.st_mode)) {
    throw Error(path_ + ": is there and is not a regular file; choose another name");
  }
  check_room(path_, size);
  for (int attempt = 0; descriptor_ < 0; ++attempt) {
    unfinished_ = fmt::format("{}.unfinished-{}-{}", path_, ::getpid(), attempt);
    descriptor_ = ::open(unfinished_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ < 0 && (errno != EEXIST || attempt == 100)) {
      const int error = errno;
      unfinished_.clear();
      fail("cannot be created", error);
    }
  }
  // Not every file system can reserve room; those that cannot find out while writing.
  const bool reserved = ::fallocate(descriptor_, 0, 0, static_cast<off_t>(size)) == 0 ||
                        ((errno == EOPNOTSUPP || errno == ENOSYS) &&
                         ::ftruncate(descriptor_, static_cast<off_t>(size)) == 0);
  if (!reserved) {
    const int error = errno;
    ::close(descriptor_);
    ::unlink(unfinished_.c_str());
    fail(fmt::format("{} bytes cannot be reserved", size), error);
  }
}

ReplacingFile::~ReplacingFile() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
  if (!unfinished_.empty()) {
    ::unlink(unfinished_.c_str());
  }
}

void ReplacingFile::write(std::uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written =
        ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written <= 0) {
      fail(fmt::format("byte {} could not be written", offset), written < 0 ? errno : ENOSPC);
    }
    offset += static_cast<std::uint64_t>(written);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void ReplacingFile::commit() {
  if (::fsync(descriptor_) != 0) {
    fail("cannot be flushed to the disk", errno);
  }
  const int closed = ::close(descriptor_);
  descriptor_ = -1;
  if (closed != 0) {
    fail("cannot be closed", errno);
  }
  if (::rename(unfinished_.c_str(), path_.c_str()) != 0) {
    fail("cannot be given its name", errno);
  }
  unfinished_.clear();
  // The new name must survive a power cut as well; where a folder cannot be flushed, it is as good
  // as the file system makes it.
  const int folder = ::open(folder_of(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    ::fsync(folder);
    ::close(folder);
  }
}

void ReplacingFile::fail(const std::string& what, int error) const {
  const char* remedy = error == ENOSPC || error == EDQUOT || error == EFBIG
                           ? "make room or choose another place"
                           : "check the folder and its permissions";
  throw Error(
      fmt::format("{}: {}: {}; {}", path_, what, std::generic_category().message(error), remedy));
}

}  // namespace ridgepoint
