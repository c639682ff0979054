// The cases that a prediction is held against: chosen, predicted, stored as predicted, then run one
// by one, each with its score beside it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/run/child_process.h"
#include "harness/run/run_options.h"
#include "harness/wall/causal_test.h"
#include "harness/wall/wall_model.h"
#include "results/store/store.h"

namespace ridgepoint {

struct WallCase {
  const WallModel* model = nullptr;
  Case subject;
  bool decode = true;  ///< its decode steps are scored; otherwise its time to first token
  double predicted_seconds = 0;
  double roof_seconds = 0;
  double expected_run_seconds = 0;  ///< of the whole case, filling the depth included
  std::string left_out;             ///< why it is not run; empty: it is
  /// What the slice took right before the run over what it took when all was predicted.
  double drift = 1;
  double measured_seconds = 0;  ///< 0: it did not come out
  /// predicted / measured - 1
  [[nodiscard]] double error() const;
  /// Of the prediction that was renewed right before the run: times the drift.
  [[nodiscard]] double renewed_error() const;
};

struct WallGrid {
  std::vector<std::int64_t> batches = {1, 4, 16};
  std::vector<std::int64_t> depths = {0, 2048, 8192};
  std::int64_t generate = 16, prompt = 512;
  double most_case_seconds = 60;
};
/// Decode cases over batch and depth, and prefills of one sequence over depth. Those that do not
/// fit in memory or would take longer than asked for are left out, with the reason.
std::vector<WallCase> wall_cases(const WallModel& model, const WallGrid& grid,
                                 const RunOptions& options);

struct WallScore {
  std::string what;  ///< "decode", "prefill", or either with a type
  int cases = 0;
  double mean_absolute_error = 0;  ///< share of the measured time
  double renewed_mean_absolute_error = 0;
};
std::vector<WallScore> score_wall(const std::vector<WallCase>& cases);

/// Stores the predictions, runs the cases and stores each with its score. Returns the run's id.
std::string run_wall(Store& store, std::vector<WallCase>& cases, const RunOptions& options,
                     const std::string& label, const std::string& command,
                     const std::function<void(const WallCase&)>& on_case,
                     const std::atomic<bool>& stop, const MeasureProgram& program = {});

/// Stores the tests as a run of records, one each. Returns its id.
std::string store_causal_tests(Store& store, const std::string& variant, const CausalTests& tests,
                               const std::string& label, const std::string& command);

}  // namespace ridgepoint
