#include "harness/run/op_case.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <array>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "backends/registry.h"
#include "harness/run/batch_log.h"
#include "harness/run/benchmark_flags.h"
#include "harness/run/case_details.h"
#include "harness/run/check_op.h"
#include "harness/run/conditions.h"
#include "harness/run/cpu_cache_eviction.h"
#include "harness/run/device_conditions.h"
#include "harness/run/device_sampling.h"
#include "harness/run/prepared_op.h"
#include "harness/run/sample_loop.h"
#include "harness/run/traced_passes.h"
#include "harness/run/warm_up.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

/// Nothing of Google Benchmark's own output is shown.
class SilentReporter : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>&) override {}
};

/// What the operator reads, for the probe of cold-cpu.
std::vector<std::span<const std::byte>> read_buffers(const OpInputs& inputs, std::string& name) {
  std::vector<std::span<const std::byte>> buffers;
  for (const auto& [weight, view] : inputs.weights) {
    if (!view.bytes.empty()) buffers.push_back(view.bytes);
  }
  name = "the weights";
  if (buffers.empty()) {
    for (const auto& [id, bytes] : inputs.inputs) buffers.emplace_back(bytes);
    name = "the inputs as handed to the backend, whose copies are evicted too, but not probed";
  }
  return buffers;
}

/// Whose clock the samples of a case on a GPU are of.
nlohmann::json timing_json(const Support& by_device, const DeviceSampling& device) {
  if (!by_device.supported) return {{"by", "the host's clock"}, {"why", by_device.reason}};
  nlohmann::json json{
      {"by", "events of the device"},
      {"what",
       "from before a pass's first launch to after its last, which were queued behind a "
       "kernel that waits; neither launching nor waiting for the end is in it"}};
  const nlohmann::json times = device.times_json();
  for (const char* const key : {"runs", "queued_runs"}) {
    if (times.contains(key)) json[key] = times.at(key);
  }
  return json;
}

/// Returns until when to measure.
MeasuringWindow warm_up(const CaseContext& context, Execution& execution, std::int64_t past,
                        const std::function<void()>& before_sample) {
  WarmUp warm_up(context.warm_up_budget_ns());
  const auto start_ns = monotonic_ns();
  for (bool over = false; !over;) {
    if (context.stopped()) {
      warm_up.interrupt();
      break;
    }
    if (before_sample) before_sample();
    const auto pass = timed_pass(execution, past);
    over = warm_up.add(pass.duration_ns(), pass.end_ns - start_ns);
  }
  context.sink.samples("warm_up", warm_up.passes());
  context.sink.detail("warm_up", warm_up.to_json());
  return context.window(start_ns, warm_up.count());
}

}  // namespace

