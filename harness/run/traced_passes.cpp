#include "harness/run/traced_passes.h"

#include <algorithm>
#include <memory>
#include <new>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/run/cpu_counting.h"
#include "harness/run/gpu_passes.h"
#include "harness/run/op_times.h"
#include "harness/run/timed_pass.h"
#include "harness/run/trace_keeper.h"
#include "profiler/clock/monotonic_clock.h"
#include "profiler/memory/process_memory.h"
#include "profiler/nvtx/nvtx_ranges.h"
#include "profiler/perf/counted_figures.h"
#include "profiler/perf/memory_controllers.h"
#include "profiler/perf/thread_counters.h"
#include "profiler/probe.h"
#include "profiler/span_recorder.h"
#include "results/statistics/quantile.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

using Json = nlohmann::json;

/// Pairs of a traced and an untraced pass, for what tracing costs. Listening again makes the ops
/// known anew to the recorder, so they are not many.
constexpr std::size_t kMostUntraced = 9;
/// 24 MiB of spans of one pass; steps beyond that, or beyond what is to be kept where that is more,
/// are not counted.
constexpr std::size_t kMostSpansOfAPass = std::size_t{1} << 20;
/// Passes that must fit before the time limit: the one that is traced and the check.
constexpr double kPassesBeforeLimit = 4;
/// The same before one that is counted, which is slower.
constexpr double kPassesBeforeEnd = 2;

/// What is passed through, and how one pass is told apart.
class Traced {
 public:
  virtual ~Traced() = default;
  /// The untimed part of a pass; then listens, or says why that cannot be.
  virtual Support make_ready(SpanRecorder& recorder) = 0;
  /// What one pass took; nothing when it was interrupted.
  virtual std::optional<std::int64_t> pass() = 0;
  /// The parts of the last pass, in order.
  [[nodiscard]] virtual std::vector<TracedPart> parts() const = 0;
  /// After make_ready().
  [[nodiscard]] virtual MemoryLedger memory() const = 0;
  virtual void leave() = 0;
  /// What a pass takes while nobody listens; the next make_ready() listens again. Nothing when it
  /// was interrupted.
  virtual std::optional<std::int64_t> untraced_pass() = 0;
};

class TracedModel : public Traced {
 public:
  TracedModel(const CaseContext& context, Generation& generation,
              const std::function<Session&()>& make_ready)
      : context_(context), generation_(generation), make_ready_(make_ready) {}

  Support make_ready(SpanRecorder& recorder) override {
    const Session* before = std::exchange(session_, nullptr);  // may be gone after the next line
    session_ = &make_ready_();
    // A session stays traced; under cold-disk it is a new one each time, maybe in the old place.
    const bool is_traced = session_ == before && context_.subject.cache != "cold-disk";
    return is_traced ? Support::yes() : session_->trace(&recorder);
  }

  std::optional<std::int64_t> pass() override {
    if (!generation_.run(*session_, context_.stop)) return std::nullopt;
    return generation_.end_to_end_ns();
  }

  [[nodiscard]] std::vector<TracedPart> parts() const override {
    std::vector<TracedPart> parts;
    std::int64_t begin_ns = generation_.start_ns();
    const auto add = [&](const char* phase, std::int64_t duration_ns) {
      parts.push_back({phase, begin_ns, begin_ns + duration_ns, 0});
      begin_ns += duration_ns;
    };
    if (generation_.has_prompt()) add(kPrefillPhase, generation_.ttft_ns());
    for (const std::int64_t step_ns : generation_.steps_ns()) add(kDecodePhase, step_ns);
    return parts;
  }

  [[nodiscard]] MemoryLedger memory() const override { return session_->memory(); }
  void leave() override {
    if (session_ != nullptr) static_cast<void>(session_->trace(nullptr));
  }
  std::optional<std::int64_t> untraced_pass() override {
    leave();
    session_ = &make_ready_();
    const auto pass_ns = pass();
    session_ = nullptr;
    return pass_ns;
  }

 private:
  const CaseContext& context_;
  Generation& generation_;
  const std::function<Session&()>& make_ready_;
  Session* session_ = nullptr;
};

