// A file's bytes without reading them: a read-only shared mapping that lives as long as the object.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace ridgepoint {

/// Immutable; any thread. The pages are the page cache's, so evicting the file makes reads cold.
class MappedFile {
 public:
  /// Error when there is no such file, it is not a regular file or may not be read. An empty file
  /// is not an error here: it has no bytes.
  static std::shared_ptr<const MappedFile> open(const std::filesystem::path& path);

  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  MappedFile(std::string path, std::span<const std::byte> bytes)
      : path_(std::move(path)), bytes_(bytes) {}

  std::string path_;
  std::span<const std::byte> bytes_;
};

}  // namespace ridgepoint
