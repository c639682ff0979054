#include "results/history/replay_label.h"

#include <fmt/format.h>

namespace ridgepoint {
namespace {

constexpr std::size_t kRunDigits = 8;

}  // namespace

bool has_commits(const History& history, const HistoryChange& change) {
  const std::string& before = history.points[change.before].row.run.git_commit;
  const std::string& after = history.points[change.after].row.run.git_commit;
  return !before.empty() && !after.empty() && before != after;
}

std::string replay_label(const History& history, const HistoryChange& change) {
  const bool by_commit = has_commits(history, change);
  const auto name = [&](std::size_t point) {
    const Run& run = history.points[point].row.run;
    return by_commit ? run.git_commit.substr(0, kLabelCommitDigits)
                     : "run-" + run.id.substr(0, kRunDigits);
  };
  return fmt::format("confirm {} {}..{}", history.subject.hash, name(change.before),
                     name(change.after));
}

}  // namespace ridgepoint
