#include "harness/wall/wall_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "backends/session.h"
#include "harness/wall/open_slice.h"
#include "profiler/ceilings/measure.h"
#include "profiler/machine/system_memory.h"
#include "results/report/table.h"
#include "results/wall/wall_figures.h"
#include "workloads/number_of.h"
#include "workloads/tensor/kv_type.h"

namespace ridgepoint {
namespace {

constexpr std::int64_t kLoadProbe_ns = 300'000'000;
constexpr std::int64_t kArithmetic_ns = 60'000'000;

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

/// How fast the cache comes at the longest past that was timed, for the fewest and most sequences.
std::string kv_text(const EngineCosts& costs) {
  std::string text = ", KV at ";
  const auto add = [&](std::int64_t rows) {
    std::int64_t longest = 0;
    for (const auto& cost : costs.kv) {
      if (cost.rows == rows) longest = std::max(longest, cost.past);
    }
    const double seconds = costs.seconds_per_kv_byte(rows, longest);
    text += fmt::format("{} for {} over {} tokens",
                        seconds > 0 ? format_value(1 / seconds, "bytes/s") : "no cost seen",
                        number_of(rows, "sequence"), longest);
  };
  const std::int64_t fewest = costs.kv.front().rows, most = costs.kv.back().rows;
  add(fewest);
  if (most > fewest) {
    text += ", ";
    add(most);
  }
  return text + "\n";
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
      costs, prefill_work(outline, phase(batch, depth + tokens), tokens, depth, prefill_rows));
}

WallModel measure_wall_model(Case variant, const SliceOptions& options) {
  WallModel wall;
  wall.opened = std::make_shared<const OpenSlice>(open_slice(variant, options.threads));
  wall.slice_options = options;
  const OpenSlice& opened = *wall.opened;
  wall.outline = opened.outline;
  const auto description = opened.backend->describe();
  wall.engine = description.name + " " + description.version;
  wall.sliced_layers = opened.slice.config.layers;
  wall.sliced_bytes = described_bytes(opened.slice);
  // A model that caches hold is held against what they give.
  wall.load_bytes = wall.sliced_layers == wall.outline.config.layers
                        ? wall.sliced_bytes
                        : std::max(cold_bytes(), wall.sliced_bytes);
  options.next("loading from memory");
  const ceilings::LoadProbe probe(options.threads, wall.load_bytes);
  const auto before = probe.measure(kLoadProbe_ns);
  auto times = time_slice(*opened.backend, opened.slice, options);
  const auto after = probe.measure(kLoadProbe_ns);
  wall.costs = fit_costs(times.decode, times.deep_decode, times.prefill, times.deep_prefill);
  wall.prefill_rows = opened.backend->prefill_rows();
  wall.copies_past = times.copies_past;
  wall.decode_times = std::move(times.decode);
  wall.prefill_times = std::move(times.prefill);
  wall.load = {(before.value + after.value) / 2, std::min(before.low, after.low),
               std::max(before.high, after.high)};
  wall.roof.bytes_per_second = wall.load.value;
  options.next("arithmetic");
  std::tie(wall.arithmetic, wall.roof.operations_per_second) =
      arithmetic_for(wall.outline.weight_type, options.threads);
  wall.need = {.available_bytes = read_system_memory().available_bytes.value_or(0),
               .weight_bytes = described_bytes(wall.outline),
               .kv_bytes_per_token = kv_bytes_per_token(wall.outline.config, options.kv_type),
               .parameters = parameter_count(wall.outline.config)};
  const auto weight_type = find_type(wall.outline.weight_type);
  wall.keeps_copies = weight_type && opened.backend->reorders(*weight_type);
  variant.threads = options.threads;
  wall.variant = std::move(variant);
  return wall;
}

double slice_drift(const WallModel& model, bool decode, std::int64_t batch) {
  const auto& then = decode ? model.decode_times : model.prefill_times;
  if (model.opened == nullptr || then.empty()) return 1;
  const auto distance = [&](const SliceTime& time) {
    return decode ? std::abs(time.work.rows - batch) : -time.work.rows;
  };
  const SliceTime& nearest = *std::ranges::min_element(then, {}, distance);
  const SliceTime now =
      time_again(*model.opened->backend, model.opened->slice, model.slice_options, nearest, decode);
  return nearest.seconds > 0 ? now.seconds / nearest.seconds : 1;
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
      "  {} of {} layers were timed ({}){}; weights come at {} for one row, {:.0f} % of loading "
      "({})",
      model.variant.model, model.outline.weight_type, model.engine,
      number_of(model.variant.threads, "thread"), model.variant.kv, model.sliced_layers,
      model.outline.config.layers, format_value(static_cast<double>(model.sliced_bytes), "bytes"),
      model.is_whole() ? ", which is all: what follows was hardly predicted, and is scored apart"
                       : "",
      format_value(weights_per_second, "bytes/s"), 100 * weights_per_second / model.load.value,
      format_value(model.load.value, "bytes/s"));
  text += costs.kv.empty() ? "\n" : kv_text(costs);
  text += "  predicted decode, tokens/s (in brackets: what the ceilings allow)\n";
  std::vector<std::vector<std::string>> rows{{"  batch"}};
  for (const auto context : contexts) rows.front().push_back(fmt::format("context {}", context));
  rows.front().emplace_back("512 tokens in");
  bool is_marked = false;
  const auto mark = [&](std::int64_t batch, std::int64_t held) {
    const bool fits = batch <= largest_batch(model.need, std::max<std::int64_t>(held, 1));
    is_marked = is_marked || !fits;
    return fits ? "" : " !";
  };
  for (const auto batch : batches) {
    std::vector<std::string> row{fmt::format("  {}", batch)};
    for (const auto context : contexts) {
      const StepWork step = model.decode_step(batch, context);
      row.push_back(fmt::format(
          "{:.1f} ({:.1f}){}", rate(predict_decode(costs, step).seconds, batch),
          rate(roof_seconds(model.roof, std::array{step}), batch), mark(batch, context + 1)));
    }
    row.push_back(fmt::format("{:.1f}{}", rate(model.prefill(batch, 512, 0).seconds, 512 * batch),
                              mark(batch, 512)));
    rows.push_back(std::move(row));
  }
  text += align(rows);
  if (is_marked) text += "  !: does not fit in the memory that is available here\n";
  const double critical = critical_batch(costs);
  text += fmt::format("  critical batch: {} (by the ceilings alone {:.0f}, {})\n",
                      critical > 0 ? fmt::format("{:.1f}", critical)
                                   : fmt::format("above {}", costs.by_rows.back().rows),
                      critical_batch(model.roof, one), model.arithmetic);
  text += fmt::format(
      "  attention takes as long as the weights from a context of {:.0f} for one sequence",
      crossing_context(costs, model.decode_step(1, 1024)));
  if (const std::int64_t most = std::ranges::max(batches); most > 1) {
    text += fmt::format(", {:.0f} for {}", crossing_context(costs, model.decode_step(most, 1024)),
                        most);
  }
  text += "\n";
  const auto& need = model.need;
  text += fmt::format(
      "  memory: {} available, {} weights; largest batch at a context of {}: {}; largest context "
      "of "
      "one sequence: {}; largest model of this kind: {:.1f} billion parameters\n",
      format_value(static_cast<double>(need.available_bytes), "bytes"),
      format_value(static_cast<double>(need.weight_bytes), "bytes"), contexts.back(),
      largest_batch(need, std::max<std::int64_t>(contexts.back(), 1)), largest_context(need, 1),
      static_cast<double>(largest_parameters(need)) * 1e-9);
  text += fmt::format(
      "  past it: a cache that finds no room ends in 'out of memory'; weights {}\n",
      model.keeps_copies
          ? "as well, since the engine keeps them in an order of its own (--streamed brings them "
            "from the disk)"
          : "come from the mapped file, page by page, each step anew (--streamed says how fast)");
  return text;
}

}  // namespace ridgepoint
