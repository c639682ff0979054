// A file that appears under its name only when it is whole: written beside it, then renamed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace ridgepoint {

/// write() may be called from any thread, for bytes that do not overlap.
class ReplacingFile {
 public:
  /// Reserves `size` bytes. Error when the folder cannot be written to, its disk has not enough
  /// room, or `path` is there and no regular file.
  ReplacingFile(const std::filesystem::path& path, std::uint64_t size);
  ReplacingFile(const ReplacingFile&) = delete;
  ReplacingFile& operator=(const ReplacingFile&) = delete;
  /// Removes the unfinished file unless commit() has succeeded.
  ~ReplacingFile();

  /// Error when the disk fills up or fails.
  void write(std::uint64_t offset, std::span<const std::byte> bytes);
  /// Flushes to the disk and takes the name; what was there before is gone only then.
  void commit();

 private:
  [[noreturn]] void fail(const std::string& what, int error) const;

  std::string path_;
  std::string unfinished_;
  int descriptor_ = -1;
};

}  // namespace ridgepoint
