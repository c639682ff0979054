// wall: how fast a model will decode and prefill here, predicted from what was measured of machine
// and engine, and how well that came true.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <deque>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/cli/cli.h"
#include "harness/cli/command.h"
#include "harness/cli/interrupt.h"
#include "harness/run/data_folder.h"
#include "harness/streaming/streaming.h"
#include "harness/wall/causal_test.h"
#include "harness/wall/interrupted.h"
#include "harness/wall/open_slice.h"
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
  std::vector<std::string> kv_types{Case{}.kv};
  std::string backend, label;
  const CLI::App* command = nullptr;
  std::optional<int> threads;
  WallGrid grid;
  std::int64_t repetitions = 3;
  bool predict_only = false, causal = false, streamed = false;
  std::vector<std::string> ways{"mapped", "direct"};
  std::vector<double> shares = StreamingOptions{}.shares;
  int steps = StreamingOptions{}.steps, readers = 0;
  std::string folder;
};

SliceOptions slice_options(const WallArguments& arguments, const std::atomic<bool>& stop) {
  const auto cores = static_cast<int>(ceilings::one_cpu_a_core().size());
  if (arguments.threads && (*arguments.threads < 1 || *arguments.threads > cores)) {
    throw Error(
        fmt::format("--threads: {} is out of range; this process may use {}, so give "
                    "1 to {}",
                    *arguments.threads, number_of(cores, "core"), cores));
  }
  SliceOptions options;
  options.threads = arguments.threads.value_or(cores);
  options.stop = &stop;
  return options;
}

/// For a variant of its own.
SliceOptions slice_options_of(const SliceOptions& options, const Case& variant) {
  SliceOptions own = options;
  own.kv_type = parse_kv_type(variant.kv);
  own.report = [name = name_of_variant(variant)](const std::string& what) {
    fmt::print(stderr, "{}: {}\n", name, what);
  };
  return own;
}

std::vector<Case> variants_of(const WallArguments& arguments) {
  std::vector<Case> variants;
  for (const auto& model : arguments.models) {
    check_model(model);
    for (const auto& type : arguments.types) {
      for (const auto& kv : arguments.kv_types) {
        Case variant;
        static_cast<void>(parse_kv_type(kv));
        set_from_text(variant, *find_case_field("kv"), kv);
        if (!type.empty()) set_from_text(variant, *find_case_field("type"), type);
        variant.model = model;
        variant.backend = arguments.backend;
        if (!type.empty() && !is_shape(variant)) refuse_type_of(variant);
        variants.push_back(std::move(variant));
      }
    }
  }
  return variants;
}

