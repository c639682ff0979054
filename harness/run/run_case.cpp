#include "harness/run/run_case.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "harness/run/judgement.h"
#include "harness/run/stopping_rule.h"
#include "profiler/clock/monotonic_clock.h"
#include "results/metric.h"
#include "results/store/trace_codec.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

using Json = nlohmann::json;

/// What of a process's details is said of that process alone; the rest is the first one's.
constexpr const char* kOfItsOwn[] = {"warm_up", "stopping", "exit", "malformed_events"};
/// What explains why a process failed.
constexpr const char* kOfAFailure[] = {"exit", "malformed_events", "output_tail", "check", "cache"};

/// What a child said of its stopping under `key`, if that is a whole number: it may say anything.
std::optional<std::int64_t> stopping_integer(const Json& details, const char* key) {
  const auto stopping = details.find("stopping");
  if (stopping == details.end() || !stopping->is_object()) return std::nullopt;
  const auto value = stopping->find(key);
  if (value == stopping->end() || !value->is_number_integer()) return std::nullopt;
  return value->get<std::int64_t>();
}

bool stopping_is(const Json& details, const char* key, const Json& wanted) {
  const auto stopping = details.find("stopping");
  return stopping != details.end() && stopping->is_object() && stopping->contains(key) &&
         stopping->at(key) == wanted;
}

class CaseRun {
 public:
  CaseRun(const Case& subject, const RunOptions& options, AnswerStore& answers,
          const std::atomic<bool>& stop,
          const std::function<void(const CaseProgress&)>& on_progress,
          const MeasureProgram& program)
      : options_(options),
        answers_(answers),
        stop_(stop),
        on_progress_(on_progress),
        program_(program) {
    record_.subject = subject;
    record_.started_unix_ns = unix_ns();
  }

  /// Begins with what an earlier measurement of the case brought.
  void go_on_from(const Record& earlier) {
    record_.measurement = earlier.measurement;
    record_.started_unix_ns = earlier.started_unix_ns;
    record_.duration_ns = earlier.duration_ns;
    details_ = Json::parse(earlier.details);
    if (!details_.is_object()) details_ = Json::object();
    for (auto& series : record_.measurement.series) {
      if (series.process_counts.empty()) {
        series.process_counts = {static_cast<std::int64_t>(series.samples.size())};
      }
      processes_ = std::max(processes_, static_cast<std::int64_t>(series.process_counts.size()));
    }
    details_["remeasured"] = {{"replaces", earlier.id},
                              {"processes_before", processes_},
                              {"noise_before", details_.value("noise", Json::object())}};
  }

  Record measure(const std::function<void(Record)>& on_partial = {}) {
    const auto started_ns = monotonic_ns();
    const auto deadline_ns =
        started_ns + static_cast<std::int64_t>(options_.time_limit_seconds * 1e9);
    StoppingRule rule(rules(), processes_);
    first_ = processes_;
    std::string_view ended_by;
    while (const auto plan = rule.next()) {
      if (processes_ > first_ && stop_.load()) {
        record_.outcome = Outcome::interrupted;
        record_.reason = "stopped between two processes; what was measured until then is kept";
        ended_by = "stop";
        break;
      }
      if (processes_ > first_ && on_partial) on_partial(partial());
      auto result = run_process({record_.subject, options_, *plan, deadline_ns}, answers_, stop_,
                                progress_of(*plan), program_);
      const auto cost = cost_of(result);
      take(std::move(result));
      if (record_.outcome != Outcome::ok && record_.outcome != Outcome::mistrusted) {
        ended_by = record_.outcome == Outcome::interrupted ? "stop" : name_of(record_.outcome);
        break;
      }
      rule.add(cost, half_width());
    }
    record_.duration_ns += monotonic_ns() - started_ns;
    return finish(ended_by.empty() ? rule.ended_by() : ended_by);
  }

 private:
  /// What a model predicts does not vary from process to process: one is enough.
  [[nodiscard]] RunOptions rules() const {
    RunOptions options = options_;
    if (record_.subject.workload == "quality") options.processes = 1;
    return options;
  }

  std::function<void(const CaseProgress&)> progress_of(const ProcessPlan& plan) {
    if (!on_progress_) return {};
    return [this, plan](const CaseProgress& progress) {
      const auto done = static_cast<double>(plan.index - first_);
      const auto expected = std::max(static_cast<double>(plan.processes), done + 1);
      // How many it will take is not known: it never goes back.
      fraction_ = std::max(fraction_, (done + progress.fraction) / expected);
      on_progress_({fraction_, plan.index == 0 ? progress.phase
                                               : fmt::format("{} in process {}", progress.phase,
                                                             plan.index + 1)});
    };
  }

  static ProcessCost cost_of(const ProcessResult& result) {
    return {
        .elapsed_ns = stopping_integer(result.details, "elapsed_ns").value_or(result.duration_ns),
        .least_ns = stopping_integer(result.details, "least_ns").value_or(result.duration_ns),
        .alone = stopping_is(result.details, "alone", true)};
  }

  std::optional<double> half_width() {
    if (processes_ < 2) return std::nullopt;
    const auto interval = interval_of(record_.subject, record_.measurement);
    return interval ? std::optional(interval->half_width) : std::nullopt;
  }

