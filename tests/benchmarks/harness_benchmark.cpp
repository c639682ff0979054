// What a sample costs above the two clock reads that it consists of: the second figure minus the
// first, at most 60 ns.
#include <benchmark/benchmark.h>

#include <atomic>

#include "backends/registry.h"
#include "harness/run/batch_log.h"
#include "harness/run/harness_floor.h"
#include "harness/run/prepared_op.h"
#include "harness/run/sample_buffer.h"
#include "harness/run/sample_loop.h"
#include "profiler/clock/monotonic_clock.h"

namespace ridgepoint {
namespace {

void two_clock_reads(benchmark::State& state) {
  for ([[maybe_unused]] auto _ : state) {
    const auto start_ns = monotonic_ns();
    const auto end_ns = monotonic_ns();
    benchmark::DoNotOptimize(end_ns - start_ns);
  }
}
BENCHMARK(two_clock_reads);

/// The loop that operator cases are measured in, on the backend that does nothing; with the log of
/// what disturbs its batches.
void whole_sample(benchmark::State& state) {
  Case subject;
  subject.workload = "op";
  subject.op = "add";
  subject.in = 8;
  const auto backend = open_backend("null");
  const auto graph = lower_op(subject);
  const auto inputs = op_inputs(graph, 1);
  const auto prepared = prepare_op(*backend, subject, graph, inputs, 1);
  const std::atomic<bool> stop{false};
  SampleBuffer samples;
  BatchLog batches;
  SampleLoop loop(*prepared.execution, 0, samples, {}, monotonic_ns() + 60'000'000'000, stop,
                  &batches);
  loop.run(state);
  batches.end();
}
// As many as a case keeps at most; Google Benchmark's own timing, so that all of it counts.
BENCHMARK(whole_sample)->Iterations(SampleBuffer::kMost)->Repetitions(9);

/// Around each batch of 10 ms: the counters before and after, and the estimate of the clock.
void logging_a_batch(benchmark::State& state) {
  BatchLog batches;
  for ([[maybe_unused]] auto _ : state) {
    batches.begin();
    batches.add(1);
    batches.end();
  }
}
BENCHMARK(logging_a_batch)->Unit(benchmark::kMicrosecond)->Iterations(2000);

void measuring_the_floor(benchmark::State& state) {
  HarnessFloor floor;
  for ([[maybe_unused]] auto _ : state) floor = measure_harness_floor();
  state.counters["median_ns"] = static_cast<double>(floor.median_ns);
  state.counters["p99_ns"] = static_cast<double>(floor.p99_ns);
  state.counters["clock_read_ns"] = static_cast<double>(floor.clock_read_ns);
}
BENCHMARK(measuring_the_floor)->Unit(benchmark::kMillisecond)->Iterations(20);

}  // namespace
}  // namespace ridgepoint
