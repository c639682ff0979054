// import, merge, backup: whole files in and out of the database.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <memory>
#include <sstream>

#include "harness/cli/cli.h"
#include "harness/cli/command.h"
#include "results/exchange/google_benchmark.h"
#include "results/exchange/json_export.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

std::string read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) {
    throw Error(fmt::format("{}: cannot be read; give a file that exists and is not empty", path));
  }
  return std::move(text).str();
}

int import_file(const Invocation& invocation, const std::string& path) {
  const std::string text = read_text(path);
  const RunWithRecords imported =
      is_run_json(text) ? run_from_json(text, path) : import_google_benchmark(text, path);
  Store store = invocation.open_store(OpenMode::read_write);
  const MergeReport report = store.merge_run(imported, path);
  fmt::print("run {}: {} records added, {} known already, from {}\n", imported.run.id,
             report.records_added, report.records_known, path);
  return kExitOk;
}

int merge_database(const Invocation& invocation, const std::string& other) {
  Store store = invocation.open_store(OpenMode::read_write);
  const MergeReport report = store.merge_from(other);
  fmt::print("{} runs added, {} known already; {} records added, {} known already\n",
             report.runs_added, report.runs_known, report.records_added, report.records_known);
  return kExitOk;
}

int backup_database(const Invocation& invocation, const std::string& target) {
  invocation.open_store(OpenMode::read_only).backup_to(target);
  fmt::print("{}\n", target);
  return kExitOk;
}

void add_file_command(CLI::App& app, Invocation& invocation, const std::string& name,
                      const std::string& summary, const std::string& help,
                      int (*command)(const Invocation&, const std::string&)) {
  const auto file = std::make_shared<std::string>();
  CLI::App* added = add_command(app, invocation, name, summary, [&invocation, file, command] {
    return command(invocation, *file);
  });
  added->add_option("FILE", *file, help)->required();
}

}  // namespace

void add_database_commands(CLI::App& app, Invocation& invocation) {
  add_file_command(app, invocation, "import",
                   "Bring in a run: our JSON export, or Google Benchmark's JSON", "File to import",
                   import_file);
  add_file_command(app, invocation, "merge", "Add the runs of another database (again is harmless)",
                   "The other database", merge_database);
  add_file_command(app, invocation, "backup",
                   "Write a consistent copy of the database to a new file", "File to write",
                   backup_database);
}

}  // namespace ridgepoint
