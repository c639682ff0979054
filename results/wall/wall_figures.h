// WallFigures: what a run of `ridgepoint wall` keeps of one variant of a model (details.wall), so
// that whoever reads it can predict again: its shape, what the engine's slice cost, the ceilings of
// the moment, and what fits.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "results/roofline/range.h"
#include "results/wall/engine_costs.h"
#include "results/wall/memory_fit.h"
#include "workloads/models/model_config.h"

namespace ridgepoint {

struct WallFigures {
  std::string model;  ///< as it was asked for: a shape, a bundled model or a file
  std::string type;   ///< of the weights
  std::string engine;
  std::int64_t threads = 1;
  std::string kv;
  roofline::Range load;  ///< bytes a second
  std::int64_t load_bytes = 0;
  std::string arithmetic;
  double operations_per_second = 0;
  std::int64_t sliced_layers = 0, sliced_bytes = 0;
  EngineCosts costs;
  MemoryNeed need;
  /// Numbers only; nothing in records from before it was kept.
  std::optional<ModelConfig> shape;
};

nlohmann::json to_json(const WallFigures& figures);
/// Nothing for what is none; keys that are not known are passed over.
std::optional<WallFigures> wall_figures_from_json(const nlohmann::json& json);

}  // namespace ridgepoint