CaseResult measure_op_case(const CaseContext& context) {
  const auto& subject = context.subject;
  if (subject.cache == "cold-disk") {
    return {
        Outcome::unsupported,
        "cold-disk is for models in files; an operator's data is made in memory (use cold-cpu)"};
  }
  const bool rotated = subject.cache == "rotate-gpu";
  const bool cold_gpu = rotated || subject.cache == "cold-gpu";
  accept_benchmark_flags(context.options.benchmark_flags);
  const auto backend = open_backend(subject.backend);
  send_backend(context, *backend);
  if (cold_gpu && !backend->cuda_device()) {
    return {Outcome::unsupported,
            fmt::format("{} is about the cache of a GPU; this backend has none", subject.cache)};
  }
  const auto graph = lower_op(subject);
  if (const auto support = backend->supports(graph); !support.supported) {
    return {Outcome::unsupported, support.reason};
  }
  context.sink.progress(0, "preparing");
  const auto inputs = op_inputs(graph, static_cast<std::uint64_t>(subject.seed));
  const auto past = past_of_op(subject);
  const auto turns =
      rotated ? turns_for(backend->device_cache_bytes(), graph.work(past).bytes()) : 0;
  if (rotated && turns == 0) {
    return {Outcome::unsupported,
            fmt::format("rotate-gpu takes turns over more than twice the {} bytes of the device's "
                        "cache; with {} bytes a pass these would be more than {} (use cold-gpu)",
                        backend->device_cache_bytes(), graph.work(past).bytes(), kMostTurns)};
  }
  const auto prepared =
      rotated ? prepare_op_in_turns(*backend, subject, graph, inputs, context.threads(), turns)
              : prepare_op(*backend, subject, graph, inputs, context.threads());
  if (!prepared.execution) {
    return {Outcome::unsupported, "rotate-gpu: this backend records nothing"};
  }

  std::optional<CpuCacheEviction> eviction;
  std::function<void()> before_sample;
  if (subject.cache == "cold-cpu") {
    std::string name;
    auto buffers = read_buffers(inputs, name);
    eviction.emplace(std::move(buffers), std::move(name), static_cast<std::uint64_t>(subject.seed));
    before_sample = [&] { eviction->before_sample(); };
  }

  using Cold = DeviceSampling::Cold;
  DeviceSampling device(*backend,
                        rotated    ? Cold::rotated
                        : cold_gpu ? Cold::emptied
                                   : Cold::no,
                        turns);
  DeviceConditions device_conditions(*backend);
  if (device.wanted()) {
    before_sample = [&device, &device_conditions, on_host = before_sample] {
      if (on_host) on_host();
      device_conditions.before_sample();
      device.before_sample();
    };
  }
  const Support timed_by_device = prepared.execution->time_on_device(true);

  const ConditionsAround conditions;
  device_conditions.before_samples();
  context.sink.progress(0.05, "warming up");
  const auto window = warm_up(context, *prepared.execution, past, before_sample);
  context.sink.progress(0.25, "measuring");
  SampleBuffer samples;
  BatchLog batches;
  SampleLoop loop(*prepared.execution, past, samples, before_sample, window.end_ns, context.stop,
                  &batches);
  // What is there is sent between the library's rounds, so that a crash loses one round at most.
  std::size_t sent = 0;
  const auto send_samples = [&] {
    context.sink.samples("run", samples.samples().subspan(sent));
    sent = samples.size();
    batches.send(context.sink);
  };
  if (!context.stopped()) {
    benchmark::ClearRegisteredBenchmarks();
    benchmark::RegisterBenchmark(label(subject).c_str(), [&](benchmark::State& state) {
      send_samples();
      loop.run(state);
    })->UseManualTime();
    SilentReporter reporter;
    benchmark::RunSpecifiedBenchmarks(&reporter, ".");
    benchmark::ClearRegisteredBenchmarks();
  }
  batches.end();
  send_samples();
  context.sink.detail("conditions", conditions.finish());
  if (device.wanted()) {
    context.sink.detail("gpu_conditions", device_conditions.finish().dump());
    context.sink.detail("timing", timing_json(timed_by_device, device).dump());
  }
  const std::string_view ended_by = loop.ended_by();
  send_stopping(context, window, ended_by.empty() ? "Google Benchmark's criterion" : ended_by,
                "samples", static_cast<std::int64_t>(samples.size()));
  context.sink.detail("absent_counters", batches.absent_json());
  send_memory(context, prepared.execution->memory());
  if (backend->computes()) send_op_work(context, graph.work(past));
  if (eviction) context.sink.detail("cache", eviction->to_json());
  const auto counted = trace_op_passes(context, *backend, graph, past, *prepared.execution,
                                       samples.samples(), before_sample);
  const auto needed = static_cast<double>(graph.work(past).bytes());
  if (device.wanted()) {
    context.sink.detail("gpu_clock", device.clock_json().dump());
    context.sink.detail("gpu_memory", device.memory_json().dump());
    context.sink.detail("gpu_times", device.times_json().dump());
  }
  if (cold_gpu) context.sink.detail("cache", device.cache_json(counted, needed).dump());
  if (context.stopped()) return interrupted();

  context.sink.progress(0.9, "checking");
  auto result = check_op(context, *backend, *prepared.execution, graph, inputs);
  if (result.outcome == Outcome::ok && eviction && !eviction->doubt().empty()) {
    return {Outcome::mistrusted, eviction->doubt()};
  }
  for (const std::string& doubt : {device.doubt(counted, needed), device.doubt_of_times()}) {
    if (result.outcome == Outcome::ok && !doubt.empty()) return {Outcome::mistrusted, doubt};
  }
  return result;
}

}  // namespace ridgepoint
