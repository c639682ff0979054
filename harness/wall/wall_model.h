// WallModel: one variant of a model on one engine, ready to be predicted: its outline, what the
// engine's slice cost, and the ceilings of the moment.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "harness/wall/open_slice.h"
#include "harness/wall/slice_probe.h"
#include "profiler/ceilings/estimate.h"
#include "results/wall/engine_costs.h"
#include "results/wall/memory_fit.h"
#include "workloads/case.h"

namespace ridgepoint {

struct WallModel {
  Case variant;        ///< model, type, backend, kv, threads, seed; nothing to do yet
  Model outline;       ///< a file's weights are mapped, a shape's are only described
  std::string engine;  ///< backend and version
  EngineCosts costs;
  MachineRoof roof;
  std::string arithmetic;  ///< whose ceiling the roof's operations are
  std::int64_t load_bytes =
      0;                    ///< that loading was measured over: the weights, or what no cache holds
  ceilings::Estimate load;  ///< bytes a second before and after the slice was timed
  std::int64_t sliced_layers = 0, sliced_bytes = 0;
  MemoryNeed need;
  std::int64_t prefill_rows = kPrefillRows;  ///< the engine's: of a long prompt at once
  bool copies_past = false;                  ///< fills a context of many sequences by computing one
  bool keeps_copies = false;  ///< of its weights in memory, in an order of the engine's own
  /// What the costs were found from, to be timed again; null: it cannot.
  std::shared_ptr<const OpenSlice> opened;
  SliceOptions slice_options;
  std::vector<SliceTime> decode_times, prefill_times;

  /// Every layer was timed, so that little is left to predict.
  [[nodiscard]] bool is_whole() const {
    return sliced_layers > 0 && sliced_layers == outline.config.layers;
  }
  [[nodiscard]] Phase phase(std::int64_t batch, std::int64_t capacity) const;
  [[nodiscard]] StepWork decode_step(std::int64_t batch, std::int64_t past) const;
  [[nodiscard]] PredictedTime decode(std::int64_t batch, std::int64_t past) const;
  [[nodiscard]] PredictedTime prefill(std::int64_t batch, std::int64_t tokens,
                                      std::int64_t depth) const;
};

/// Times the slice, and with it the ceilings. `variant.backend` may be empty: the first of cpu,
/// quantized and reference that runs the model. Error for a model that cannot be run.
WallModel measure_wall_model(Case variant, const SliceOptions& options);

/// What the slice takes now over what it took when the costs were found, by the timed batch that is
/// nearest, or by the longest prompt: who shares the machine comes and goes. 1 where it cannot be
/// timed again.
double slice_drift(const WallModel& model, bool decode, std::int64_t batch);

nlohmann::json json_of(const WallModel& model);
/// Ten lines or so for people: rates, tables of tokens a second, the two crossings, what fits.
std::string wall_text(const WallModel& model, const std::vector<std::int64_t>& batches,
                      const std::vector<std::int64_t>& contexts);

}  // namespace ridgepoint
