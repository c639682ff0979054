// ab: two arms, interleaved, until there is a verdict.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/ab/ab_run.h"
#include "harness/ab/ab_text.h"
#include "harness/ab/git_worktree.h"
#include "harness/cli/cli.h"
#include "harness/cli/command.h"
#include "harness/cli/interrupt.h"
#include "harness/cli/quality_budget_options.h"
#include "harness/cli/quantity.h"
#include "profiler/clock/monotonic_clock.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

struct AbArguments {
  std::string a, b, label, resumed, shown;
  std::string refs, build, bench;
  std::string tolerance = "2%", alpha = "1%", power_at = "5%", budget = "10m";
  std::string format = "table";
  QualityBudgetArguments quality_budget;
  AbOptions options;
  std::vector<std::string> given;  ///< of kSettledAtTheBeginning, those that were typed
};

// What a session is begun with. To go on by other rules would be to choose them by what was seen.
constexpr const char* kSettledAtTheBeginning[] = {"--a",
                                                  "--b",
                                                  "--label",
                                                  "--tolerance",
                                                  "--alpha",
                                                  "--power-at",
                                                  "--seed",
                                                  "--refs",
                                                  "--correlation-up-to",
                                                  "--build",
                                                  "--bench",
                                                  "--number-after",
                                                  "--unit",
                                                  "--max-kl",
                                                  "--max-perplexity-increase",
                                                  "--more-is-better",
                                                  "--time-limit-seconds"};

/// A line on stderr, rewritten on a terminal; now and then otherwise.
class AbProgressLine : public AbObserver {
 public:
  explicit AbProgressLine(const AbOptions& options)
      : options_(options), terminal_(::isatty(STDERR_FILENO) != 0) {}
  ~AbProgressLine() override {
    if (drawn_) std::fputs("\r\x1b[2K", stderr);
  }

  void warming_up() override {
    if (terminal_) show("a slice of each arm that does not count");
    shown_ns_ = monotonic_ns();
  }

  void pair_done(const AbPair& pair, const AbEvaluation& evaluation,
                 const AbProgress& progress) override {
    if (!pair.dropped.empty() && !terminal_) {
      show(fmt::format("pair {} dropped: {}", pair.ordinal + 1, pair.dropped));
    }
    const auto now_ns = monotonic_ns();
    const bool decided = evaluation.verdict() != Verdict::undecided;
    const auto pause_ns = terminal_ ? kRedrawEvery_ns : kLineEvery_ns;
    if (evaluation.pairs() == 0 || (!decided && now_ns - shown_ns_ < pause_ns)) return;
    show(progress_text(evaluation, options_, progress, /*forecast=*/true));
    shown_ns_ = monotonic_ns();
  }

 private:
  static constexpr std::int64_t kRedrawEvery_ns = 1'000'000'000;
  static constexpr std::int64_t kLineEvery_ns = 5'000'000'000;

  void show(const std::string& text) {
    if (terminal_) {
      fmt::print(stderr, "\r\x1b[2K{}", text);
      drawn_ = true;
    } else {
      fmt::print(stderr, "{}\n", text);
    }
    std::fflush(stderr);
  }

  const AbOptions& options_;
  bool terminal_;
  bool drawn_ = false;
  std::int64_t shown_ns_ = 0;
};

std::string session_in(const Invocation& invocation, const AbSession& session,
                       const AbOptions& options, std::string_view format) {
  if (format == "json") return ab_json(session, options);
  if (format == "markdown") return ab_markdown(session, options, invocation.database);
  return ab_table(session, options, invocation.database);
}

/// The arms, and the checkouts that they run in.
struct Arms {
  std::optional<GitWorktree> checkout_a, checkout_b;
  std::unique_ptr<Arm> a, b;
};

/// False when a stop was asked for meanwhile.
bool make_arms(Arms& arms, const std::string& a, const std::string& b, const AbOptions& options,
               const std::atomic<bool>& stop) {
  const auto& refs = options.refs;
  if (!refs.given()) {
    arms.a = parse_arm(a, options.arm);
    arms.b = parse_arm(b, options.arm);
    return true;
  }
  const auto checkout = [&](std::optional<GitWorktree>& place, const std::string& name,
                            const std::string& commit) -> std::unique_ptr<Arm> {
    fmt::print(stderr, "building {} ({})\n", name, commit.substr(0, 12));
    place.emplace(refs.repository, commit);
    if (!refs.build.empty() && !place->build(refs.build, stop)) return nullptr;
    auto own = options.arm;
    own.working_directory = place->path();
    return parse_arm(is_arm(refs.bench) ? refs.bench : "cmd:" + refs.bench, own);
  };
  arms.a = checkout(arms.checkout_a, refs.name_a, refs.commit_a);
  if (arms.a) arms.b = checkout(arms.checkout_b, refs.name_b, refs.commit_b);
  return arms.b != nullptr;
}

