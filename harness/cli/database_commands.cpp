// import, merge, backup: whole files in and out of the database.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "harness/cli/cli.h"
#include "harness/cli/command.h"
#include "results/exchange/import.h"
#include "workloads/number_of.h"

namespace ridgepoint {
namespace {

struct ImportOptions {
  std::string file;
  std::string format;
  std::string label;
};

int import_file(const Invocation& invocation, const ImportOptions& options) {
  const ImportSource source = read_import_source(options.file);
  RecordStream imported = import_results(source, options.format);
  if (!options.label.empty()) {
    imported.run.label = options.label;
  } else if (imported.run.label.empty() && imported.run.suite == "imported") {
    // Other programs' results have no name of their own; whoever looks for them knows the file's.
    imported.run.label = std::filesystem::path(options.file).lexically_normal().filename().string();
  }
  Store store = invocation.open_store(OpenMode::read_write);
  const MergeReport report = store.merge_run(imported, options.file);
  // Only now: rows are read while they are merged, and a mistake in one is the only line then.
  for (const std::string& note : imported.notes) fmt::print(stderr, "{}: {}\n", options.file, note);
  if (report.recognised) {
    fmt::print("run {}: known already, complete with {}; {} was not read again\n", imported.run.id,
               number_of(report.records_known, "record"), options.file);
    return kExitOk;
  }
  fmt::print("run {}: {} added, {} known already, from {}\n", imported.run.id,
             number_of(report.records_added, "record"), report.records_known, options.file);
  return kExitOk;
}

int merge_database(const Invocation& invocation, const std::string& other) {
  Store store = invocation.open_store(OpenMode::read_write);
  const MergeReport report = store.merge_from(other);
  fmt::print("{} added, {} known already; {} added, {} known already\n",
             number_of(report.runs_added, "run"), report.runs_known,
             number_of(report.records_added, "record"), report.records_known);
  return kExitOk;
}

int backup_database(const Invocation& invocation, const std::string& target) {
  Store::back_up(invocation.database_path(), target);
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

void add_import_command(CLI::App& app, Invocation& invocation) {
  const auto options = std::make_shared<ImportOptions>();
  CLI::App* command =
      add_command(app, invocation, "import", "Bring in results: our own export, or other programs'",
                  [&invocation, options] { return import_file(invocation, *options); });
  command->add_option("FILE", options->file, "File to import; for some formats a folder")
      ->required();
  command->add_option("--format", options->format,
                      "Which of the formats below it is (default: what it looks like)");
  command->add_option("--label", options->label,
                      "Name for the run, to find it by (default: the name of the file)");
  std::string formats = "Formats:";
  for (const ImportFormat& format : import_formats()) {
    formats += fmt::format("\n  {:<18} {}", format.name, format.summary);
  }
  command->footer(formats);
}

}  // namespace

void add_database_commands(CLI::App& app, Invocation& invocation) {
  add_import_command(app, invocation);
  add_file_command(app, invocation, "merge", "Add the runs of another database (again is harmless)",
                   "The other database", merge_database);
  add_file_command(app, invocation, "backup",
                   "Write a consistent copy of the database to a new file", "File to write",
                   backup_database);
}

}  // namespace ridgepoint