class TracedOp : public Traced {
 public:
  TracedOp(Execution& execution, std::int64_t past, const std::function<void()>& before_sample)
      : execution_(execution), past_(past), before_sample_(before_sample) {}

  Support make_ready(SpanRecorder& recorder) override {
    Support traced = std::exchange(is_traced_, true) ? Support::yes() : execution_.trace(&recorder);
    if (before_sample_) before_sample_();
    return traced;
  }
  std::optional<std::int64_t> pass() override {
    last_ = timed_pass(execution_, past_);
    return last_.duration_ns();
  }
  [[nodiscard]] std::vector<TracedPart> parts() const override {
    return {{kRunPhase, last_.start_ns, last_.end_ns, 0}};
  }
  [[nodiscard]] MemoryLedger memory() const override { return execution_.memory(); }
  void leave() override { static_cast<void>(execution_.trace(nullptr)); }
  std::optional<std::int64_t> untraced_pass() override {
    leave();
    is_traced_ = false;
    if (before_sample_) before_sample_();
    return pass();
  }

 private:
  Execution& execution_;
  std::int64_t past_;
  const std::function<void()>& before_sample_;
  bool is_traced_ = false;
  TimedPass last_;
};

/// Nobody may go on announcing to a recorder that is gone, whatever a pass throws.
class Leaving {
 public:
  explicit Leaving(Traced& traced) : traced_(traced) {}
  ~Leaving() { traced_.leave(); }
  Leaving(const Leaving&) = delete;
  Leaving& operator=(const Leaving&) = delete;

 private:
  Traced& traced_;
};

/// Whether what takes `needed_ns` from now on ends after the time limit.
bool is_limit_near(const CaseContext& context, double needed_ns) {
  const auto elapsed_ns = static_cast<double>(monotonic_ns() - context.started_ns);
  return elapsed_ns + needed_ns > context.options.time_limit_seconds * 1e9;
}

/// Why nothing is traced; empty when it is.
std::string tracing_refusal(const CaseContext& context, std::span<const std::int64_t> measured_ns) {
  if (!context.options.op_times) return "the times of ops were switched off (--op-times false)";
  if (context.stopped()) return "stopped";
  if (measured_ns.empty()) return "no complete pass was measured";
  const double pass_ns = median(measured_ns);
  if (pass_ns > static_cast<double>(context.budget_ns())) {
    return "one pass takes longer than the budget of the case";
  }
  if (is_limit_near(context, kPassesBeforeLimit * pass_ns)) {
    return "the time limit of the case is too near";
  }
  return {};
}

