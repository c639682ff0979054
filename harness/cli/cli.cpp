#include "harness/cli/cli.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <span>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "harness/cli/command.h"
#include "harness/cli/list_arguments.h"
#include "harness/cli/write_output.h"
#include "harness/environment/build_info.h"
#include "harness/run/run_case.h"
#include "workloads/error.h"
#include "workloads/nearest_name.h"
#include "workloads/shell_quote.h"

namespace ridgepoint {
namespace {

/// Only the parent process says this, to itself; see harness/run/run_case.h.
constexpr std::string_view kMeasureCommand = "measure";

std::string typed_command_line(std::span<char* const> arguments) {
  std::string line = "ridgepoint";
  for (char* argument : arguments.subspan(1)) {
    line += ' ';
    line += shell_quote(argument);
  }
  return line;
}

/// The commands of a command. CLI11 keeps groups of options among them, which have no name.
std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* one) { return !one->get_name().empty(); });
}

/// CLI11's messages, as one line that says where to look.
int report_parse_error(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) {  // --help, --version
    app.exit(error);
    flush_output();
    return kExitOk;
  }
  std::string what = error.what();
  std::replace(what.begin(), what.end(), '\n', ' ');
  const auto chosen = app.get_subcommands();
  if (!chosen.empty() && dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    // Of what, it does not say.
    std::vector<std::string> choices;
    for (const CLI::App* one : commands_of(*chosen.front())) {
      choices.push_back(one->get_name());
    }
    if (!choices.empty())
      what = fmt::format("{}: say what: {}", chosen.front()->get_name(), fmt::join(choices, ", "));
  }
  std::string help = "ridgepoint";
  for (auto at = chosen; !at.empty(); at = at.front()->get_subcommands()) {
    help += " " + at.front()->get_name();
  }
  help += " --help";
  fmt::print(stderr, "ridgepoint: {} (see {})\n", what, help);
  return kExitBadInput;
}

/// CLI11 would only say that a command is missing. Looks into commands that have commands of their
/// own, too.
void refuse_unknown_command(const CLI::App& app, std::span<char* const> arguments) {
  if (arguments.size() < 2 || arguments[1][0] == '-') return;
  const std::string_view command = arguments[1];
  std::vector<std::string_view> known;
  for (const CLI::App* subcommand : commands_of(app)) {
    if (subcommand->get_name() == command) {
      return refuse_unknown_command(*subcommand, arguments.subspan(1));
    }
    known.push_back(subcommand->get_name());
  }
  if (known.empty()) return;  // it takes arguments
  throw Error(fmt::format("unknown command '{}'{}; there are: {}", command,
                          did_you_mean(command, known), fmt::join(known, ", ")));
}

int parse_and_run(int argc, char** argv) {
  const std::span<char*> arguments(argv, static_cast<std::size_t>(argc));
  Invocation invocation;
  invocation.command_line = typed_command_line(arguments);

  // Google Benchmark's own flags stand after "--" and are none of the parser's business.
  const auto separator = std::find_if(arguments.begin(), arguments.end(), [](const char* argument) {
    return std::string_view(argument) == "--";
  });
  if (separator != arguments.end()) {
    invocation.benchmark_flags.assign(std::next(separator), arguments.end());
  }

  CLI::App app("Ridgepoint: inference benchmarking and profiling", "ridgepoint");
  app.set_version_flag("--version", fmt::format("ridgepoint {} ({}, {} {})", build_info().version,
                                                build_info().commit, build_info().compiler,
                                                build_info().compiler_version));
  app.require_subcommand(1);
  add_run_commands(app, invocation);
  add_quality_command(app, invocation);
  add_ab_command(app, invocation);
  add_history_command(app, invocation);
  add_passport_command(app, invocation);
  add_roofline_command(app, invocation);
  add_loading_command(app, invocation);
  add_wall_command(app, invocation);
  add_explain_command(app, invocation);
  add_trace_command(app, invocation);
  add_list_command(app, invocation);
  add_show_commands(app, invocation);
  add_compare_command(app, invocation);
  add_mark_commands(app, invocation);
  add_database_commands(app, invocation);
  add_model_commands(app, invocation);
  add_dashboard_command(app, invocation);
  add_doctor_command(app, invocation);

  const auto ours = arguments.first(static_cast<std::size_t>(separator - arguments.begin()));
  refuse_unknown_command(app, ours);
  refuse_empty_entries(app, ours);
  try {
    app.parse(static_cast<int>(separator - arguments.begin()), argv);
  } catch (const CLI::ParseError& error) {
    return report_parse_error(app, error);
  }
  const int exit_code = invocation.action();
  flush_output();
  return exit_code;
}

}  // namespace

int run_cli(int argc, char** argv) {
  // A limit on file sizes is to be an error of the write that meets it, not the end without a word.
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    if (argc == 4 && std::string_view(argv[1]) == kMeasureCommand) {
      return measure_main(std::stoi(argv[2]), std::stoi(argv[3]));
    }
    return parse_and_run(argc, argv);
  } catch (const Error& error) {
    fmt::print(stderr, "ridgepoint: {}\n", error.what());
    return kExitBadInput;
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "ridgepoint: out of memory; choose a smaller model, batch or context\n");
    return kExitBadInput;
  } catch (const std::system_error& error) {
    const int code = error.code().value();
    if (code == ENOSPC || code == EDQUOT || code == EFBIG || code == EIO) {
      fmt::print(stderr,
                 "ridgepoint: output cannot be written: {}; make room or send it elsewhere\n",
                 error.code().message());
      return kExitBadInput;
    }
    fmt::print(stderr, "ridgepoint: this is a bug of ours, please report it: {}\n", error.what());
    return kExitBug;
  } catch (const std::exception& error) {
    fmt::print(stderr, "ridgepoint: this is a bug of ours, please report it: {}\n", error.what());
    return kExitBug;
  }
}

}  // namespace ridgepoint
