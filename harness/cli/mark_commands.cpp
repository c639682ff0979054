// tag, note: what people say of a stored run afterwards.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>

#include "harness/cli/cli.h"
#include "harness/cli/command.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

struct MarkOptions {
  std::string run;
  std::vector<std::string> tags;
  bool remove = false;
  std::string note;
};

/// A database that is missing is not to be made by this; one of an older schema is brought up.
Store store_to_mark(const Invocation& invocation) {
  const bool missing = !std::filesystem::exists(invocation.database_path());
  return invocation.open_store(missing ? OpenMode::read_only : OpenMode::read_write);
}

void refuse_absent_tags(const Run& run, const std::vector<std::string>& tags) {
  const std::vector<std::string> names = run.marks.tag_names();
  for (const std::string& tag : tags) {
    if (std::ranges::find(names, tag) != names.end()) continue;
    throw Error(fmt::format("run {} has no tag '{}'; it has {}", run.id.substr(0, 8), tag,
                            names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
  }
}

int tag_run(const Invocation& invocation, const MarkOptions& options) {
  Store store = store_to_mark(invocation);
  const std::string id = store.resolve_run(options.run);
  if (options.remove) refuse_absent_tags(store.run(id), options.tags);
  static_cast<void>(store.set_tags(id, options.tags, !options.remove));
  const std::vector<std::string> names = store.run(id).marks.tag_names();
  fmt::print("run {}: {}{}\n", id.substr(0, 8), names.empty() ? "no tags" : "tags ",
             fmt::join(names, ", "));
  return kExitOk;
}

int note_run(const Invocation& invocation, const MarkOptions& options) {
  Store store = store_to_mark(invocation);
  const std::string id = store.resolve_run(options.run);
  static_cast<void>(store.set_note(id, options.note));
  fmt::print("run {}: {}\n", id.substr(0, 8), options.note.empty() ? "no note" : "noted");
  return kExitOk;
}

}  // namespace

void add_mark_commands(CLI::App& app, Invocation& invocation) {
  const auto options = std::make_shared<MarkOptions>();
  const std::string run_help = "Run id (or its first characters), label, or 'latest'";
  CLI::App* tag = add_command(app, invocation, "tag", "Put tags on a run, or take them off",
                              [&invocation, options] { return tag_run(invocation, *options); });
  tag->add_option("RUN", options->run, run_help)->required();
  tag->add_option("NAME", options->tags, "Tags, each one word")->required();
  tag->add_flag("--remove", options->remove, "Take these tags off");

  CLI::App* note = add_command(app, invocation, "note", "Write a note to a run, or take it away",
                               [&invocation, options] { return note_run(invocation, *options); });
  note->add_option("RUN", options->run, run_help)->required();
  note->add_option("TEXT", options->note,
                   "The note, which takes the place of the one before; \"\" takes it away")
      ->required();
}

}  // namespace ridgepoint
