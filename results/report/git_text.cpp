#include "results/report/git_text.h"

#include <fmt/format.h>

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>

#include "results/exchange/json_text.h"

namespace ridgepoint {
namespace {

constexpr std::size_t kShownCommitDigits = 10;

}  // namespace

std::string commit_text(const std::string& commit, const std::string& branch, bool dirty) {
  if (commit.empty()) return "";
  return fmt::format("{}{}{} ({})", branch, branch.empty() ? "" : "@",
                     commit.substr(0, kShownCommitDigits), dirty ? "modified files" : "clean");
}

std::string git_text(const Run& run) {
  if (!run.git_commit.empty()) {
    return "git " + commit_text(run.git_commit, run.git_branch, run.git_dirty);
  }
  if (!run.git_branch.empty()) return fmt::format("git {}, no commit yet", run.git_branch);
  const nlohmann::json conditions = parse_or_discard(run.conditions);
  if (!conditions.is_object()) return "";
  const auto why = conditions.find(std::string(kNoGit));
  return why != conditions.end() && why->is_string() ? why->get<std::string>() : "";
}

}  // namespace ridgepoint
