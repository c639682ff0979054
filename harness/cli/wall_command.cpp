// wall: how fast a model will decode and prefill here, predicted from what was measured of machine
// and engine, and how well that came true.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "harness/cli/cli.h"
#include "harness/cli/command.h"
#include "harness/cli/interrupt.h"
#include "harness/run/data_folder.h"
#include "harness/streaming/streaming.h"
#include "harness/wall/wall_model.h"
#include "harness/wall/wall_run.h"
#include "profiler/ceilings/time_together.h"
#include "workloads/error.h"
#include "workloads/number_of.h"
#include "workloads/tensor/kv_type.h"

namespace ridgepoint {
namespace {

struct WallArguments {
  std::vector<std::string> models{std::string(kBundledModel)};
  std::vector<std::string> types{""};
  std::string backend, kv = "f16", label;
  int threads = 0;
  WallGrid grid;
  std::int64_t repetitions = 3;
  bool predict_only = false, causal = false, streamed = false;
  std::vector<std::string> ways{"mapped", "direct"};
  std::vector<double> shares = StreamingOptions{}.shares;
  int steps = StreamingOptions{}.steps, readers = 0;
  std::string folder;
};

SliceOptions slice_options(const WallArguments& arguments) {
  const auto cores = static_cast<int>(ceilings::one_cpu_a_core().size());
  if (arguments.threads < 0 || arguments.threads > cores) {
    throw Error(
        fmt::format("--threads: {} is out of range; this process may use {}, so give "
                    "1 to {}",
                    arguments.threads, number_of(cores, "core"), cores));
  }
  SliceOptions options;
  options.threads = arguments.threads > 0 ? arguments.threads : cores;
  options.kv_type = parse_kv_type(arguments.kv);
  return options;
}

std::vector<Case> variants_of(const WallArguments& arguments) {
  std::vector<Case> variants;
  for (const auto& model : arguments.models) {
    check_model(model);
    for (const auto& type : arguments.types) {
      Case variant;
      set_from_text(variant, *find_case_field("kv"), arguments.kv);
      if (!type.empty()) set_from_text(variant, *find_case_field("type"), type);
      variant.model = model;
      variant.backend = arguments.backend;
      variants.push_back(std::move(variant));
    }
  }
  return variants;
}

std::vector<WallModel> measure_models(const WallArguments& arguments) {
  const SliceOptions options = slice_options(arguments);
  std::vector<WallModel> models;
  for (const Case& variant : variants_of(arguments)) {
    fmt::print(stderr, "timing a slice of {} {}\n", variant.model, variant.type);
    models.push_back(measure_wall_model(variant, options));
  }
  return models;
}

std::string causal_text(const std::string& name, const CausalTests& causes) {
  std::string text = fmt::format(
      "{} on {}, the antagonist ({}) on {}; beside it loading keeps at the least {:.0f} %\n", name,
      number_of(causes.threads, "core"), causes.kernel, number_of(causes.antagonists, "core"),
      100 * causes.left_at_the_most);
  for (const auto& test : causes.tests) {
    const std::string what =
        test.ops.empty() ? test.what : fmt::format("  {} ({:.0f} %)", test.ops, 100 * test.share);
    text += fmt::format(
        "  {:<30} elasticity {:5.2f} ({:.2f} to {:.2f}), bandwidth over a factor {:.2f}\n", what,
        test.elasticity.value, test.elasticity.low, test.elasticity.high, test.elasticity.spread);
  }
  return text;
}

int find_causes(const Invocation& invocation, const WallArguments& arguments) {
  const SliceOptions options = slice_options(arguments);
  Store store = invocation.open_store(OpenMode::read_write);
  for (const Case& variant : variants_of(arguments)) {
    const std::string name =
        variant.type.empty() ? variant.model : variant.model + " " + variant.type;
    fmt::print(stderr, "{}: time against the bandwidth that an antagonist leaves\n", name);
    constexpr int kRounds = 5;
    const auto causes = test_causes(variant, options, kRounds);
    fmt::print("{}run:      {}\n", causal_text(name, causes),
               store_causal_tests(store, name, causes, arguments.label, invocation.command_line));
  }
  fmt::print("database: {}\n", invocation.database_path().string());
  return kExitOk;
}

StreamingOptions streaming_options(const WallArguments& arguments, const Case& variant) {
  const SliceOptions slice = slice_options(arguments);
  StreamingOptions options;
  options.threads = slice.threads;
  options.kv_type = slice.kv_type;
  options.ways.clear();
  for (const std::string& way : arguments.ways) options.ways.push_back(*find_stream_way(way));
  options.shares = arguments.shares;
  options.steps = arguments.steps;
  options.readers = arguments.readers;
  options.folder = !arguments.folder.empty()
                       ? std::filesystem::path(arguments.folder)
                       : std::filesystem::absolute(variant.model).parent_path();
  return options;
}

int stream_models(const Invocation& invocation, const WallArguments& arguments) {
  Store store = invocation.open_store(OpenMode::read_write);
  const Interrupt interrupt;
  for (const Case& variant : variants_of(arguments)) {
    Streaming streaming = predict_streaming(
        variant, streaming_options(arguments, variant),
        [&](const std::string& step) { fmt::print(stderr, "{}: {}\n", variant.model, step); },
        interrupt.requested());
    const std::string run_id = run_streaming(
        store, streaming, !arguments.predict_only, arguments.label, invocation.command_line,
        [](const StreamingPoint& point) {
          const std::string came = point.absent.empty()
                                       ? fmt::format("{:.2f} s a token", point.measured_seconds())
                                       : point.absent;
          fmt::print(stderr, "{}, {:.0f} %: {}\n", name_of(point.way), 100 * point.asked_share,
                     came);
        },
        interrupt.requested());
    fmt::print("{}run:      {}\n", streaming_text(streaming), run_id);
    if (interrupt.requested().load()) break;
  }
  fmt::print("database: {}\n", invocation.database_path().string());
  return interrupt.requested().load() ? kExitInterrupted : kExitOk;
}

std::string case_line(const WallCase& one) {
  std::string line =
      fmt::format("{:<8} {:<6} {:<7} batch {:<3} context {:<6} predicted {:>9.2f} ms",
                  one.model->variant.model.substr(one.model->variant.model.rfind('/') + 1),
                  one.model->outline.weight_type, one.decode ? "decode" : "prefill",
                  one.subject.batch, one.subject.depth, one.predicted_seconds * 1e3);
  if (!one.left_out.empty()) return line + "  not run: " + one.left_out;
  if (one.measured_seconds <= 0) return line + "  did not come out";
  return line + fmt::format("  measured {:>9.2f} ms  {:+.1f} %, renewed {:+.1f} %",
                            one.measured_seconds * 1e3, 100 * one.error(),
                            100 * one.renewed_error());
}

std::string score_text(const std::vector<WallCase>& cases) {
  std::string text = "mean absolute error of the predicted times\n";
  for (const auto& score : score_wall(cases)) {
    text += fmt::format("  {:<16} {:<9} {:5.1f} %, renewed before each case {:5.1f} %\n",
                        score.what, number_of(score.cases, "case"), 100 * score.mean_absolute_error,
                        100 * score.renewed_mean_absolute_error);
  }
  return text;
}

int predict_and_run(const Invocation& invocation, const WallArguments& arguments) {
  if (arguments.causal) return find_causes(invocation, arguments);
  if (arguments.streamed) return stream_models(invocation, arguments);
  RunOptions options;
  options.repetitions = arguments.repetitions;
  options.processes = options.most_processes = 1;
  options.case_budget_seconds = arguments.grid.most_case_seconds;
  options.check = options.op_times = options.remeasure_noisy = false;
  validate(options);
  Store store = invocation.open_store(OpenMode::read_write);
  const auto models = measure_models(arguments);
  std::vector<WallCase> cases;
  for (const WallModel& model : models) {
    fmt::print("{}\n", wall_text(model, arguments.grid.batches, arguments.grid.depths));
    auto more = wall_cases(model, arguments.grid, options);
    cases.insert(cases.end(), std::make_move_iterator(more.begin()),
                 std::make_move_iterator(more.end()));
  }
  if (arguments.predict_only) {
    for (WallCase& one : cases) {
      if (one.left_out.empty()) one.left_out = "only predictions were asked for";
    }
  }
  std::fflush(stdout);
  const Interrupt interrupt;
  const std::string run_id = run_wall(
      store, cases, options, arguments.label, invocation.command_line,
      [&](const WallCase& one) {
        if (arguments.predict_only) return;
        fmt::print("{}\n", case_line(one));
        std::fflush(stdout);
      },
      interrupt.requested());
  if (!arguments.predict_only) fmt::print("{}", score_text(cases));
  fmt::print("database: {}\nrun:      {}\n", invocation.database_path().string(), run_id);
  return interrupt.requested().load() ? kExitInterrupted : kExitOk;
}

}  // namespace

void add_wall_command(CLI::App& app, Invocation& invocation) {
  const auto arguments = std::make_shared<WallArguments>();
  CLI::App* command =
      add_command(app, invocation, "wall",
                  "Predict a model's speed here from ceilings, then see what came true",
                  [&invocation, arguments] { return predict_and_run(invocation, *arguments); });
  command->add_option("--model", arguments->models, "Files, bundled models or shapes")
      ->delimiter(',');
  command->add_option("--type", arguments->types, "Types of the weights, for shapes")
      ->delimiter(',');
  command->add_option("--backend", arguments->backend,
                      "Backend (default: the first of cpu, quantized, reference that runs it)");
  command->add_option("--kv", arguments->kv, "Type of the KV cache")->capture_default_str();
  command->add_option("--threads", arguments->threads, "Threads (default: one a core)");
  command->add_option("--batch", arguments->grid.batches, "Batches to predict and run")
      ->delimiter(',')
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  command->add_option("--depth", arguments->grid.depths, "Contexts to predict and run")
      ->delimiter(',')
      ->check(CLI::Range(0, 10'000'000))
      ->capture_default_str();
  command->add_option("--generate", arguments->grid.generate, "Decode steps of a pass")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  command->add_option("--repetitions", arguments->repetitions, "Measured passes of a case")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command
      ->add_option("--case-seconds", arguments->grid.most_case_seconds,
                   "Leave cases out that would take longer")
      ->check(CLI::Range(1.0, 3600.0))
      ->capture_default_str();
  command->add_flag("--predict-only", arguments->predict_only, "Run no case");
  command->add_flag("--causal", arguments->causal,
                    "Run no case, but beside an antagonist: does time follow bandwidth?");
  command->add_flag("--streamed", arguments->streamed,
                    "Decode with a share of the weights in memory, the rest from the disk");
  command->add_option("--ways", arguments->ways, "Of streaming: mapped, direct, limited")
      ->delimiter(',')
      ->check(CLI::IsMember({"mapped", "direct", "limited"}))
      ->capture_default_str();
  command->add_option("--share", arguments->shares, "Shares of the weights that stay, 0 to 1")
      ->delimiter(',')
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command->add_option("--steps", arguments->steps, "Decode steps timed at each share")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command
      ->add_option("--readers", arguments->readers,
                   "Direct reads under way (default: what gets most from the disk)")
      ->check(CLI::Range(1, 64));
  command->add_option("--folder", arguments->folder,
                      "Where reordered weights are put meanwhile (default: beside the model)");
  command->add_option("--label", arguments->label, "Name for this run, to find it by");
}

}  // namespace ridgepoint
