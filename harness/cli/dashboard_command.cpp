// dashboard: starts the program that shows what is stored.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "harness/cli/cli.h"
#include "harness/cli/command.h"
#include "harness/cli/dashboard_program.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

constexpr const char* kDashboard = "ridgepoint-dashboard";

/// Does not return where it works: this process becomes the dashboard.
[[noreturn]] void become_dashboard(std::vector<std::string> arguments) {
  const auto found = dashboard_program();
  if (!found) {
    throw Error(
        fmt::format("there is no {}: this Ridgepoint was built without the dashboard; install its "
                    "packages with scripts/install-packages.sh and build again",
                    kDashboard));
  }
  const std::filesystem::path& program = *found;
  arguments.insert(arguments.begin(), kDashboard);
  std::vector<char*> pointers;
  pointers.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  ::execv(program.c_str(), pointers.data());
  throw Error(fmt::format("{} cannot be started: {}", program.string(),
                          std::generic_category().message(errno)));
}

}  // namespace

std::optional<std::filesystem::path> dashboard_program() {
  std::error_code problem;
  auto program =
      std::filesystem::read_symlink("/proc/self/exe", problem).parent_path() / kDashboard;
  if (problem || !std::filesystem::exists(program, problem)) return {};
  return program;
}

void add_dashboard_command(CLI::App& app, Invocation& invocation) {
  CLI::App* command = add_command(app, invocation, "dashboard",
                                  "Look at runs and compare them in a window", nullptr);
  command->allow_extras();
  command->footer(
      "Arguments: [DB...] [--theme light|dark] [--size WxH] [--screenshot VIEW FILE] and more, see "
      "ridgepoint-dashboard --help");
  command->callback([&invocation, command] {
    invocation.action = [&invocation, command]() -> int {
      std::vector<std::string> arguments = command->remaining();
      if (!invocation.database.empty()) arguments.push_back(invocation.database);
      become_dashboard(std::move(arguments));
    };
  });
}

}  // namespace ridgepoint
