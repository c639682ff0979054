// ScratchFile: the name of a file, such as a database, that lives for one call, in the folder for
// temporary files or at a given place.
#pragma once

#include <filesystem>

namespace ridgepoint {

/// Removes the file, and what SQLite keeps beside it, on destruction. Makes nothing itself.
class ScratchFile {
 public:
  ScratchFile();
  /// At a given place; whatever an earlier, killed process left there goes away first.
  explicit ScratchFile(std::filesystem::path path);
  ~ScratchFile();
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace ridgepoint