  void take(ProcessResult result) {
    ++processes_;
    for (auto& series : result.series) append(std::move(series));
    for (auto& series : record_.measurement.series) {
      series.process_counts.resize(static_cast<std::size_t>(processes_));
    }
    for (const auto& [name, value] : result.metrics) {
      const auto [entry, is_new] = record_.measurement.metrics.emplace(name, value);
      // The memory that a case takes is what it took at most.
      if (!is_new && name.starts_with("peak_")) entry->second = std::max(entry->second, value);
    }
    if (processes_ == 1) {
      record_.measurement.op_times = std::move(result.op_times);
      take_trace(std::move(result.trace));
    }
    note_outcome(result);
    Json own{{"duration_ns", result.duration_ns}};
    for (const auto* key : kOfItsOwn) {
      if (result.details.contains(key)) own[key] = result.details[key];
    }
    own_.push_back(std::move(own));
    count(result.details);
    if (processes_ == 1) {
      for (const auto& [key, value] : result.details.items()) {
        if (key != "stopping") details_[key] = value;
      }
    } else if (result.outcome != Outcome::ok) {
      for (const auto* key : kOfAFailure) {
        if (result.details.contains(key)) details_[key] = result.details[key];
      }
    }
  }

  /// What cannot be read again is not kept.
  void take_trace(std::vector<std::byte> trace) {
    if (trace.empty()) return;
    try {
      static_cast<void>(check_trace(trace));
      record_.measurement.trace = std::move(trace);
    } catch (const Error& error) {
      details_["trace"] = {{"absent", error.what()}};
    }
  }

  void append(Series series) {
    auto& all = record_.measurement.series;
    auto found = std::ranges::find(all, series.name, &Series::name);
    const auto count = static_cast<std::int64_t>(series.samples.size());
    if (found == all.end()) {
      found = all.insert(found, std::move(series));
    } else {
      found->samples.insert(found->samples.end(), series.samples.begin(), series.samples.end());
    }
    found->process_counts.resize(static_cast<std::size_t>(processes_));
    found->process_counts.back() = count;
  }

  void note_outcome(const ProcessResult& result) {
    if (result.outcome != Outcome::ok &&
        (record_.outcome == Outcome::ok || result.outcome != Outcome::mistrusted)) {
      record_.outcome = result.outcome;
      record_.reason = processes_ == 1 ? result.reason
                                       : fmt::format("process {}: {}", processes_, result.reason);
    }
    // The choice of tokens is greedy, in every process from the same prompt.
    if (processes_ > 1 && result.outcome == Outcome::ok && details_.contains("tokens") &&
        result.details.contains("tokens") && details_["tokens"] != result.details["tokens"]) {
      record_.outcome = Outcome::wrong;
      record_.reason = fmt::format(
          "not deterministic: process {} chose other tokens than the first", processes_);
    }
  }

  /// Samples or repetitions over all processes.
  void count(const Json& details) {
    for (const auto* key : {"samples", "repetitions"}) {
      const auto here = stopping_integer(details, key);
      if (!here) continue;
      auto& sum = details_["stopping"][key];
      sum = (sum.is_number_integer() ? sum.get<std::int64_t>() : 0) + *here;
    }
  }

  [[nodiscard]] Record partial() const {
    Record record = record_;
    record.outcome = Outcome::interrupted;
    record.reason = fmt::format(
        "measuring it has not ended, or was killed: what {} of its processes brought is kept",
        processes_);
    Json details = details_;
    for (const auto& own : own_) details["processes"].push_back(own);
    derive_metrics(record.subject, record.measurement);
    record.details = details.dump(-1, ' ', false, Json::error_handler_t::replace);
    return record;
  }

  Record finish(std::string_view ended_by) {
    if (processes_ == 1) {
      for (auto& series : record_.measurement.series) series.process_counts.clear();
    }
    auto& processes = details_["processes"];
    for (auto& own : own_) processes.push_back(std::move(own));
    derive_metrics(record_.subject, record_.measurement);
    judge_record(record_, details_, options_, ended_by);
    record_.details = details_.dump(-1, ' ', false, Json::error_handler_t::replace);
    return std::move(record_);
  }

  const RunOptions& options_;
  AnswerStore& answers_;
  const std::atomic<bool>& stop_;
  const std::function<void(const CaseProgress&)>& on_progress_;
  const MeasureProgram& program_;

  Record record_;
  Json details_ = Json::object();
  std::vector<Json> own_;  ///< details of each process of this measurement
  std::int64_t processes_ = 0, first_ = 0;
  double fraction_ = 0;
};

}  // namespace

Record run_case(const Case& subject, const RunOptions& options, AnswerStore& answers,
                const std::atomic<bool>& stop,
                const std::function<void(const CaseProgress&)>& on_progress,
                const MeasureProgram& program, const std::function<void(Record)>& on_partial) {
  return CaseRun(subject, options, answers, stop, on_progress, program).measure(on_partial);
}

Record remeasure_case(const Record& earlier, const RunOptions& options, AnswerStore& answers,
                      const std::atomic<bool>& stop,
                      const std::function<void(const CaseProgress&)>& on_progress,
                      const MeasureProgram& program) {
  CaseRun run(earlier.subject, options, answers, stop, on_progress, program);
  run.go_on_from(earlier);
  return run.measure();
}

}  // namespace ridgepoint