AbRefs parse_refs(const AbArguments& arguments) {
  const auto dots = arguments.refs.find("..");
  if (dots != std::string::npos && arguments.refs.substr(dots).starts_with("...")) {
    throw Error(fmt::format(
        "--refs: '{}' has three dots; write A..B. For the commit where the branches parted as A: "
        "--refs $(git merge-base A B)..B",
        arguments.refs));
  }
  if (dots == std::string::npos || dots == 0 || dots + 2 >= arguments.refs.size()) {
    throw Error(fmt::format("--refs: expected A..B, as in main..HEAD, not '{}'", arguments.refs));
  }
  if (arguments.bench.empty()) {
    throw Error("--refs: say with --bench what to run in each checkout");
  }
  AbRefs refs{.repository = repository_folder(),
              .name_a = arguments.refs.substr(0, dots),
              .name_b = arguments.refs.substr(dots + 2),
              .commit_a = {},
              .commit_b = {},
              .build = arguments.build,
              .bench = arguments.bench};
  refs.commit_a = resolve_commit(refs.name_a);
  refs.commit_b = resolve_commit(refs.name_b);
  return refs;
}

int measure_pairs(const Invocation& invocation, AbStore& store, const AbSession& session,
                  const AbOptions& options, const AbArguments& arguments) {
  std::vector<Record> qualities;
  if (options.budget.given())
    qualities = stored_qualities(invocation.open_store(OpenMode::read_only));
  const Interrupt interrupt;
  Arms arms;
  try {
    if (!make_arms(arms, session.a, session.b, options, interrupt.requested())) {
      store.finish(session.id, "interrupted", Verdict::undecided, "stopped while building", "",
                   unix_ns());
      fmt::print(stderr, "stopped while building; go on with: ridgepoint ab --resume {}\n",
                 session.id.substr(0, 8));
      return kExitInterrupted;
    }
  } catch (const Error& failure) {
    store_failure(store, session, failure.what());
    throw;
  }
  AbSession finished;
  {
    AbProgressLine progress(options);
    finished = run_ab(store, session.id, *arms.a, *arms.b, options, progress, interrupt.requested(),
                      qualities);
  }
  fmt::print("{}", session_in(invocation, finished, options, arguments.format));
  if (arguments.format == "table") {
    fmt::print("database: {}\nsession:  {}\n", invocation.database_path().string(), finished.id);
  }
  return finished.status == "interrupted" ? kExitInterrupted : exit_code_of(finished.verdict);
}

void refuse_settled(const AbArguments& arguments, std::string_view doing) {
  if (arguments.given.empty()) return;
  throw Error(
      fmt::format("{}: a session keeps what it was begun with; leave out {}, or begin a new one",
                  doing, fmt::join(arguments.given, ", ")));
}

int resume_session(const Invocation& invocation, const AbArguments& arguments) {
  refuse_settled(arguments, "--resume");
  AbStore store(invocation.database_path(), OpenMode::read_write);
  const AbSession session = store.session(store.resolve(arguments.resumed));
  AbOptions options = ab_options_from_json(session.options);
  options.budget_seconds = parse_duration_seconds(arguments.budget, "--budget");
  const auto more = arguments.options.most_pairs;  // 2000, or what --pairs says
  if (more < 1) throw Error("--pairs: expected at least 1");
  options.most_pairs = more + std::ranges::count_if(session.pairs, [](const AbPair& pair) {
                         return pair.dropped.empty();
                       });
  if (const auto differs = difference_from_beginning(session); !differs.empty()) {
    fmt::print(stderr,
               "incomparable: A/B session {} cannot go on here, where not everything is as it was: "
               "{}; begin a new one\n",
               session.id.substr(0, 8), differs);
    return exit_code_of(Verdict::incomparable);
  }
  return measure_pairs(invocation, store, session, options, arguments);
}

int show_session(const Invocation& invocation, const AbArguments& arguments) {
  refuse_settled(arguments, "--show");
  const AbStore store(invocation.database_path(), OpenMode::read_only);
  const AbSession session = store.session(store.resolve(arguments.shown));
  fmt::print("{}", session_in(invocation, session, ab_options_from_json(session.options),
                              arguments.format));
  return exit_code_of(session.verdict);
}

