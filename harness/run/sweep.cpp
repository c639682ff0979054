#include "harness/run/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include "harness/environment/environment.h"
#include "harness/environment/new_run.h"
#include "harness/run/harness_floor.h"
#include "harness/run/judgement.h"
#include "harness/run/run_claim.h"
#include "harness/run/run_folder.h"
#include "harness/run/stored_answers.h"
#include "profiler/clock/monotonic_clock.h"
#include "profiler/machine/limits.h"
#include "profiler/machine/topology.h"
#include "results/metric.h"
#include "results/roofline/attach_profile.h"
#include "results/statistics/quantile.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

/// Cores that a case without a count of threads gets: those of the machine, as far as this process
/// may use them.
std::int64_t usable_cores() {
  const auto topology = read_topology();
  const auto limits = read_limits();
  std::int64_t cores = topology ? topology.value().cores : 1;
  if (limits.cpus) {
    cores = std::min(cores, static_cast<std::int64_t>(limits.cpus.value().size()));
  }
  return std::max<std::int64_t>(1, cores);
}

/// The samples that a person would hold against the floor: the shortest kind that the case has.
void add_floor_share(Measurement& measurement, std::int64_t floor_ns) {
  for (const auto* name : {"run", "inter_token", "decode_step", "ttft"}) {
    const auto* series = measurement.find(name);
    if (series == nullptr || series->samples.empty()) continue;
    if (const double typical = median(series->samples); typical > 0) {
      measurement.metrics["harness_floor_share"] = static_cast<double>(floor_ns) / typical;
    }
    return;
  }
}

/// The outcomes of all that is stored of the run.
void count_outcomes(const Store& store, const std::string& run_id, SweepResult& result) {
  for (const auto& record : store.records(run_id, /*with_samples=*/false)) {
    if (record.outcome == Outcome::ok) ++result.ok;
    if (record.outcome != Outcome::ok && record.outcome != Outcome::unsupported) ++result.not_ok;
  }
}

struct SweepContext {
  Store& store;
  const Run& run;
  const RunOptions& options;
  AnswerStore& answers;
  SweepObserver& observer;
  const std::atomic<bool>& stop;
  const MeasureProgram& program;
  const std::function<void(Record&)>& finish_record;
};

/// Noisy cases, once more: what comes back joins what there was. A measurement that is broken off
/// leaves the record as it was.
void remeasure_noisy(const SweepContext& sweep, SweepResult& result) {
  std::vector<std::int64_t> noisy;
  for (const auto& record : sweep.store.records(sweep.run.id, /*with_samples=*/false)) {
    if (wants_remeasuring(record, sweep.options)) noisy.push_back(record.ordinal);
  }
  if (noisy.empty()) return;
  const auto total = static_cast<std::int64_t>(noisy.size());
  sweep.observer.measuring_again(total);
  for (std::int64_t position = 0; position < total; ++position) {
    if (sweep.stop.load()) {
      result.interrupted = true;
      return;
    }
    const auto earlier =
        sweep.store.record(sweep.run.id, noisy[static_cast<std::size_t>(position)]);
    sweep.observer.case_started(position, total, earlier.subject);
    auto record = remeasure_case(
        earlier, sweep.options, sweep.answers, sweep.stop,
        [&](const CaseProgress& progress) { sweep.observer.case_progress(progress); },
        sweep.program);
    if (record.outcome == Outcome::interrupted) {
      result.interrupted = true;
      sweep.observer.case_finished(earlier);
      return;
    }
    record.id = new_uuid();
    record.run_id = sweep.run.id;
    record.ordinal = earlier.ordinal;
    add_floor_share(record.measurement, sweep.run.harness_floor_ns);
    sweep.finish_record(record);
    sweep.store.replace_record(earlier.id, record);
    ++result.remeasured;
    sweep.observer.case_finished(record);
  }
}

}  // namespace

std::string begin_sweep(Store& store, const std::vector<Case>& cases, const RunOptions& options,
                        const std::string& suite, const std::string& label,
                        const std::string& command) {
  if (cases.empty()) throw Error("nothing to measure: no case is left; relax the filters");
  validate(options);
  std::vector<Case> resolved;
  const auto cores = usable_cores();
  for (const auto& subject : cases) {
    resolved.push_back(resolve(subject, cores));
    validate(resolved.back());
  }
  const std::int64_t floor_ns = measure_harness_floor().median_ns;
  Run run = new_run(suite, label, command);
  run.harness_floor_ns = floor_ns;
  run.options = to_json(options);
  note_folder(run);
  store.begin_run(run, resolved);
  return run.id;
}

SweepResult run_sweep(Store& store, const std::string& run_id, SweepObserver& observer,
                      const std::atomic<bool>& stop, const MeasureProgram& program) {
  const auto run = store.run(run_id);
  const auto options = run_options_from_json(run.options);
  if (read_environment().stable_hash != run.environment_hash) {
    throw Error(fmt::format(
        "run {}: it was begun on another machine or build, and its records must share one; begin "
        "anew with: ridgepoint rerun {}",
        run_id.substr(0, 8), run_id.substr(0, 8)));
  }
  const RunClaim claim(run_id);
  store.drop_interrupted(run_id);
  store.reopen_run(run_id);
  store.wait_at_most(kPatienceForMeasured);
  std::set<std::int64_t> recorded;
  for (const auto& record : store.records(run_id, /*with_samples=*/false)) {
    recorded.insert(record.ordinal);
  }
  AnswerStore answers = answers_in(store);

  CeilingsOfRun ceilings(store, run);
  const std::function<void(Record&)> finish_record = [&](Record& record) {
    if (options.profile) attach_profile(record, run, ceilings.of(record.subject));
  };

  SweepResult result;
  const auto planned = store.planned_cases(run_id);
  const auto total = static_cast<std::int64_t>(planned.size());
  for (std::int64_t position = 0; position < total; ++position) {
    const auto& plan = planned[static_cast<std::size_t>(position)];
    if (recorded.contains(plan.ordinal)) continue;
    if (stop.load()) {
      result.interrupted = true;
      break;
    }
    observer.case_started(position, total, plan.subject);
    const auto place = [&](Record& record) {
      record.id = new_uuid();
      record.run_id = run_id;
      record.ordinal = plan.ordinal;
    };
    auto record = run_case(
        plan.subject, options, answers, stop,
        [&](const CaseProgress& progress) { observer.case_progress(progress); }, program,
        [&](Record partial) {
          place(partial);
          store.add_record(partial);
        });
    place(record);
    add_floor_share(record.measurement, run.harness_floor_ns);
    finish_record(record);
    store.add_record(record);
    observer.case_finished(record);
    ++result.measured;
    if (record.outcome == Outcome::interrupted) {
      result.interrupted = true;
      break;
    }
  }
  if (!result.interrupted && options.remeasure_noisy) {
    remeasure_noisy({store, run, options, answers, observer, stop, program, finish_record}, result);
  }
  count_outcomes(store, run_id, result);
  store.finish_run(run_id, result.interrupted ? "interrupted" : "finished", unix_ns(),
                   read_conditions());
  return result;
}

}  // namespace ridgepoint
