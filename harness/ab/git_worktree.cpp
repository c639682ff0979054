#include "harness/ab/git_worktree.h"

#include <fmt/format.h>

#include <system_error>
#include <utility>
#include <vector>

#include "harness/ab/child_program.h"
#include "results/store/store.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

// Building from nothing takes long; a build that hangs should still end.
constexpr double kBuildLimitSeconds = 4 * 3600;

std::string without_line_end(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

/// What git prints; Error with `what` and git's own words when it refuses.
std::string git(std::vector<std::string> arguments, const std::string& what) {
  static const std::atomic<bool> never{false};
  arguments.insert(arguments.begin(), "git");
  const auto result = run_child_program({.arguments = std::move(arguments)}, never);
  if (!result.ended.empty()) {
    throw Error(fmt::format("{}: git says: {}", what, last_words(result.output)));
  }
  return without_line_end(result.output);
}

}  // namespace

std::string resolve_commit(const std::string& ref) {
  return git({"rev-parse", "--verify", "--quiet", "--end-of-options", ref + "^{commit}"},
             fmt::format("--refs: '{}' is no commit of the repository here", ref));
}

std::string repository_folder() {
  return git({"rev-parse", "--show-toplevel"}, "--refs: no git repository here");
}

GitWorktree::GitWorktree(std::string repository, const std::string& commit)
    : repository_(std::move(repository)),
      path_(std::filesystem::temp_directory_path() /
            fmt::format("ridgepoint-{}-{}", commit.substr(0, 12), new_uuid().substr(0, 8))) {
  git({"-C", repository_, "worktree", "add", "--detach", "--quiet", path_.string(), commit},
      fmt::format("a checkout of {} could not be made at {}", commit, path_.string()));
}

GitWorktree::~GitWorktree() {
  try {
    git({"-C", repository_, "worktree", "remove", "--force", path_.string()}, "cleaning up");
  } catch (const std::exception& problem) {
    // What stays behind is a folder for temporary files; git forgets it with its next prune.
    fmt::print(stderr, "ridgepoint: {} stays: {}\n", path_.string(), problem.what());
  }
}

bool GitWorktree::build(const std::string& command, const std::atomic<bool>& stop) const {
  const auto result = run_child_program({.arguments = {"/bin/sh", "-c", command},
                                         .working_directory = path_,
                                         .time_limit_seconds = kBuildLimitSeconds},
                                        stop);
  if (result.interrupted) return false;
  if (!result.ended.empty()) {
    throw Error(fmt::format("--build: '{}' in {} failed ({}); its last words: {}", command,
                            path_.string(), result.ended, last_words(result.output)));
  }
  return true;
}

}  // namespace ridgepoint