/// What would be passed over in silence is refused.
void check_options(const WallArguments& arguments) {
  const auto is_given = [&](const char* option) {
    return arguments.command->get_option(option)->count() > 0;
  };
  const auto refuse_beside = [&](const char* option, std::initializer_list<const char*> others,
                                 const char* why) {
    for (const char* other : others) {
      if (is_given(other))
        throw Error(fmt::format("{}: not with {}, which {}", other, option, why));
    }
  };
  if (arguments.causal) {
    refuse_beside("--causal",
                  {"--streamed", "--predict-only", "--batch", "--depth", "--generate",
                   "--repetitions", "--case-seconds"},
                  "times work of its own and runs no case");
  }
  if (arguments.streamed) {
    refuse_beside("--streamed",
                  {"--batch", "--depth", "--generate", "--repetitions", "--case-seconds"},
                  "decodes one sequence, --steps of them");
    return;
  }
  for (const char* option : {"--ways", "--share", "--steps", "--readers", "--folder"}) {
    if (is_given(option))
      throw Error(fmt::format("{}: means something with --streamed only", option));
  }
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

/// The store, opened where it is there already, so that one that cannot be written is told before
/// minutes are spent on measuring; else when there is something to put into it, so that what is
/// interrupted before leaves no empty one behind.
class LateStore {
 public:
  explicit LateStore(const Invocation& invocation) : invocation_(invocation) {
    if (std::filesystem::exists(invocation.database_path())) static_cast<void>(get());
  }
  Store& get() {
    if (!store_) store_.emplace(invocation_.open_store(OpenMode::read_write));
    return *store_;
  }

 private:
  const Invocation& invocation_;
  std::optional<Store> store_;
};

/// In turn until `stop`. Interrupted only before the first one has stored anything.
void for_each_variant(const std::vector<Case>& variants, const std::atomic<bool>& stop,
                      const std::function<void(const Case&)>& work) {
  for (const Case& variant : variants) {
    try {
      work(variant);
    } catch (const Interrupted&) {
      if (&variant == &variants.front()) throw;
    }
    if (stop.load()) break;
  }
}

int find_causes(const Invocation& invocation, const WallArguments& arguments,
                const std::atomic<bool>& stop) {
  require_causal_cores();
  const SliceOptions options = slice_options(arguments, stop);
  const auto variants = variants_of(arguments);
  LateStore store(invocation);
  for_each_variant(variants, stop, [&](const Case& variant) {
    const std::string name = name_of_variant(variant);
    fmt::print(stderr, "{}: time against the bandwidth that an antagonist leaves\n", name);
    constexpr int kRounds = 5;
    const auto [run_id, causes] = run_causal_tests([&]() -> Store& { return store.get(); }, variant,
                                                   slice_options_of(options, variant), kRounds,
                                                   arguments.label, invocation.command_line);
    fmt::print("{}run:      {}{}\n", causal_text(name, causes), run_id,
               causes.interrupted ? ", interrupted" : "");
    std::fflush(stdout);
  });
  fmt::print("database: {}\n", invocation.database_path().string());
  return stop.load() ? kExitInterrupted : kExitOk;
}

StreamingOptions streaming_options(const WallArguments& arguments, const Case& variant,
                                   int threads) {
  StreamingOptions options;
  options.threads = threads;
  options.kv_type = parse_kv_type(variant.kv);
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

int stream_models(const Invocation& invocation, const WallArguments& arguments,
                  const std::atomic<bool>& stop) {
  const int threads = slice_options(arguments, stop).threads;
  const auto variants = variants_of(arguments);
  LateStore store(invocation);
  for_each_variant(variants, stop, [&](const Case& variant) {
    Streaming streaming = predict_streaming(
        variant, streaming_options(arguments, variant, threads),
        [&](const std::string& step) {
          fmt::print(stderr, "{}: {}\n", name_of_variant(variant), step);
        },
        stop);
    const std::string run_id = run_streaming(
        store.get(), streaming, !arguments.predict_only, arguments.label, invocation.command_line,
        [](const StreamingPoint& point) {
          const std::string came = point.absent.empty()
                                       ? fmt::format("{:.2f} s a token", point.measured_seconds())
                                       : point.absent;
          fmt::print(stderr, "{}, {:.0f} %: {}\n", name_of(point.way), 100 * point.asked_share,
                     came);
        },
        stop);
    fmt::print("{}run:      {}\n", streaming_text(streaming), run_id);
    std::fflush(stdout);
  });
  fmt::print("database: {}\n", invocation.database_path().string());
  return stop.load() ? kExitInterrupted : kExitOk;
}

std::string case_line(const WallCase& one) {
  std::string line =
      fmt::format("{:<8} {:<6} KV {:<4} {:<7} batch {:<3} context {:<6} predicted {:>9.2f} ms",
                  one.model->variant.model.substr(one.model->variant.model.rfind('/') + 1),
                  one.model->outline.weight_type, one.subject.kv, one.decode ? "decode" : "prefill",
                  one.subject.batch, one.subject.depth, one.predicted_seconds * 1e3);
  if (!one.left_out.empty()) return line + "  not run: " + one.left_out;
  if (one.measured_seconds <= 0) return line + "  did not come out";
  line += fmt::format("  measured {:>9.2f} ms  {:+.1f} %, renewed {:+.1f} %",
                      one.measured_seconds * 1e3, 100 * one.error(), 100 * one.renewed_error());
  return one.not_scored.empty() ? line : line + "  not scored: " + one.not_scored;
}

std::string score_text(const std::vector<WallCase>& cases) {
  const auto scores = score_wall(cases);
  std::string text = scores.empty() ? "no prediction was scored: no case that counts was measured\n"
                                    : "mean absolute error of the predicted times\n";
  for (const auto& score : scores) {
    text += fmt::format("  {:<16} {:<9} {:5.1f} %, renewed before each case {:5.1f} %\n",
                        score.what, number_of(score.cases, "case"), 100 * score.mean_absolute_error,
                        100 * score.renewed_mean_absolute_error);
  }
  if (const int left = not_scored(cases); left > 0) {
    text += fmt::format("  not scored: {}, for the reasons above\n", number_of(left, "case"));
  }
  return text;
}

void predict_one(const WallModel& model, const WallArguments& arguments,
                 const RunOptions& run_options, WallRun& run, std::vector<WallCase>& all) {
  fmt::print("{}\n", wall_text(model, arguments.grid.batches, arguments.grid.depths));
  std::fflush(stdout);
  auto cases = wall_cases(model, arguments.grid, run_options);
  if (arguments.predict_only) {
    for (WallCase& one : cases) {
      if (one.left_out.empty()) one.left_out = "only predictions were asked for";
    }
  }
  run.add_predictions(model, cases);
  std::ranges::move(cases, std::back_inserter(all));
}

int predict_and_run_cases(const Invocation& invocation, const WallArguments& arguments,
                          const std::atomic<bool>& stop) {
  RunOptions options;
  options.repetitions = arguments.repetitions;
  options.processes = options.most_processes = 1;
  options.case_budget_seconds = arguments.grid.most_case_seconds;
  options.check = options.op_times = options.remeasure_noisy = false;
  validate(options);
  const SliceOptions slice = slice_options(arguments, stop);
  const auto variants = variants_of(arguments);
  LateStore store(invocation);
  std::optional<WallRun> run;  // from the first model on: a mistake before leaves nothing behind
  std::deque<WallModel> models;
  std::vector<WallCase> cases;
  try {
    for (const Case& variant : variants) {
      models.push_back(measure_wall_model(variant, slice_options_of(slice, variant)));
      if (!run) run.emplace(store.get(), options, arguments.label, invocation.command_line);
      predict_one(models.back(), arguments, options, *run, cases);
    }
    run->measure(
        cases,
        [&](const WallCase& one) {
          if (arguments.predict_only) return;
          fmt::print("{}\n", case_line(one));
          std::fflush(stdout);
        },
        stop);
  } catch (const Interrupted&) {
    if (!run) throw;  // otherwise what was predicted until then is stored
  } catch (...) {
    if (run) run->finish(/*interrupted=*/true);
    throw;
  }
  run->finish(stop.load());
  if (!arguments.predict_only) fmt::print("{}", score_text(cases));
  fmt::print("database: {}\nrun:      {}{}\n", invocation.database_path().string(), run->id(),
             stop.load() ? ", interrupted" : "");
  return stop.load() ? kExitInterrupted : kExitOk;
}

/// What is asked for twice is predicted and run once.
void drop_repeats(std::vector<std::int64_t>& values) {
  std::set<std::int64_t> seen;
  std::erase_if(values, [&](std::int64_t value) { return !seen.insert(value).second; });
}

int predict_and_run(const Invocation& invocation, WallArguments& arguments) {
  check_options(arguments);
  drop_repeats(arguments.grid.batches);
  drop_repeats(arguments.grid.depths);
  const Interrupt interrupt;
  try {
    if (arguments.causal) return find_causes(invocation, arguments, interrupt.requested());
    if (arguments.streamed) return stream_models(invocation, arguments, interrupt.requested());
    return predict_and_run_cases(invocation, arguments, interrupt.requested());
  } catch (const Interrupted&) {
    fmt::print(stderr, "interrupted before anything was predicted: nothing is stored\n");
    return kExitInterrupted;
  }
}

}  // namespace

void add_wall_command(CLI::App& app, Invocation& invocation) {
  const auto arguments = std::make_shared<WallArguments>();
  CLI::App* command =
      add_command(app, invocation, "wall",
                  "Predict a model's speed here from ceilings, then see what came true",
                  [&invocation, arguments] { return predict_and_run(invocation, *arguments); });
  arguments->command = command;
  command
      ->add_option("--model", arguments->models,
                   fmt::format("Files, bundled models or shapes (default: {})", kBundledModel))
      ->delimiter(',');
  command->add_option("--type", arguments->types, "Types of the weights, for shapes")
      ->delimiter(',');
  command->add_option("--backend", arguments->backend,
                      "Backend (default: the first of cpu, quantized, reference that runs it)");
  command->add_option("--kv", arguments->kv_types, "Types of the KV cache")
      ->delimiter(',')
      ->capture_default_str();
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
