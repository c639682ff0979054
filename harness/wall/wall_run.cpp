#include "harness/wall/wall_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "harness/environment/environment.h"
#include "harness/environment/new_run.h"
#include "harness/environment/stored_figures.h"
#include "harness/run/harness_floor.h"
#include "harness/run/run_case.h"
#include "harness/run/stored_answers.h"
#include "profiler/clock/monotonic_clock.h"
#include "results/statistics/quantile.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

using Json = nlohmann::json;

// What a process takes to open a model and to warm up, in passes and seconds: only for deciding
// which cases are worth it.
constexpr double kOpenSeconds = 3, kWarmUpPasses = 2;

WallCase planned_case(const WallModel& model, std::int64_t batch, std::int64_t depth, bool decode,
                      const WallGrid& grid, const RunOptions& options) {
  WallCase one;
  one.model = &model;
  one.decode = decode;
  one.subject = model.variant;
  one.subject.batch = batch;
  one.subject.depth = depth;
  one.subject.prompt = decode ? 0 : grid.prompt;
  one.subject.generate = decode ? grid.generate : 0;
  const double passes = kWarmUpPasses + static_cast<double>(options.repetitions);
  double pass_seconds = 0;
  std::int64_t held = depth;
  if (decode) {
    // The middle one of the steps: their time grows in proportion to the past.
    const std::int64_t past = depth + grid.generate / 2;
    one.predicted_seconds = model.decode(batch, past).seconds;
    one.roof_seconds = roof_seconds(model.roof, std::array{model.decode_step(batch, past)});
    pass_seconds = one.predicted_seconds * static_cast<double>(grid.generate);
    held += grid.generate;
  } else {
    const auto pieces = prefill_work(model.outline, model.phase(batch, depth + grid.prompt),
                                     grid.prompt, depth, model.prefill_rows);
    one.predicted_seconds = predict_prefill(model.costs, pieces).seconds;
    one.roof_seconds = roof_seconds(model.roof, pieces);
    pass_seconds = one.predicted_seconds;
    held += grid.prompt;
  }
  const double filling =
      depth > 0 ? model.prefill(model.copies_past ? 1 : batch, depth, 0).seconds : 0;
  one.expected_run_seconds = kOpenSeconds + filling + passes * pass_seconds;
  if (batch > largest_batch(model.need, held)) {
    one.left_out = "its KV cache does not fit in memory beside the weights";
  } else if (one.expected_run_seconds > grid.most_case_seconds) {
    one.left_out = fmt::format("it would take about {:.0f} s, of them {:.0f} to fill the context",
                               one.expected_run_seconds, filling);
  }
  return one;
}

/// Median of the samples that the case is scored by, in seconds; 0 without any.
double measured_seconds(const WallCase& one, const Measurement& measurement) {
  const Series* series = measurement.find(one.decode ? "decode_step" : "ttft");
  if (series == nullptr || series->samples.empty()) return 0;
  return median(series->samples) * 1e-9;
}

Json prediction_json(const WallCase& one) {
  Json json = {{"what", one.decode ? "decode" : "prefill"},
               {"predicted_seconds", one.predicted_seconds},
               {"roof_seconds", one.roof_seconds},
               {"case", Json::parse(to_json(one.subject))}};
  if (!one.left_out.empty()) json["left_out"] = one.left_out;
  if (one.measured_seconds > 0) {
    json["measured_seconds"] = one.measured_seconds;
    json["error"] = one.error();
    json["drift"] = one.drift;
    json["renewed_error"] = one.renewed_error();
  }
  return json;
}

Record record_of_figures(const std::string& name, const Json& details) {
  Record record;
  record.subject = figure_case(name);
  record.started_unix_ns = unix_ns();
  record.details = details.dump();
  return record;
}

void add_in_place(Store& store, const Run& run, std::size_t ordinal, Record record) {
  record.id = new_uuid();
  record.run_id = run.id;
  record.ordinal = static_cast<std::int64_t>(ordinal);
  store.add_record(record);
}

Json score_json(const std::vector<WallCase>& cases) {
  Json scores = Json::array();
  for (const auto& score : score_wall(cases)) {
    scores.push_back({{"what", score.what},
                      {"cases", score.cases},
                      {"mean_absolute_error", score.mean_absolute_error},
                      {"renewed_mean_absolute_error", score.renewed_mean_absolute_error}});
  }
  return scores;
}

}  // namespace

double WallCase::error() const {
  return measured_seconds > 0 ? predicted_seconds / measured_seconds - 1 : 0;
}

double WallCase::renewed_error() const {
  return measured_seconds > 0 ? predicted_seconds * drift / measured_seconds - 1 : 0;
}

