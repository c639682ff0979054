#include "harness/history/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>
#include <vector>

#include "harness/ab/ab_evaluation.h"
#include "harness/ab/ab_options.h"
#include "harness/ab/arm.h"
#include "harness/environment/program.h"
#include "results/history/replay_label.h"
#include "workloads/error.h"
#include "workloads/shell_quote.h"

namespace ridgepoint {
namespace {

constexpr std::size_t kSessionDigits = 8;
constexpr std::string_view kBuildRidgepoint =
    "cmake --preset release && cmake --build build --target ridgepoint";
// Changes at the effect floor or above lie at twice the tolerance or above, where the gate's power
// is known (docs/statistics.md).
constexpr double kToleranceShare = 0.5;

const HistoryRow& row_of(const History& history, std::size_t point) {
  return history.points[point].row;
}

constexpr std::string_view kLogitFile = "file:";

/// A path of this folder, if it is one here; a name of anything else as it is.
std::string made_absolute(const std::string& name) {
  std::error_code unknown;
  if (name.empty() || !std::filesystem::exists(name, unknown)) return name;
  const auto path = std::filesystem::absolute(name, unknown);
  return unknown ? name : path.lexically_normal().string();
}

/// The case of the history as any folder can run it: the arms run elsewhere, in worktrees. Not the
/// backend: a plug-in of a relative path is one that each checkout builds.
Case case_for_anywhere(const History& history) {
  Case subject = history.subject.subject;
  subject.model = made_absolute(subject.model);
  subject.baseline_model = made_absolute(subject.baseline_model);
  if (subject.text != kBundledText) subject.text = made_absolute(subject.text);
  if (subject.baseline.starts_with(kLogitFile)) {
    subject.baseline =
        std::string(kLogitFile) + made_absolute(subject.baseline.substr(kLogitFile.size()));
  }
  return subject;
}

bool sides_given(const ReplayOptions& options) {
  return !options.side_a.empty();
}

/// The file of a plug-in, without its options.
std::string_view library_of(const Case& subject) {
  return std::string_view(subject.backend).substr(0, subject.backend.find(':'));
}

/// Whether the backend is a library that somebody's checkout builds (backends/registry.h).
bool is_plugin(const Case& subject) {
  const std::string_view name = library_of(subject);
  return name.find('/') != std::string_view::npos || name.ends_with(".so");
}

constexpr std::string_view kGiveSides =
    "give the two sides with --a and --b, as in --a build:DIR, --a OLD.so, --a 'cmd:COMMAND'";

/// Why a change cannot be replayed at all; empty when it can.
std::string obstacle_of(const History& history, const HistoryChange& change,
                        const ReplayOptions& options) {
  if (sides_given(options)) return {};
  const HistoryRow& before = row_of(history, change.before);
  const HistoryRow& after = row_of(history, change.after);
  if (before.run.git_commit.empty() || after.run.git_commit.empty()) {
    return fmt::format("no commit is on record on both sides: {}", kGiveSides);
  }
  if (before.run.git_commit == after.run.git_commit) {
    return fmt::format(
        "both runs are of the same commit: look at the machine, not at the code; if something "
        "else changed, {}",
        kGiveSides);
  }
  const Case& subject = history.subject.subject;
  if (subject.workload == "ceiling") {
    return "it is a ceiling of the machine, which no commit changes: look at the machine";
  }
  if (subject.workload == "imported" && options.bench.empty()) {
    return "it was measured by another program: say with --build and --bench how to run it";
  }
  if (is_plugin(subject) && options.bench.empty()) {
    if (library_of(subject).starts_with('/')) {
      return fmt::format("the plug-in {} has the same path in every checkout: {}",
                         library_of(subject), kGiveSides);
    }
    if (options.build.empty()) {
      return "say with --build how a checkout builds the plug-in, or give the two libraries with "
             "--a OLD.so --b NEW.so";
    }
  }
  return {};
}

/// A side as an arm: what names only a build or a library runs the case of the history.
std::string arm_of_side(const std::string& side, std::string_view option, const Case& subject) {
  constexpr std::string_view kBuild = "build:";
  const auto require_own = [&] {
    if (subject.workload != "imported") return;
    throw Error(
        fmt::format("{}: the case was measured by another program, so '{}' cannot run it: "
                    "give an arm with gbench: or cmd:, as for `ab`",
                    option, side));
  };
  const bool bare = side.find_first_of(" \t") == std::string::npos;
  if (side.starts_with(kBuild) && bare) {
    require_own();
    return fmt::format("{} {}", side, to_command_line(subject));
  }
  if (is_arm(side)) return side;
  Case with_library = subject;
  with_library.backend = side;
  if (!is_plugin(with_library)) {
    throw Error(
        fmt::format("{}: expected build:DIR, a plug-in library, or an arm as for `ab`, not "
                    "'{}'",
                    option, side));
  }
  require_own();
  if (side.find(':') == std::string::npos && is_plugin(subject)) {
    with_library.backend += subject.backend.substr(library_of(subject).size());  // its options
  }
  return "run:" + to_command_line(with_library);
}

std::string bench_of(const History& history, const ReplayOptions& options) {
  if (!options.bench.empty()) return options.bench;
  const Case subject = case_for_anywhere(history);
  // A plug-in of the checkout in this program; else the program of the checkout.
  return fmt::format("{}{}", is_plugin(subject) ? "run:" : "build:build ",
                     to_command_line(subject));
}

std::string percent_option(double share) {
  return fmt::format("{:g}%", 100 * share);
}

/// How many commits lie in a range; empty where git, or the repository here, does not know.
std::optional<std::int64_t> commits_between(const std::string& before, const std::string& after) {
  const auto answer = ask_program(
      {"git", "rev-list", "--count", "--end-of-options", fmt::format("{}..{}", before, after)});
  if (!answer || answer->exit_code != 0) return std::nullopt;
  std::int64_t count = 0;
  const char* const begin = answer->output.data();
  const auto [end, status] = std::from_chars(begin, begin + answer->output.size(), count);
  static_cast<void>(end);
  return status == std::errc() && count > 0 ? std::optional(count) : std::nullopt;
}

/// Of the figure that is the history's metric, where the session has it; else of the session.
Verdict verdict_about(const AbSession& session, std::string_view metric) {
  const MetricSpec* const spec = find_metric(metric);
  if (spec == nullptr || session.verdict == Verdict::incomparable) return session.verdict;
  const auto evaluation = evaluate(session, ab_options_from_json(session.options).rules);
  for (std::size_t i = 0; i < evaluation.figures().size(); ++i) {
    if (evaluation.figures()[i].name.ends_with(fmt::format(" {}", spec->short_name))) {
      return evaluation.gates()[i].verdict();
    }
  }
  return session.verdict;
}

Confirmation confirmation_of(Verdict verdict, ChangeDirection direction) {
  switch (verdict) {
    case Verdict::same:
      return Confirmation::refuted;
    case Verdict::slower:
      return direction == ChangeDirection::better ? Confirmation::refuted : Confirmation::confirmed;
    case Verdict::faster:
      return direction == ChangeDirection::worse ? Confirmation::refuted : Confirmation::confirmed;
    case Verdict::undecided:
    case Verdict::incomparable:
      break;
  }
  return Confirmation::undecided;
}

std::string command_text(const std::vector<std::string>& arguments) {
  std::string text = "ridgepoint";
  for (const std::string& argument : arguments) text += fmt::format(" {}", shell_quote(argument));
  return text;
}

}  // namespace

std::vector<std::string> replay_arguments(const History& history, const HistoryChange& change,
                                          const ReplayOptions& options) {
  std::vector<std::string> arguments{"ab"};
  const auto add = [&](std::string_view option, std::string_view value) {
    if (value.empty()) return;
    arguments.emplace_back(option);
    arguments.emplace_back(value);
  };
  if (change.replay.confirmation == Confirmation::undecided) {
    add("--resume", change.replay.session_id.substr(0, kSessionDigits));
  } else {
    if (const auto obstacle = obstacle_of(history, change, options); !obstacle.empty()) {
      throw Error("no replay: " + obstacle);
    }
    const std::string label = replay_label(history, change);
    if (sides_given(options)) {
      const Case subject = case_for_anywhere(history);
      add("--a", arm_of_side(options.side_a, "--a", subject));
      add("--b", arm_of_side(options.side_b, "--b", subject));
    } else {
      add("--refs", label.substr(label.rfind(' ') + 1));
      add("--build",
          options.build.empty() && options.bench.empty() ? kBuildRidgepoint : options.build);
      add("--bench", bench_of(history, options));
    }
    add("--tolerance", percent_option(kToleranceShare * history.rules.effect));
    add("--label", label);
  }
  add("--budget", options.budget);
  add("--db", options.database);
  return arguments;
}

void attach_replays(History& history, const AbStore& store, const ReplayOptions& options) {
  for (History& other : history.beside) attach_replays(other, store, options);
  const auto sessions = history.changes.empty() ? std::vector<AbSession>{} : store.list();
  for (HistoryChange& change : history.changes) {
    Replay& replay = change.replay;
    const HistoryRow& before = row_of(history, change.before);
    const HistoryRow& after = row_of(history, change.after);
    if (has_commits(history, change)) {
      replay.commits = commits_between(before.run.git_commit, after.run.git_commit);
    }
    // The newest that decided; where none did, the newest.
    const std::string label = replay_label(history, change);
    for (const AbSession& summary : sessions) {
      if (summary.label != label) continue;
      const Verdict verdict = verdict_about(store.session(summary.id), history.metric);
      const Confirmation confirmation = confirmation_of(verdict, change.direction);
      const bool first = replay.confirmation == Confirmation::none;
      if (!first && confirmation == Confirmation::undecided) continue;
      replay.session_id = summary.id;
      replay.verdict = verdict;
      replay.confirmation = confirmation;
      if (confirmation != Confirmation::undecided) break;
    }
    if (replay.confirmation != Confirmation::undecided) {
      replay.obstacle = obstacle_of(history, change, options);
    }
    if (replay.obstacle.empty()) {
      replay.command = command_text(replay_arguments(history, change, options));
    }
  }
}

void require_sides(const History& history, const HistoryChange& change,
                   const ReplayOptions& options) {
  if (sides_given(options) || change.replay.confirmation == Confirmation::undecided) return;
  if (const auto obstacle = obstacle_of(history, change, options); !obstacle.empty()) {
    throw Error("no replay: " + obstacle);
  }
  for (const std::size_t point : {change.before, change.after}) {
    const std::string& commit = row_of(history, point).run.git_commit;
    const auto known = ask_program(
        {"git", "rev-parse", "--verify", "--quiet", "--end-of-options", commit + "^{commit}"});
    if (known && known->exit_code == 0) continue;
    throw Error(
        fmt::format("no replay: commit {} is in no git repository here: call this in the "
                    "one that has it, or {}",
                    commit.substr(0, kLabelCommitDigits), kGiveSides));
  }
}

}  // namespace ridgepoint