int begin(const Invocation& invocation, AbArguments& arguments) {
  AbOptions& options = arguments.options;
  options.rules.tolerance = parse_share(arguments.tolerance, "--tolerance");
  options.rules.alpha = parse_share(arguments.alpha, "--alpha");
  options.power_at = parse_share(arguments.power_at, "--power-at");
  options.budget_seconds = parse_duration_seconds(arguments.budget, "--budget");
  options.arm.working_directory = std::filesystem::current_path();
  options.budget = parse_budget(arguments.quality_budget);
  validate(options);
  if (!arguments.refs.empty()) {
    options.refs = parse_refs(arguments);
    arguments.a = fmt::format("{} ({}): {}", options.refs.name_a,
                              options.refs.commit_a.substr(0, 12), arguments.bench);
    arguments.b = fmt::format("{} ({}): {}", options.refs.name_b,
                              options.refs.commit_b.substr(0, 12), arguments.bench);
  } else if (arguments.a.empty() || arguments.b.empty()) {
    throw Error("ab: give both arms, --a SPEC and --b SPEC, or two commits with --refs A..B");
  } else {
    // A typing error is told before anything is stored.
    parse_arm(arguments.a, options.arm);
    parse_arm(arguments.b, options.arm);
  }
  AbStore store(invocation.database_path(), OpenMode::read_write);
  const AbSession session =
      begin_ab(store, arguments.a, arguments.b, options, arguments.label, invocation.command_line);
  return measure_pairs(invocation, store, session, options, arguments);
}

int run_ab(const Invocation& invocation, AbArguments& arguments) {
  if (!arguments.shown.empty()) return show_session(invocation, arguments);
  return arguments.resumed.empty() ? begin(invocation, arguments)
                                   : resume_session(invocation, arguments);
}

}  // namespace

void add_ab_command(CLI::App& app, Invocation& invocation) {
  const auto arguments = std::make_shared<AbArguments>();
  AbOptions& options = arguments->options;
  CLI::App* command = add_command(
      app, invocation, "ab", "Is B slower than A? Fresh processes in pairs until that is decided",
      [&app, &invocation, arguments] {
        const CLI::App* ab = app.get_subcommand("ab");
        for (const char* option : kSettledAtTheBeginning) {
          if (ab->get_option(option)->count() > 0) arguments->given.emplace_back(option);
        }
        return run_ab(invocation, *arguments);
      });
  const std::string spec =
      "run:OPTIONS (as after `ridgepoint run`), build:DIR OPTIONS (another build of it), "
      "gbench:BINARY FLAGS (any Google Benchmark program), cmd:COMMAND (any command)";
  command->add_option("--a", arguments->a, "The baseline: " + spec)->type_name("SPEC");
  command->add_option("--b", arguments->b, "The candidate, likewise")->type_name("SPEC");
  command->add_option("--label", arguments->label, "Name for this session, to find it by");
  command->add_option("--format", arguments->format, "table, markdown, json")
      ->check(CLI::IsMember({"table", "markdown", "json"}))
      ->capture_default_str();
  command->add_option("--resume", arguments->resumed, "Go on with an undecided session")
      ->type_name("SESSION");
  command->add_option("--show", arguments->shown, "Print a stored session again")
      ->type_name("SESSION");

  auto* rules = command->add_option_group("Verdict");
  rules->add_option("--tolerance", arguments->tolerance, "Differences within this are \"same\"")
      ->capture_default_str();
  rules->add_option("--alpha", arguments->alpha, "Probability of a false verdict, at most")
      ->capture_default_str();
  rules
      ->add_option("--power-at", arguments->power_at,
                   "Slowdown whose chance of being found is told")
      ->capture_default_str();
  rules
      ->add_option("--correlation-up-to", options.rules.correlation_up_to,
                   "Serial correlation of one arm's noise that the error rate holds for; 0 trusts "
                   "the random order alone and needs about half the pairs")
      ->capture_default_str();
  rules->add_option("--budget", arguments->budget, "Time to spend, as in 30s, 10m, 1h30m")
      ->capture_default_str();
  rules->add_option("--pairs", options.most_pairs, "Pairs at most, in this call")
      ->capture_default_str();
  rules->add_option("--seed", options.seed, "Of the order within each pair")->capture_default_str();

  add_budget_options(
      *command, arguments->quality_budget,
      "B's model cases are not called faster, nor where their quality is not stored");

  auto* commands = command->add_option_group("Commands");
  commands->add_option("--number-after", options.arm.number_after,
                       "cmd: the number printed after this text is the figure, not the wall time. "
                       "The text is taken as it stands, not as a pattern; both outputs are "
                       "searched; where it is there more than once, the median of the numbers "
                       "counts. The word behind it must be the same in both arms");
  commands->add_option("--unit", options.arm.unit, "Unit of that number");
  commands->add_flag("--more-is-better", options.arm.more_is_better, "Of that number");
  commands->add_option("--time-limit-seconds", options.arm.time_limit_seconds, "Of one process")
      ->capture_default_str();

  auto* commits = command->add_option_group("Commits");
  commits
      ->add_option("--refs", arguments->refs,
                   "Two commits of the repository here, each built in a checkout of its own")
      ->type_name("A..B");
  commits->add_option("--build", arguments->build, "Shell command that builds a checkout");
  commits->add_option("--bench", arguments->bench,
                      "What to run in each checkout: a command, or SPEC");
  command->footer(
      "Exit codes: 0 same or faster, 1 slower, 2 an arm failed or bad input, 3 undecided, 4 cannot "
      "be compared.");
}

}  // namespace ridgepoint
