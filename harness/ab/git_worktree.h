// GitWorktree: one commit of a repository, checked out in a folder of its own that goes away again.
#pragma once

#include <atomic>
#include <filesystem>
#include <string>

namespace ridgepoint {

/// The commit that a ref names, 40 hex digits, and the folder of its repository. Error when there
/// is no such ref, or no repository at the working directory.
std::string resolve_commit(const std::string& ref);
std::string repository_folder();

class GitWorktree {
 public:
  /// Error when git refuses.
  GitWorktree(std::string repository, const std::string& commit);
  ~GitWorktree();
  GitWorktree(const GitWorktree&) = delete;
  GitWorktree& operator=(const GitWorktree&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// A shell command in it; false when `stop` was set. Error with its last words when it fails.
  [[nodiscard]] bool build(const std::string& command, const std::atomic<bool>& stop) const;

 private:
  std::string repository_;
  std::filesystem::path path_;
};

}  // namespace ridgepoint
