// A folder of a test's own, gone with all it holds when the test is over.
//
// What tests share stands in namespace ridgepoint, like what they test: a namespace
// ridgepoint::testing would hide GoogleTest's ::testing from every test that includes it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace ridgepoint {

class TemporaryFolder {
 public:
  /// Throws std::runtime_error where no folder can be made.
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const {
    return path_ / name;
  }
  /// The path of a file in it, as text.
  [[nodiscard]] std::string file(std::string_view name) const { return (path_ / name).string(); }
  /// Writes a file, making the folders on the way to it; returns its path.
  std::filesystem::path write(std::string_view name, std::string_view content) const;
  std::filesystem::path write(std::string_view name, std::span<const std::byte> content) const;

 private:
  std::filesystem::path path_;
};

}  // namespace ridgepoint
