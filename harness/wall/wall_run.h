// The cases that a prediction is held against: chosen, predicted, stored as predicted, then run one
// by one, each with its score beside it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
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
  /// Why what was measured is not held against the prediction: "mistrusted: REASON"; empty: it is.
  std::string not_scored;
  [[nodiscard]] bool is_scored() const { return measured_seconds > 0 && not_scored.empty(); }
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

/// "model.gguf", "llama-3.2-1b q8_0 KV fp8".
std::string name_of_variant(const Case& variant);

struct WallScore {
  /// "decode", "prefill", or either with a type of weights or KV; apart from them, of models of
  /// which every layer was timed, "decode of models timed whole".
  std::string what;
  int cases = 0;
  double mean_absolute_error = 0;  ///< share of the measured time
  double renewed_mean_absolute_error = 0;
};
/// Of the cases that came out as they should.
std::vector<WallScore> score_wall(const std::vector<WallCase>& cases);
/// How many were measured and are not to be trusted.
int not_scored(const std::vector<WallCase>& cases);

/// A run of suite `wall` on its way: what is known is stored at once, so that whatever ends the
/// program leaves it there.
class WallRun {
 public:
  /// Begins the run.
  WallRun(Store& store, const RunOptions& options, const std::string& label,
          const std::string& command);
  WallRun(const WallRun&) = delete;
  WallRun& operator=(const WallRun&) = delete;

  /// Stores what is predicted of one model.
  void add_predictions(const WallModel& model, std::span<const WallCase> cases);
  /// Runs the cases and stores each with its score, until `stop`.
  void measure(std::vector<WallCase>& cases, const std::function<void(const WallCase&)>& on_case,
               const std::atomic<bool>& stop, const MeasureProgram& program = {});
  /// `interrupted`: before or while cases were run.
  void finish(bool interrupted);
  [[nodiscard]] const std::string& id() const { return run_.id; }

 private:
  void add(Record record, std::size_t ordinal);

  Store& store_;
  RunOptions options_;
  Run run_;
  std::size_t planned_ = 0;
  bool interrupted_ = false;
};

/// All of that for cases of models that are at hand. Returns the run's id.
std::string run_wall(Store& store, std::vector<WallCase>& cases, const RunOptions& options,
                     const std::string& label, const std::string& command,
                     const std::function<void(const WallCase&)>& on_case,
                     const std::atomic<bool>& stop, const MeasureProgram& program = {});

/// Runs the causal test of one variant and stores each of its tests, a record each, as soon as the
/// kind of work is done. Returns the run's id and the tests. What fails or is interrupted
/// (Interrupted) before the first kind of work leaves no run behind, and never opened the store.
std::pair<std::string, CausalTests> run_causal_tests(const std::function<Store&()>& open_store,
                                                     const Case& variant,
                                                     const SliceOptions& options, int rounds,
                                                     const std::string& label,
                                                     const std::string& command);

}  // namespace ridgepoint