std::vector<WallCase> wall_cases(const WallModel& model, const WallGrid& grid,
                                 const RunOptions& options) {
  std::vector<WallCase> cases;
  for (const std::int64_t depth : grid.depths) {
    for (const std::int64_t batch : grid.batches) {
      cases.push_back(planned_case(model, batch, depth, true, grid, options));
    }
    cases.push_back(planned_case(model, 1, depth, false, grid, options));
  }
  return cases;
}

std::vector<WallScore> score_wall(const std::vector<WallCase>& cases) {
  std::map<std::string, WallScore> scores;
  const auto add = [&](const std::string& what, const WallCase& one) {
    WallScore& score = scores[what];
    score.what = what;
    ++score.cases;
    score.mean_absolute_error += std::abs(one.error());
    score.renewed_mean_absolute_error += std::abs(one.renewed_error());
  };
  for (const WallCase& one : cases) {
    if (one.measured_seconds <= 0) continue;
    const std::string phase = one.decode ? "decode" : "prefill";
    add(phase, one);
    add(phase + " " + one.model->outline.weight_type, one);
  }
  std::vector<WallScore> all;
  for (auto& [what, score] : scores) {
    score.mean_absolute_error /= score.cases;
    score.renewed_mean_absolute_error /= score.cases;
    all.push_back(std::move(score));
  }
  return all;
}

std::string run_wall(Store& store, std::vector<WallCase>& cases, const RunOptions& options,
                     const std::string& label, const std::string& command,
                     const std::function<void(const WallCase&)>& on_case,
                     const std::atomic<bool>& stop, const MeasureProgram& program) {
  if (cases.empty()) throw Error("nothing to predict: no case is left");
  Run run = new_run("wall", label, command);
  run.options = to_json(options);
  run.harness_floor_ns = measure_harness_floor().median_ns;
  // First what is predicted, last how well: between them each case as it is run.
  std::vector<Case> planned{figure_case("predictions of the memory wall")};
  Json predictions = {{"models", Json::array()}, {"predictions", Json::array()}};
  const WallModel* last = nullptr;
  for (const WallCase& one : cases) {
    if (one.model != last) predictions["models"].push_back(json_of(*one.model));
    last = one.model;
    predictions["predictions"].push_back(prediction_json(one));
    if (one.left_out.empty()) planned.push_back(one.subject);
  }
  planned.push_back(figure_case("score of the memory wall's predictions"));
  store.begin_run(run, planned);
  add_in_place(store, run, 0, record_of_figures(planned.front().name, {{"wall", predictions}}));

  AnswerStore answers = answers_in(store);
  std::size_t ordinal = 0;
  bool interrupted = false;
  for (WallCase& one : cases) {
    if (!one.left_out.empty()) {
      on_case(one);
      continue;
    }
    if (stop.load()) {
      interrupted = true;
      break;
    }
    one.drift = slice_drift(*one.model, one.decode, one.subject.batch);
    Record record = run_case(one.subject, options, answers, stop, {}, program);
    one.measured_seconds = measured_seconds(one, record.measurement);
    auto details = Json::parse(record.details);
    details["prediction"] = prediction_json(one);
    record.details = details.dump();
    interrupted = record.outcome == Outcome::interrupted;
    add_in_place(store, run, ++ordinal, std::move(record));
    on_case(one);
    if (interrupted) break;
  }
  // Of an interrupted run: what the cases until then say. Which they are stands in each score.
  Json score = score_json(cases);
  if (!interrupted || !score.empty()) {
    add_in_place(store, run, planned.size() - 1,
                 record_of_figures(planned.back().name, {{"score", std::move(score)}}));
  }
  store.finish_run(run.id, interrupted ? "interrupted" : "finished", unix_ns(), read_conditions());
  return run.id;
}

std::string store_causal_tests(Store& store, const std::string& variant, const CausalTests& tests,
                               const std::string& label, const std::string& command) {
  const Run run = new_run("wall", label, command);
  std::vector<Record> records;
  for (const CausalTest& test : tests.tests) {
    Json points = Json::array();
    for (const auto& point : test.points) {
      points.push_back({point.available_bytes_per_second, point.seconds});
    }
    const Json elasticity = {{"value", test.elasticity.value},
                             {"low", test.elasticity.low},
                             {"high", test.elasticity.high},
                             {"spread", test.elasticity.spread},
                             {"share_of_time", test.share},
                             {"threads", tests.threads},
                             {"antagonists", tests.antagonists},
                             {"antagonist_kernel", tests.kernel},
                             {"left_at_the_most", tests.left_at_the_most},
                             {"points", std::move(points)}};
    const std::string of_ops = test.ops.empty() ? "" : ", " + test.ops;
    records.push_back(
        record_of_figures(fmt::format("elasticity, {}, {}{}", variant, test.what, of_ops),
                          {{"elasticity", elasticity}}));
  }
  store_figures(store, run, std::move(records), /*interrupted=*/false);
  return run.id;
}

}  // namespace ridgepoint
