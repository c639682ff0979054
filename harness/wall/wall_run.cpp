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
#include "harness/wall/interrupted.h"
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
  if (one.model->is_whole()) json["timed_whole"] = true;
  if (!one.left_out.empty()) json["left_out"] = one.left_out;
  if (one.measured_seconds > 0) {
    json["measured_seconds"] = one.measured_seconds;
    json["error"] = one.error();
    json["drift"] = one.drift;
    json["renewed_error"] = one.renewed_error();
    if (!one.not_scored.empty()) json["not_scored"] = one.not_scored;
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

Record record_of_test(const std::string& variant, const CausalTests& tests,
                      const CausalTest& test) {
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
  return record_of_figures(fmt::format("elasticity, {}, {}{}", variant, test.what, of_ops),
                           {{"elasticity", elasticity}});
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

std::string name_of_variant(const Case& variant) {
  std::string name = variant.model;
  if (!variant.type.empty()) name += " " + variant.type;
  if (variant.kv != Case{}.kv) name += " KV " + variant.kv;
  return name;
}

std::vector<WallScore> score_wall(const std::vector<WallCase>& cases) {
  std::map<std::string, WallScore> scores;
  const bool one_kv = std::ranges::all_of(
      cases, [&](const WallCase& one) { return one.subject.kv == cases.front().subject.kv; });
  const auto add = [&](const std::string& what, const WallCase& one) {
    WallScore& score = scores[what];
    score.what = what;
    ++score.cases;
    score.mean_absolute_error += std::abs(one.error());
    score.renewed_mean_absolute_error += std::abs(one.renewed_error());
  };
  for (const WallCase& one : cases) {
    if (!one.is_scored()) continue;
    const std::string phase = one.decode ? "decode" : "prefill";
    if (one.model->is_whole()) {
      add(phase + " of models timed whole", one);
      continue;
    }
    add(phase, one);
    add(phase + " " + one.model->outline.weight_type, one);
    if (!one_kv) add(phase + " KV " + one.subject.kv, one);
  }
  std::vector<WallScore> all;
  for (auto& [what, score] : scores) {
    score.mean_absolute_error /= score.cases;
    score.renewed_mean_absolute_error /= score.cases;
    all.push_back(std::move(score));
  }
  return all;
}

int not_scored(const std::vector<WallCase>& cases) {
  return static_cast<int>(std::ranges::count_if(cases, [](const WallCase& one) {
    return one.measured_seconds > 0 && !one.not_scored.empty();
  }));
}

WallRun::WallRun(Store& store, const RunOptions& options, const std::string& label,
                 const std::string& command)
    : store_(store), options_(options), run_(new_run("wall", label, command)) {
  run_.options = to_json(options);
  run_.harness_floor_ns = measure_harness_floor().median_ns;
  store_.begin_run(run_, {});
}

void WallRun::add(Record record, std::size_t ordinal) {
  record.id = new_uuid();
  record.run_id = run_.id;
  record.ordinal = static_cast<std::int64_t>(ordinal);
  store_.add_record(record);
}

void WallRun::add_predictions(const WallModel& model, std::span<const WallCase> cases) {
  Json predictions = {{"models", {json_of(model)}}, {"predictions", Json::array()}};
  for (const WallCase& one : cases) predictions["predictions"].push_back(prediction_json(one));
  Record record = record_of_figures(
      fmt::format("predictions of the memory wall, {}, {}, KV {}", model.variant.model,
                  model.outline.weight_type, model.variant.kv),
      {{"wall", std::move(predictions)}});
  store_.extend_run(run_.id, {record.subject});
  add(std::move(record), planned_++);
}

void WallRun::measure(std::vector<WallCase>& cases,
                      const std::function<void(const WallCase&)>& on_case,
                      const std::atomic<bool>& stop, const MeasureProgram& program) {
  std::vector<Case> planned;
  for (const WallCase& one : cases) {
    if (one.left_out.empty()) planned.push_back(one.subject);
  }
  planned.push_back(figure_case("score of the memory wall's predictions"));
  store_.extend_run(run_.id, planned);
  std::size_t ordinal = std::exchange(planned_, planned_ + planned.size());

  AnswerStore answers = answers_in(store_);
  for (WallCase& one : cases) {
    if (!one.left_out.empty()) {
      on_case(one);
      continue;
    }
    if (stop.load()) {
      interrupted_ = true;
      break;
    }
    try {
      one.drift = slice_drift(*one.model, one.decode, one.subject.batch);
    } catch (const Interrupted&) {
      interrupted_ = true;
      break;
    }
    Record record = run_case(one.subject, options_, answers, stop, {}, program);
    one.measured_seconds = measured_seconds(one, record.measurement);
    if (record.outcome != Outcome::ok) {
      one.not_scored = fmt::format("{}: {}", name_of(record.outcome), record.reason);
    }
    auto details = Json::parse(record.details);
    details["prediction"] = prediction_json(one);
    record.details = details.dump();
    interrupted_ = record.outcome == Outcome::interrupted;
    add(std::move(record), ordinal++);
    on_case(one);
    if (interrupted_) break;
  }
  // Of an interrupted run: what the cases until then say. Which they are stands in each score.
  Json score = score_json(cases);
  if (!interrupted_ || !score.empty()) {
    Json details = {{"score", std::move(score)}};
    if (const int left = not_scored(cases); left > 0) details["cases_not_scored"] = left;
    add(record_of_figures(planned.back().name, details), planned_ - 1);
  }
}

void WallRun::finish(bool interrupted) {
  store_.finish_run(run_.id, interrupted || interrupted_ ? "interrupted" : "finished", unix_ns(),
                    read_conditions());
}

std::string run_wall(Store& store, std::vector<WallCase>& cases, const RunOptions& options,
                     const std::string& label, const std::string& command,
                     const std::function<void(const WallCase&)>& on_case,
                     const std::atomic<bool>& stop, const MeasureProgram& program) {
  if (cases.empty()) throw Error("nothing to predict: no case is left");
  WallRun run(store, options, label, command);
  const std::span<const WallCase> all(cases);
  for (std::size_t from = 0; from < all.size();) {
    std::size_t to = from;
    while (to < all.size() && all[to].model == all[from].model) ++to;
    run.add_predictions(*all[from].model, all.subspan(from, to - from));
    from = to;
  }
  run.measure(cases, on_case, stop, program);
  run.finish(false);
  return run.id();
}

std::pair<std::string, CausalTests> run_causal_tests(const std::function<Store&()>& open_store,
                                                     const Case& variant,
                                                     const SliceOptions& options, int rounds,
                                                     const std::string& label,
                                                     const std::string& command) {
  const Run run = new_run("wall", label, command);
  std::int64_t ordinal = 0;
  const auto store_tests = [&](const CausalTests& known, std::span<const CausalTest> tests) {
    Store& store = open_store();
    if (ordinal == 0) store.begin_run(run, {});
    for (const CausalTest& test : tests) {
      Record record = record_of_test(name_of_variant(variant), known, test);
      record.id = new_uuid();
      record.run_id = run.id;
      record.ordinal = ordinal++;
      store.extend_run(run.id, {record.subject});
      store.add_record(record);
    }
  };
  const auto finish = [&](bool interrupted) {
    open_store().finish_run(run.id, interrupted ? "interrupted" : "finished", unix_ns(),
                            read_conditions());
  };
  CausalTests tests;
  try {
    tests = test_causes(variant, options, rounds, store_tests);
  } catch (...) {
    if (ordinal > 0) finish(/*interrupted=*/true);
    throw;
  }
  if (ordinal == 0) throw Interrupted();
  finish(tests.interrupted);
  return {run.id, std::move(tests)};
}

}  // namespace ridgepoint