void send_details(const CaseContext& context, const Json& details) {
  context.sink.detail("op_times", details.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void send_absent(const CaseContext& context, const std::string& why) {
  send_details(context, {{"absent", why}});
}

/// Between passes: reading it takes longer than many ops.
void keep_memory(TraceKeeper& keeper, const Traced& traced) {
  const auto resident = read_process_memory().resident;
  keeper.add_memory(monotonic_ns(), traced.memory(),
                    resident ? std::optional(resident.value()) : std::nullopt);
}

/// What the probes saw from before the first traced pass to after the last, the untimed parts of
/// passes included.
Json probes_json(std::vector<std::unique_ptr<Probe>>& probes) {
  Json json = Json::object();
  for (const auto& probe : probes) {
    Json& own = json[std::string(probe->name())];
    const std::string why = probe->why_absent();
    const auto values = probe->stop();
    if (!why.empty()) {
      own["absent"] = why;
      continue;
    }
    for (const ProbeValue& value : values) {
      Json& entry = own[value.name];
      if (!value.value) {
        entry["absent"] = value.value.why();
        continue;
      }
      entry = {{"value", value.value.value()},
               {"unit", value.unit},
               {"provenance", name_of(value.provenance)}};
      if (!value.note.empty()) entry["note"] = value.note;
    }
  }
  return json;
}

/// One pass that counts; nothing when it cannot be or is to stop.
std::optional<std::vector<TracedPart>> counted_pass(const CaseContext& context, Traced& traced,
                                                    SpanRecorder& recorder, RangeCounter& counter) {
  if (context.stopped() || !traced.make_ready(recorder).supported) return std::nullopt;
  recorder.clear();
  if (!counter.start_pass() || !traced.pass()) return std::nullopt;
  return traced.parts();
}

/// Passes whose ops are counted by the processor, where there is time for them.
Json counted_on_cpu(const CaseContext& context, Traced& traced, SpanRecorder& recorder,
                    double pass_ns) {
  PerfCounterSource source;
  PerfControllerSource controllers;
  const auto pass =
      [&](const std::function<void()>& begin) -> std::optional<std::vector<TracedPart>> {
    if (context.stopped() || is_limit_near(context, kPassesBeforeEnd * pass_ns))
      return std::nullopt;
    if (!traced.make_ready(recorder).supported) return std::nullopt;
    recorder.clear();
    begin();
    if (!traced.pass()) return std::nullopt;
    return traced.parts();
  };
  return count_on_cpu({choose_figures(), source, controllers}, recorder, pass);
}

/// One pass that is sampled; nothing when it cannot be or is to stop.
std::optional<std::vector<TracedPart>> sampled_pass(const CaseContext& context, Traced& traced,
                                                    SpanRecorder& recorder, PmSampler& sampler) {
  if (context.stopped() || !traced.make_ready(recorder).supported) return std::nullopt;
  recorder.clear();
  traced.leave();  // as it runs when nobody listens
  if (!sampler.start() || !traced.pass()) return std::nullopt;
  return traced.parts();
}

/// `spans` is how many one pass is thought to have.
std::optional<double> trace(const CaseContext& context, const Backend& backend, Traced& traced,
                            OpTimes op_times, std::size_t spans,
                            std::span<const std::int64_t> measured_ns) {
  context.sink.progress(0.9, "tracing ops");
  const auto most_kept = static_cast<std::size_t>(context.options.most_spans);
  SpanRecorder recorder(std::min(2 * spans + 1024, std::max(kMostSpansOfAPass, most_kept)));
  try {
    recorder.track(kOpsTrack);
  } catch (const std::bad_alloc&) {
    send_absent(context, "there is no memory left for the spans");
    return std::nullopt;
  }
  NvtxRanges ranges(recorder);
  SpanListeners listeners;
  if (NvtxRanges::is_listened_to()) listeners.add(ranges);
  GpuPasses gpu(backend.cuda_device(), recorder);
  if (SpanListener* const timeline = gpu.timeline()) listeners.add(*timeline);
  if (!listeners.empty()) recorder.set_listener(&listeners);
  const Leaving leaving(traced);
  const auto begin_ns = monotonic_ns();
  const bool is_profile = context.options.profile;
  const auto budget_ns = context.budget_ns() / (is_profile ? kProfiledShare : kTracedShare);
  const auto fewest = is_profile ? kFewestProfiled : kFewestTraced;
  const auto shortest_ns = is_profile ? kShortestProfiled_ns : kShortestTraced_ns;
  auto probes =
      is_profile ? make_probes(backend.cuda_bus_id()) : std::vector<std::unique_ptr<Probe>>();
  for (const auto& probe : probes) probe->start();
  TraceKeeper keeper(label(context.subject), most_kept);
  std::vector<std::int64_t> passes_ns;
  std::vector<double> overheads;  // of a traced pass and the untraced one right after it
  std::int64_t traced_ns = 0;
  std::size_t dropped = 0;
  const char* ended_by = "passes";
  for (std::int64_t done = 0;; ++done) {
    const bool enough = done >= fewest && traced_ns >= shortest_ns;
    if (enough || done >= kMostTraced) break;
    if (done > 0 && monotonic_ns() - begin_ns >= budget_ns) {
      ended_by = "budget";
      break;
    }
    if (const Support ready = traced.make_ready(recorder); !ready.supported) {
      send_absent(context, ready.reason);
      return std::nullopt;
    }
    if (is_profile && done == 0) keep_memory(keeper, traced);
    ranges.prepare();
    gpu.before_pass();
    recorder.clear();  // of what came before the clock
    const auto pass_ns = traced.pass();
    if (!pass_ns) {
      ended_by = "stop";
      break;
    }
    const auto parts = traced.parts();
    passes_ns.push_back(*pass_ns);
    traced_ns += *pass_ns;
    if (!gpu.after_pass(parts)) continue;  // some of it is missing: no trace of a pass
    for (const TracedPart& part : parts) {
      op_times.add_pass(part.name, recorder, part.begin_ns, part.end_ns);
      if (is_profile) keeper.add_part(part.name, done, part.begin_ns, part.end_ns);
    }
    if (is_profile) {
      keeper.add_spans(recorder);
      keep_memory(keeper, traced);
    }
    for (const SpanTrack& track : recorder.tracks()) dropped += track.dropped();
    if (!backend.cuda_device() && !context.stopped() && overheads.size() < kMostUntraced) {
      const auto untraced_ns = traced.untraced_pass();
      if (untraced_ns && *untraced_ns > 0) {
        overheads.push_back(static_cast<double>(*pass_ns) / static_cast<double>(*untraced_ns));
      }
    }
    if (context.stopped()) {
      ended_by = "stop";
      break;
    }
  }
  std::optional<double> memory_bytes;
  Json details{{"passes", passes_ns.size()}, {"ended_by", ended_by}};
  if (is_profile) details["probes"] = probes_json(probes);
  if (dropped > 0) details["dropped_spans"] = dropped;
  if (backend.cuda_device()) {
    details["gpu"]["timeline"] = gpu.end_timeline();
    if (is_profile) {
      details["gpu"]["counted"] = gpu.count(
          [&](RangeCounter& counter) { return counted_pass(context, traced, recorder, counter); });
      memory_bytes = counted_memory_bytes(details["gpu"]["counted"], kRunPhase);
      details["gpu"]["sampled"] = gpu.sample(
          [&](PmSampler& sampler) { return sampled_pass(context, traced, recorder, sampler); });
    }
  }
  if (is_profile && !backend.cuda_device() && !passes_ns.empty()) {
    details["cpu"]["counted"] = counted_on_cpu(context, traced, recorder, median(passes_ns));
  }
  send_details(context, details);
  context.sink.op_times(op_times.rows());
  if (is_profile && !passes_ns.empty()) {
    context.sink.trace(std::move(keeper).finish(recorder));
  }
  if (!overheads.empty()) {
    context.sink.metric("trace_overhead", median(overheads));
  } else if (!passes_ns.empty() && median(measured_ns) > 0) {
    context.sink.metric("trace_overhead", median(passes_ns) / median(measured_ns));
  }
  return memory_bytes;
}

}  // namespace

void trace_model_passes(const CaseContext& context, const Backend& backend, const Model& model,
                        Generation& generation, std::span<const std::int64_t> measured_ns,
                        const std::function<Session&()>& make_ready) {
  if (context.plan.index > 0) return;  // one process speaks for all
  if (const auto why = tracing_refusal(context, measured_ns); !why.empty()) {
    send_absent(context, why);
    return;
  }
  const Case& subject = context.subject;
  std::vector<CasePhase> phases;
  try {
    phases = model_phases(subject, model);
  } catch (const Error& error) {
    send_absent(context, error.what());
    return;
  }
  std::int64_t spans = 0;
  for (const CasePhase& phase : phases) {
    const auto nodes = static_cast<std::int64_t>(phase.graph.nodes().size());
    spans += nodes * (phase.name == kPrefillPhase
                          ? subject.batch * subject.prompt / backend.prefill_rows() + 1
                          : decode_steps_of(subject));
  }
  TracedModel traced(context, generation, make_ready);
  trace(context, backend, traced, OpTimes(std::move(phases), backend.computes()),
        static_cast<std::size_t>(spans), measured_ns);
}

std::optional<double> trace_op_passes(const CaseContext& context, const Backend& backend,
                                      const Graph& graph, std::int64_t past, Execution& execution,
                                      std::span<const std::int64_t> measured_ns,
                                      const std::function<void()>& before_sample) {
  if (context.plan.index > 0) return std::nullopt;  // one process speaks for all
  if (const auto why = tracing_refusal(context, measured_ns); !why.empty()) {
    send_absent(context, why);
    return std::nullopt;
  }
  TracedOp traced(execution, past, before_sample);
  return trace(context, backend, traced, OpTimes({{kRunPhase, graph, past}}, backend.computes()),
               graph.nodes().size(), measured_ns);
}

}  // namespace ridgepoint
