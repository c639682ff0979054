#include "harness/cli/command.h"

#include <CLI/CLI.hpp>
#include <utility>

namespace ridgepoint {

std::filesystem::path Invocation::database_path() const {
  return database.empty() ? default_database_path() : std::filesystem::path(database);
}

Store Invocation::open_store(OpenMode mode) const {
  return {database_path(), mode};
}

CLI::App* add_command(CLI::App& parent, Invocation& invocation, const std::string& name,
                      const std::string& summary, std::function<int()> action) {
  CLI::App* command = parent.add_subcommand(name, summary);
  command
      ->add_option("--db", invocation.database,
                   "Database file (default: in the user's data folder)")
      ->type_name("FILE")
      ->check(
          [](const std::string& file) {
            return std::string(file.empty() ? "an empty name; give a file, or leave --db out" : "");
          },
          "");
  command->callback([&invocation, action = std::move(action)] { invocation.action = action; });
  return command;
}

}  // namespace ridgepoint
