// passport: what difference this machine can resolve, in how long.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "harness/ab/passport.h"
#include "harness/cli/cli.h"
#include "harness/cli/command.h"
#include "harness/cli/interrupt.h"
#include "harness/cli/quantity.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

struct PassportArguments {
  std::string budget = "3m";
  std::string format = "table";
  std::string shown;
};

int run_passport(const Invocation& invocation, const PassportArguments& arguments, bool show_only) {
  std::string id = arguments.shown == "latest" ? "" : arguments.shown;
  bool interrupted = false;
  if (!show_only) {
    const double budget_seconds = parse_duration_seconds(arguments.budget, "--budget");
    if (budget_seconds <= 0) throw Error("--budget: expected more than 0 s");
    AbStore store(invocation.database_path(), OpenMode::read_write);
    const Interrupt interrupt;
    id = measure_passport(
        store, budget_seconds, invocation.command_line,
        [](const PassportCase& entry) {
          fmt::print(stderr, "{}: {}\n", entry.name, entry.purpose);
        },
        interrupt.requested());
    interrupted = interrupt.requested().load();
  }
  const AbStore store(invocation.database_path(), OpenMode::read_only);
  const auto passport = read_passport(store, id);
  fmt::print("{}", arguments.format == "json" ? passport_json(passport) : passport_table(passport));
  return interrupted ? kExitInterrupted : kExitOk;
}

}  // namespace

void add_passport_command(CLI::App& app, Invocation& invocation) {
  const auto arguments = std::make_shared<PassportArguments>();
  CLI::App* command = add_command(
      app, invocation, "passport", "Measure cases against themselves: what can be resolved here?",
      [&invocation, arguments] {
        return run_passport(invocation, *arguments, !arguments->shown.empty());
      });
  command->add_option("--budget", arguments->budget, "Time to spend, as in 3m")
      ->capture_default_str();
  command
      ->add_option("--show", arguments->shown, "Print a stored passport again, by id or 'latest'")
      ->type_name("ID");
  command->add_option("--format", arguments->format, "table, json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
}

}  // namespace ridgepoint
