// What the commands share: the database option, and how a command enters the parser.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "results/store/store.h"

namespace CLI {
class App;
}

namespace ridgepoint {

/// State of one invocation, filled by the parser before a command's action runs.
struct Invocation {
  std::string database;                      ///< --db, empty for the default
  std::vector<std::string> benchmark_flags;  ///< what stood after "--"
  std::string command_line;                  ///< as typed, for the record
  std::function<int()> action;               ///< set by the chosen command

  [[nodiscard]] std::filesystem::path database_path() const;
  [[nodiscard]] Store open_store(OpenMode mode) const;
};

/// Adds a subcommand that takes --db and runs `action` (returning the exit code) when chosen.
CLI::App* add_command(CLI::App& parent, Invocation& invocation, const std::string& name,
                      const std::string& summary, std::function<int()> action);

void add_run_commands(CLI::App& app, Invocation& invocation);       // run, profile, resume, rerun
void add_quality_command(CLI::App& app, Invocation& invocation);    // quality
void add_list_command(CLI::App& app, Invocation& invocation);       // list WHAT
void add_show_commands(CLI::App& app, Invocation& invocation);      // show, export
void add_compare_command(CLI::App& app, Invocation& invocation);    // compare
void add_mark_commands(CLI::App& app, Invocation& invocation);      // tag, note
void add_database_commands(CLI::App& app, Invocation& invocation);  // import, merge, backup
void add_model_commands(CLI::App& app, Invocation& invocation);     // model make, model info
void add_ab_command(CLI::App& app, Invocation& invocation);         // ab
void add_history_command(CLI::App& app, Invocation& invocation);    // history
void add_passport_command(CLI::App& app, Invocation& invocation);   // passport
void add_roofline_command(CLI::App& app, Invocation& invocation);   // roofline
void add_loading_command(CLI::App& app, Invocation& invocation);    // loading
void add_wall_command(CLI::App& app, Invocation& invocation);       // wall
void add_explain_command(CLI::App& app, Invocation& invocation);    // explain
void add_trace_command(CLI::App& app, Invocation& invocation);      // trace
void add_dashboard_command(CLI::App& app, Invocation& invocation);  // dashboard
void add_doctor_command(CLI::App& app, Invocation& invocation);     // doctor

}  // namespace ridgepoint
