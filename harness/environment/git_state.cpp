#include "harness/environment/git_state.h"

#include <filesystem>
#include <string_view>
#include <system_error>

#include "harness/environment/program.h"
#include "profiler/machine/system_file.h"

namespace ridgepoint {
namespace {

namespace fs = std::filesystem;

GitState without_git(std::string_view why) {
  GitState state;
  state.why_none = why;
  return state;
}

/// Whether there is something that git would take for one; it may refuse it still.
bool in_repository() {
  std::error_code ignored;
  fs::path folder = fs::current_path(ignored);
  for (;; folder = folder.parent_path()) {
    if (fs::exists(folder / ".git", ignored)) return true;
    if (!folder.has_relative_path()) return false;
  }
}

}  // namespace

GitState parse_git_status(std::string_view text) {
  constexpr std::string_view kCommit = "# branch.oid ";
  constexpr std::string_view kBranch = "# branch.head ";
  GitState state;
  for (const auto line : split_lines(text)) {
    if (line.starts_with(kCommit)) {
      const auto commit = trim(line.substr(kCommit.size()));
      if (commit != "(initial)") state.commit = commit;
    } else if (line.starts_with(kBranch)) {
      const auto branch = trim(line.substr(kBranch.size()));
      if (branch != "(detached)") state.branch = branch;
    } else if (!line.empty() && line[0] != '#') {
      state.dirty = true;
    }
  }
  return state;
}

GitState read_git_state() {
  // One call, without taking the index lock: people measure while they work. Files that git does
  // not know do not make a tree dirty, as in `git describe --dirty`.
  const auto answer = ask_program({"git", "--no-optional-locks", "status", "--porcelain=v2",
                                   "--branch", "--untracked-files=no"});
  if (!answer) return without_git("git is not installed");
  if (answer->exit_code != 0) {
    return without_git(in_repository() ? "git does not read this repository; 'git status' says why"
                                       : "not in a git repository");
  }
  return parse_git_status(answer->output);
}

}  // namespace ridgepoint
