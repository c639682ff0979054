#include "harness/wall/wall_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "backends/registry.h"
#include "backends/session.h"
#include "harness/run/data_folder.h"
#include "harness/wall/antagonist.h"
#include "profiler/ceilings/measure.h"
#include "profiler/ceilings/time_together.h"
#include "profiler/machine/system_memory.h"
#include "profiler/machine/topology.h"
#include "results/report/table.h"
#include "results/wall/wall_figures.h"
#include "workloads/error.h"
#include "workloads/formats/load_model.h"
#include "workloads/models/shapes.h"
#include "workloads/models/slice.h"
#include "workloads/number_of.h"
#include "workloads/tensor/kv_type.h"

namespace ridgepoint {
namespace {

constexpr std::int64_t kPieceRows = SessionOptions{}.prefill_rows;
constexpr std::int64_t kSliceVocabulary = 1024;
constexpr std::int64_t kLoadProbe_ns = 300'000'000;
constexpr std::int64_t kLoadBeside_ns = 40'000'000;
constexpr std::int64_t kArithmetic_ns = 60'000'000;

/// More than the caches hold, so that the slice's weights come from memory each time.
std::int64_t cold_bytes() {
  std::int64_t caches = std::int64_t{32} << 20;
  if (const auto topology = read_topology()) {
    for (const auto& [name, bytes] : topology.value().cache_bytes) {
      caches = std::max(caches, bytes * topology.value().cache_count.at(name));
    }
  }
  return 4 * caches;
}

const ModelConfig* shape_of(const Case& variant) {
  // A bundled model's name is that of a shape, too, and means its trained weights.
  const auto bundled = bundled_models();
  if (std::ranges::find(bundled, variant.model) != bundled.end()) return nullptr;
  std::error_code ignored;
  return std::filesystem::exists(variant.model, ignored) ? nullptr : find_shape(variant.model);
}

ModelType type_of(const Case& variant) {
  return variant.type.empty() ? ModelType(Type::f16) : ModelType::parse(variant.type);
}

std::unique_ptr<Backend> open_engine(Case& variant, const Model& outline, int threads) {
  if (!variant.backend.empty()) return open_backend(variant.backend);
  std::string reason;
  for (const char* name : {"cpu", "quantized", "reference"}) {
    auto backend = open_backend(name);
    const auto support =
        backend->supports(outline, SessionOptions{.capacity = 16, .threads = threads});
    if (support.supported) {
      variant.backend = name;
      return backend;
    }
    reason = support.reason;
  }
  throw Error(fmt::format("{}: no backend runs it: {}", variant.model, reason));
}

/// The fastest arithmetic that could serve weights of this type.
std::pair<std::string, double> arithmetic_for(std::string_view weight_type, int threads) {
  const bool plain = weight_type == "f32" || weight_type == "f16" || weight_type == "bf16";
  std::pair<std::string, double> best;
  for (const auto& ceiling : ceilings::measure_arithmetic(threads, kArithmetic_ns)) {
    if (!ceiling.why_absent.empty()) continue;
    if (plain && ceiling.unit != "FLOP/s") continue;
    if (weight_type == "f32" && ceiling.what.find("f32") == std::string::npos) continue;
    if (ceiling.estimate.value > best.second) best = {ceiling.what, ceiling.estimate.value};
  }
  return best;
}

/// A model's slice on its engine.
struct OpenSlice {
  Model outline, slice;
  std::unique_ptr<Backend> backend;
};

/// Chooses the backend where the variant names none.
OpenSlice open_slice(Case& variant, int threads) {
  OpenSlice opened;
  const ModelConfig* shape = shape_of(variant);
  opened.outline =
      shape != nullptr ? outline_model(*shape, type_of(variant)) : open_model_file(variant.model);
  opened.backend = open_engine(variant, opened.outline, threads);
  opened.slice =
      slice_model(opened.outline, slice_layers(opened.outline, cold_bytes()), kSliceVocabulary);
  if (shape != nullptr) {
    opened.slice = synthesise_model(opened.slice.config, type_of(variant),
                                    static_cast<std::uint64_t>(variant.seed), threads);
  }
  return opened;
}

double rate(double seconds, std::int64_t batch) {
  return seconds > 0 ? static_cast<double>(batch) / seconds : 0;
}

}  // namespace

Phase WallModel::phase(std::int64_t batch, std::int64_t capacity) const {
  return {.batch = batch, .tokens = 1, .capacity = capacity, .kv_type = parse_kv_type(variant.kv)};
}

StepWork WallModel::decode_step(std::int64_t batch, std::int64_t past) const {
  return step_work(lower(outline, phase(batch, past + 1)), past);
}

PredictedTime WallModel::decode(std::int64_t batch, std::int64_t past) const {
  return predict_decode(costs, decode_step(batch, past));
}

PredictedTime WallModel::prefill(std::int64_t batch, std::int64_t tokens,
                                 std::int64_t depth) const {
  return predict_prefill(
      costs, prefill_work(outline, phase(batch, depth + tokens), tokens, depth, kPieceRows));
}

WallModel measure_wall_model(Case variant, const SliceOptions& options) {
  WallModel wall;
  const OpenSlice opened = open_slice(variant, options.threads);
  wall.outline = opened.outline;
  const auto description = opened.backend->describe();
  wall.engine = description.name + " " + description.version;
  wall.sliced_layers = opened.slice.config.layers;
  wall.sliced_bytes = described_bytes(opened.slice);
  // A model that caches hold is held against what they give.
  wall.load_bytes = wall.sliced_layers == wall.outline.config.layers
                        ? wall.sliced_bytes
                        : std::max(cold_bytes(), wall.sliced_bytes);
  const ceilings::LoadProbe probe(options.threads, wall.load_bytes);
  const auto before = probe.measure(kLoadProbe_ns);
  const auto times = time_slice(*opened.backend, opened.slice, options);
  const auto after = probe.measure(kLoadProbe_ns);
  wall.costs = fit_costs(times.decode, times.deep_decode, times.prefill, times.deep_prefill);
  wall.load = {(before.value + after.value) / 2, std::min(before.low, after.low),
               std::max(before.high, after.high)};
  wall.roof.bytes_per_second = wall.load.value;
  std::tie(wall.arithmetic, wall.roof.operations_per_second) =
      arithmetic_for(wall.outline.weight_type, options.threads);
  wall.need = {.available_bytes = read_system_memory().available_bytes.value_or(0),
               .weight_bytes = described_bytes(wall.outline),
               .kv_bytes_per_token = kv_bytes_per_token(wall.outline.config, options.kv_type),
               .parameters = parameter_count(wall.outline.config)};
  variant.threads = options.threads;
  wall.variant = std::move(variant);
  return wall;
}

std::vector<CausalTest> test_causes(const Case& variant, const SliceOptions& options, int rounds) {
  auto cpus = ceilings::one_cpu_a_core();
  if (cpus.size() < 2) {
    throw Error("the causal test needs a core for the antagonist, and this process may use one");
  }
  SliceOptions own = options;
  own.threads = std::min<int>(options.threads, static_cast<int>(cpus.size()) - 1);
  Case chosen = variant;
  const OpenSlice opened = open_slice(chosen, own.threads);
  struct Timed {
    const char* what;
    std::int64_t batch, tokens, past;
  };
  constexpr Timed kTimed[] = {{"decode, batch 1", 1, 1, 8},
                              {"decode, batch 16", 16, 1, 8},
                              {"decode, batch 1, context 2048", 1, 1, 2048},
                              {"prefill, 512 tokens", 1, 512, 0}};
  // Its core is the last; the engine's threads and the probe take the first ones.
  Antagonist antagonist(cpus.back(), cold_bytes());
  const ceilings::LoadProbe probe(own.threads, cold_bytes());
  std::vector<CausalTest> tests;
  for (const Timed& timed : kTimed) {
    SliceSession session(*opened.backend, opened.slice, own, timed.batch,
                         timed.past + timed.tokens);
    if (timed.past > 0) session.fill(timed.past);
    CausalTest test{.what = timed.what, .points = {}, .elasticity = {}};
    for (int round = 0; round < rounds; ++round) {
      for (const double share : {0.0, 0.25, 0.5, 0.75, 1.0}) {
        antagonist.take(share);
        const double before = probe.measure(kLoadBeside_ns).value;
        const double seconds = session.time(timed.tokens, timed.past).seconds;
        const double after = probe.measure(kLoadBeside_ns).value;
        test.points.push_back({(before + after) / 2, seconds});
      }
    }
    antagonist.take(0);
    test.elasticity = estimate_elasticity(test.points);
    tests.push_back(std::move(test));
  }
  return tests;
}

nlohmann::json json_of(const WallModel& model) {
  return to_json(WallFigures{.model = model.variant.model,
                             .type = model.outline.weight_type,
                             .engine = model.engine,
                             .threads = model.variant.threads,
                             .kv = model.variant.kv,
                             .load = {model.load.low, model.load.value, model.load.high},
                             .load_bytes = model.load_bytes,
                             .arithmetic = model.arithmetic,
                             .operations_per_second = model.roof.operations_per_second,
                             .sliced_layers = model.sliced_layers,
                             .sliced_bytes = model.sliced_bytes,
                             .costs = model.costs,
                             .need = model.need,
                             .shape = model.outline.config});
}

std::string wall_text(const WallModel& model, const std::vector<std::int64_t>& batches,
                      const std::vector<std::int64_t>& contexts) {
  const EngineCosts& costs = model.costs;
  const StepWork one = model.decode_step(1, 0);
  const double weights_per_second = 1 / costs.seconds_per_weight_byte(1);
  std::string text = fmt::format(
      "{} ({}), {}, {}, KV {}\n"
      "  {} of {} layers were timed ({}); weights come at {} for one row, {:.0f} % of loading ({})",
      model.variant.model, model.outline.weight_type, model.engine,
      number_of(model.variant.threads, "thread"), model.variant.kv, model.sliced_layers,
      model.outline.config.layers, format_value(static_cast<double>(model.sliced_bytes), "bytes"),
      format_value(weights_per_second, "bytes/s"), 100 * weights_per_second / model.load.value,
      format_value(model.load.value, "bytes/s"));
  text += costs.seconds_per_kv_byte > 0
              ? fmt::format(", KV at {}\n", format_value(1 / costs.seconds_per_kv_byte, "bytes/s"))
              : ", KV at no cost that could be seen\n";
  text += "  predicted decode, tokens/s (in brackets: what the ceilings allow)\n";
  std::vector<std::vector<std::string>> rows{{"  batch"}};
  for (const auto context : contexts) rows.front().push_back(fmt::format("context {}", context));
  rows.front().emplace_back("512 tokens in");
  for (const auto batch : batches) {
    std::vector<std::string> row{fmt::format("  {}", batch)};
    for (const auto context : contexts) {
      const StepWork step = model.decode_step(batch, context);
      row.push_back(fmt::format("{:.1f} ({:.1f})", rate(predict_decode(costs, step).seconds, batch),
                                rate(roof_seconds(model.roof, std::array{step}), batch)));
    }
    row.push_back(fmt::format("{:.1f}", rate(model.prefill(batch, 512, 0).seconds, 512 * batch)));
    rows.push_back(std::move(row));
  }
  text += align(rows);
  const double critical = critical_batch(costs);
  text += fmt::format("  critical batch: {} (by the ceilings alone {:.0f}, {})\n",
                      critical > 0 ? fmt::format("{:.1f}", critical)
                                   : fmt::format("above {}", costs.by_rows.back().rows),
                      critical_batch(model.roof, one), model.arithmetic);
  const std::int64_t most = batches.back();
  text += fmt::format(
      "  attention takes as long as the weights from a context of {:.0f} for one sequence, {:.0f} "
      "for {}\n",
      crossing_context(costs, model.decode_step(1, 1024), 1024),
      crossing_context(costs, model.decode_step(most, 1024), 1024), most);
  const auto& need = model.need;
  text += fmt::format(
      "  memory: {} available, {} weights; largest batch at a context of {}: {}; largest context "
      "of "
      "one sequence: {}; largest model of this kind: {:.1f} billion parameters\n",
      format_value(static_cast<double>(need.available_bytes), "bytes"),
      format_value(static_cast<double>(need.weight_bytes), "bytes"), contexts.back(),
      largest_batch(need, std::max<std::int64_t>(contexts.back(), 1)), largest_context(need, 1),
      static_cast<double>(largest_parameters(need)) * 1e-9);
  return text;
}

}  // namespace ridgepoint
