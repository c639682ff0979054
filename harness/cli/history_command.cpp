// history: one case over its runs, where its level changed, and whether a replay confirms that.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "harness/cli/cli.h"
#include "harness/cli/command.h"
#include "harness/cli/interrupt.h"
#include "harness/cli/quantity.h"
#include "harness/history/replay.h"
#include "harness/history/run_self.h"
#include "results/history/history.h"
#include "results/report/history_report.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

struct HistoryArguments {
  std::vector<std::string> words;
  std::string alpha = "1%", effect = "2%";
  std::string format = "table";
  std::int64_t last = 100;
  std::string metric;
  bool confirm = false;
  ReplayOptions replay;
};

std::string history_in(const History& history, std::string_view format) {
  if (format == "json") return history_json(history);
  if (format == "markdown") return history_markdown(history);
  return history_table(history);
}

HistoryOptions parse_options(const HistoryArguments& arguments) {
  HistoryOptions options;
  options.metric = arguments.metric;
  options.last = static_cast<std::size_t>(arguments.last);
  options.rules.alpha = parse_share(arguments.alpha, "--alpha");
  options.rules.effect = parse_share(arguments.effect, "--effect");
  if (!(options.rules.alpha >= 1e-4 && options.rules.alpha <= 0.5)) {
    throw Error(fmt::format("--alpha: must lie between 0.01% and 50%, not {}", arguments.alpha));
  }
  return options;
}

History load_history(const Invocation& invocation, const HistoryArguments& arguments,
                     const HistoryOptions& options) {
  const HistoryQuery query(invocation.database_path());
  const auto selection = select_case(query, fmt::format("{}", fmt::join(arguments.words, " ")));
  History history = history_of(query, selection, options);
  const AbStore store(invocation.database_path(), OpenMode::read_only);
  attach_replays(history, store, arguments.replay);
  return history;
}

/// Replays the newest change, unless that is decided already. Whether it was interrupted.
bool confirm_newest(const History& history, const ReplayOptions& options) {
  if (history.changes.empty()) {
    fmt::print(stderr, "nothing to confirm: no change\n");
    return false;
  }
  const HistoryChange& newest = history.changes.back();
  if (is_settled(newest.replay.confirmation)) return false;
  require_sides(history, newest, options);
  const auto arguments = replay_arguments(history, newest, options);
  const Interrupt interrupt;
  const int code = run_self(arguments, interrupt.requested());
  if (interrupt.requested() || code == kExitInterrupted) return true;
  if (code == kExitBadInput || code > exit_code_of(Verdict::incomparable)) {
    throw Error(
        "--confirm: the A/B failed, see above; where a side cannot be built or run any more, give "
        "both with --a and --b, as in --a build:DIR");
  }
  return false;
}

void require_one_way(const ReplayOptions& replay) {
  if (replay.side_a.empty() != replay.side_b.empty()) {
    throw Error("--a and --b: give both sides of the change, or neither");
  }
  if (!replay.side_a.empty() && !(replay.build.empty() && replay.bench.empty())) {
    throw Error(
        "--a and --b are what is run: leave --build and --bench, which are for commits, out");
  }
}

int history(const Invocation& invocation, const HistoryArguments& arguments) {
  const HistoryOptions options = parse_options(arguments);
  require_one_way(arguments.replay);
  History loaded = load_history(invocation, arguments, options);
  bool interrupted = false;
  if (arguments.confirm) {
    interrupted = confirm_newest(loaded, arguments.replay);
    loaded = load_history(invocation, arguments, options);
  }
  fmt::print("{}", history_in(loaded, arguments.format));
  if (interrupted) return kExitInterrupted;
  return ends_worse(loaded) ? kExitNotOk : kExitOk;
}

}  // namespace

void add_history_command(CLI::App& app, Invocation& invocation) {
  const auto arguments = std::make_shared<HistoryArguments>();
  CLI::App* command =
      add_command(app, invocation, "history", "One case over its runs: where its level changed",
                  [&invocation, arguments] {
                    arguments->replay.database = invocation.database;
                    return history(invocation, *arguments);
                  });
  command
      ->add_option(
          "CASE", arguments->words,
          "First characters of a case hash, RUN/ORDINAL, or key:value words over cases and "
          "runs, as in op:matrix_product rows:1 branch:main")
      ->required();
  command->add_option("--metric", arguments->metric,
                      "Figure to follow (default: the one that stands for the case)");
  command->add_option("--last", arguments->last, "Newest runs to look at; 0: all")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1'000'000}))
      ->capture_default_str();
  command
      ->add_option("--alpha", arguments->alpha,
                   "Probability that noise alone is taken for a change, at most")
      ->capture_default_str();
  command->add_option("--effect", arguments->effect, "Levels that differ by less are one level")
      ->capture_default_str();
  command->add_option("--format", arguments->format, "table, json, markdown")
      ->check(CLI::IsMember({"table", "json", "markdown"}))
      ->capture_default_str();

  auto* replay = command->add_option_group("Confirmation");
  replay->add_flag("--confirm", arguments->confirm,
                   "Replay the newest change: an interleaved A/B of the commits on its two sides");
  replay->add_option("--build", arguments->replay.build,
                     "Shell command that builds a checkout (default: what builds Ridgepoint)");
  replay->add_option("--bench", arguments->replay.bench,
                     "What to run in each checkout, as for `ab` (default: this case)");
  replay
      ->add_option("--a", arguments->replay.side_a,
                   "The side before the change, instead of its commit: build:DIR, a plug-in "
                   "library, or an arm as for `ab`")
      ->type_name("SIDE");
  replay->add_option("--b", arguments->replay.side_b, "The side after the change, likewise")
      ->type_name("SIDE");
  replay->add_option("--budget", arguments->replay.budget, "Time for the A/B, as in 10m");
  command->footer(
      "Exit codes: 0 no change, or the newest is no slowdown, or a replay refuted it; 1 the newest "
      "change is a slowdown, confirmed or not yet; 2 bad input, nothing fits, or the A/B failed.");
}

}  // namespace ridgepoint
