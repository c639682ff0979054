// roofline: what this machine can do at the most.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "backends/registry.h"
#include "harness/cli/cli.h"
#include "harness/cli/command.h"
#include "harness/cli/interrupt.h"
#include "harness/environment/new_run.h"
#include "harness/roofline/ceiling_json.h"
#include "harness/roofline/ceiling_records.h"
#include "harness/roofline/ceiling_text.h"
#include "harness/roofline/gpu_ceilings.h"
#include "profiler/ceilings/measure.h"
#include "profiler/machine/system_memory.h"
#include "profiler/machine/topology.h"
#include "results/roofline/ceilings_suite.h"
#include "workloads/error.h"
#include "workloads/number_of.h"

namespace ridgepoint {
namespace {

struct RooflineArguments {
  bool quick = false;
  std::optional<int> threads;
  std::optional<std::int64_t> largest_mib;
  std::string format = "table";
  std::string label;
  std::string device;
};

/// Room enough that hardly any of it stays in the caches, as far as there is memory.
std::int64_t default_largest_bytes(std::int64_t available_bytes) {
  constexpr std::int64_t kAtLeast = std::int64_t{1} << 30;
  std::int64_t caches = 0;
  if (const auto topology = read_topology()) {
    for (const auto& [name, bytes] : topology.value().cache_bytes) {
      caches = std::max(caches, bytes * topology.value().cache_count.at(name));
    }
  }
  return std::min(std::max(kAtLeast, 4 * caches), available_bytes / 2);
}

ceilings::MeasureOptions options_of(const RooflineArguments& arguments) {
  auto options = arguments.quick ? ceilings::quick_options() : ceilings::MeasureOptions{};
  const auto cores = ceilings::one_cpu_a_core().size();
  if (arguments.threads &&
      (*arguments.threads < 1 || std::cmp_greater(*arguments.threads, cores))) {
    throw Error(
        fmt::format("--threads: {} is out of range; this process may use {}, so give "
                    "1 to {}",
                    *arguments.threads, number_of(cores, "core"), cores));
  }
  options.threads = arguments.threads.value_or(0);
  const std::int64_t available =
      read_system_memory().available_bytes.value_or(std::int64_t{4} << 30);
  const std::int64_t most_mib = (available / 2) >> 20;
  if (arguments.largest_mib && (*arguments.largest_mib < 1 || *arguments.largest_mib > most_mib)) {
    throw Error(fmt::format(
        "--largest-mib: {} is out of range; half of the memory that is available is {} MiB, so "
        "give 1 to {}",
        *arguments.largest_mib, most_mib, most_mib));
  }
  options.largest_bytes =
      arguments.largest_mib ? *arguments.largest_mib << 20 : default_largest_bytes(available);
  return options;
}

std::string roofline_json(const std::string& run_id, const ceilings::Measured& measured) {
  nlohmann::json json = {{"run", run_id},
                         {"conditions", json_of(measured.conditions)},
                         {"ceilings", nlohmann::json::array()},
                         {"curves", nlohmann::json::array()},
                         {"interrupted", measured.interrupted}};
  for (const auto& ceiling : measured.ceilings) json["ceilings"].push_back(json_of(ceiling));
  for (const auto& curve : measured.curves) json["curves"].push_back(json_of(curve));
  return json.dump(2) + "\n";
}

int print_ceilings(const Invocation& invocation, const RooflineArguments& arguments, const Run& run,
                   const ceilings::Measured& measured) {
  if (arguments.format == "json") {
    fmt::print("{}", roofline_json(run.id, measured));
  } else {
    fmt::print("{}database: {}\nrun:      {}\n", ceiling_text(measured),
               invocation.database_path().string(), run.id);
  }
  return measured.interrupted ? kExitInterrupted : kExitOk;
}

int measure_gpu_roofline(const Invocation& invocation, const RooflineArguments& arguments) {
  if (arguments.threads) {
    throw Error("--threads: a GPU's ceilings are of all of it; leave it out with --device");
  }
  auto options = arguments.quick ? quick_device_options() : DeviceCeilingOptions{};
  if (arguments.largest_mib) {
    if (*arguments.largest_mib < 1) throw Error("--largest-mib: give 1 or more");
    options.largest_bytes = *arguments.largest_mib << 20;
  }
  options.progress = [](const std::string& what) { fmt::print(stderr, "{}\n", what); };
  // A device that is not there is known before a database is made.
  static_cast<void>(open_backend(backend_of_device(arguments.device)));
  Store store = invocation.open_store(OpenMode::read_write);
  const Interrupt interrupt;
  const GpuCeilings made =
      measure_gpu_ceilings(store, arguments.device, arguments.label, invocation.command_line,
                           options, interrupt.requested());
  return print_ceilings(invocation, arguments, made.run, made.measured);
}

int measure_roofline(const Invocation& invocation, const RooflineArguments& arguments) {
  if (!arguments.device.empty()) return measure_gpu_roofline(invocation, arguments);
  const auto options = options_of(arguments);
  // Before the minutes that measuring takes: a database that cannot be had is known now.
  Store store = invocation.open_store(OpenMode::read_write);
  const Run run = new_run(std::string(kCeilingsSuite), arguments.label, invocation.command_line);
  const Interrupt interrupt;
  const auto measured = ceilings::measure_ceilings(
      options, [](const std::string& what) { fmt::print(stderr, "{}\n", what); },
      interrupt.requested());
  store_ceilings(store, run, measured);
  return print_ceilings(invocation, arguments, run, measured);
}

}  // namespace

void add_roofline_command(CLI::App& app, Invocation& invocation) {
  const auto arguments = std::make_shared<RooflineArguments>();
  CLI::App* command =
      add_command(app, invocation, "roofline", "Measure what this machine can do at the most",
                  [&invocation, arguments] { return measure_roofline(invocation, *arguments); });
  command->add_flag("--quick", arguments->quick, "Fewer sizes and shorter batches: under a minute");
  command->add_option("--threads", arguments->threads,
                      "Most threads, beside the measurement with one (default: one a core)");
  command->add_option("--device", arguments->device,
                      "A GPU instead of the processor: cuda:0, cuda:1, ...");
  command->add_option("--largest-mib", arguments->largest_mib,
                      "Largest working set over all threads (default: 1024, or 4 times the largest "
                      "caches together where that is more)");
  command->add_option("--label", arguments->label, "Name for this run, to find it by");
  command->add_option("--format", arguments->format, "table, json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
}

}  // namespace ridgepoint
