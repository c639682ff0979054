// SPDX-License-Identifier: GPL-3.0-or-later
// WallForecast: what a model of some shape would do on a machine of some bandwidth and arithmetic:
// the arithmetic of results/wall, asked often. Graphs are lowered once for each shape, type and
// batch, so that a slider can be dragged.
#pragma once

#include <QString>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "results/wall/wall_figures.h"
#include "workloads/models/model.h"

namespace ridgepoint {

struct WallQuestion {
  ModelConfig shape;
  std::string type = "q8_0";  ///< of the weights
  std::string kv = "f16";
  std::int64_t batch = 1;
  std::int64_t context = 0;  ///< tokens a sequence that are there already
  MachineRoof machine;
  std::int64_t memory_bytes = 0;
  bool operator==(const WallQuestion& other) const;
};

struct WallPoint {
  double batch = 1;
  double roof_tokens_per_second = 0;  ///< the most that the machine allows
  double tokens_per_second = 0;       ///< of the engine; 0: not known
};

struct WallAnswer {
  QString problem;  ///< why there is none
  StepWork step;
  double roof_tokens_per_second = 0;
  /// Of the engine, at the share of the roof that it has on the machine where it was timed.
  std::optional<double> tokens_per_second;
  // Bytes that a token costs, by class.
  double weight_bytes_per_token = 0, kv_bytes_per_token = 0;
  double critical_batch_by_roof = 0;
  std::optional<double> critical_batch;  ///< of the engine; 0: past what was timed
  double crossing_context = 0;           ///< by the machine: KV takes as long as weights
  // Memory.
  std::int64_t weight_bytes = 0, cache_bytes = 0;
  std::int64_t largest_batch = 0, largest_context = 0;
  std::vector<WallPoint> over_batch;
};

class WallForecast {
 public:
  /// `engine` may be null: then only the machine's limits are known.
  WallAnswer answer(const WallQuestion& question, const WallFigures* engine);

 private:
  struct Lowered {
    StepWork empty, filled;
    std::int64_t filled_tokens = 0;
  };
  void choose(const WallQuestion& question);
  /// Work of a decode step. Bytes and operations grow evenly with the context.
  StepWork step(const WallQuestion& question, std::int64_t batch);

  Model outline_;
  std::string chosen_;  ///< what the outline and the works are of
  std::map<std::int64_t, Lowered> by_batch_;
};

/// Batches of a curve: powers of two, up to 1024.
const std::vector<std::int64_t>& wall_batches();

}  // namespace ridgepoint
