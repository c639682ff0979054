// loading: how fast a model file gets into memory, cold and warm, in every way that loaders use.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "harness/cli/cli.h"
#include "harness/cli/command.h"
#include "harness/cli/interrupt.h"
#include "harness/loading/measure_loading.h"
#include "profiler/ceilings/time_together.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

struct LoadingArguments {
  std::string file;
  std::string folder;
  std::string state = "both";
  std::string label;
  int threads = 0;
  int rounds = 5;
  std::int64_t most_mib = 0;
};

int measure_file(const Invocation& invocation, const LoadingArguments& arguments) {
  LoadingOptions options;
  options.threads = arguments.threads > 0 ? arguments.threads
                                          : static_cast<int>(ceilings::one_cpu_a_core().size());
  options.rounds = arguments.rounds;
  options.most_bytes = arguments.most_mib << 20;
  options.cold = arguments.state != "warm";
  options.warm = arguments.state != "cold";
  options.folder = arguments.folder.empty() ? std::filesystem::path(arguments.file).parent_path()
                                            : std::filesystem::path(arguments.folder);
  Store store = invocation.open_store(OpenMode::read_write);
  const Interrupt interrupt;
  const Loading loading = measure_loading(
      arguments.file, options, [](const std::string& step) { fmt::print(stderr, "{}\n", step); },
      interrupt.requested());
  const std::string run_id =
      store_loading(store, loading, arguments.label, invocation.command_line);
  fmt::print("{}database: {}\nrun:      {}\n", loading_text(loading),
             invocation.database_path().string(), run_id);
  return loading.interrupted ? kExitInterrupted : kExitOk;
}

}  // namespace

void add_loading_command(CLI::App& app, Invocation& invocation) {
  const auto arguments = std::make_shared<LoadingArguments>();
  CLI::App* command =
      add_command(app, invocation, "loading",
                  "Measure how fast a file gets into memory, cold and warm, beside its disk",
                  [&invocation, arguments] { return measure_file(invocation, *arguments); });
  command->add_option("FILE", arguments->file, "The file to load, such as a model")->required();
  command->add_option("--threads", arguments->threads, "Threads that load (default: one a core)")
      ->check(CLI::Range(1, 1024));
  command->add_option("--rounds", arguments->rounds, "Passes of each way, taken in turn")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command
      ->add_option("--most-mib", arguments->most_mib,
                   "Load the file's front only (default: all, or as much as memory has room for)")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 30));
  command->add_option("--state", arguments->state, "cold, warm, both")
      ->check(CLI::IsMember({"cold", "warm", "both"}))
      ->capture_default_str();
  command->add_option("--folder", arguments->folder,
                      "Where the packed copy is made (default: beside the file)");
  command->add_option("--label", arguments->label, "Name for this run, to find it by");
}

}  // namespace ridgepoint
