// Writes results.json: every kind of entry that the JSON reporter of Google Benchmark
// knows, of work that takes microseconds. Not built with the rest; the README one folder up
// has the command.
#include <benchmark/benchmark.h>

#include <cstring>
#include <numeric>
#include <thread>
#include <vector>

namespace {

/// Nothing but the loop: times in nanoseconds.
void BM_Plain(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(state.iterations());
}
BENCHMARK(BM_Plain)->Iterations(20000);

/// Three repetitions, each an entry, and the aggregates mean, median, stddev and cv.
void BM_Repeated(benchmark::State& state) {
  std::vector<int> values(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    std::iota(values.begin(), values.end(), 0);
    benchmark::ClobberMemory();
  }
  state.SetLabel("a \"label\"");
}
BENCHMARK(BM_Repeated)->Arg(4096)->Iterations(500)->Repetitions(3)->Unit(benchmark::kMicrosecond);

/// The same, of which the file has the aggregates alone.
void BM_AggregatesOnly(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(state.iterations());
}
BENCHMARK(BM_AggregatesOnly)->Iterations(1000)->Repetitions(3)->ReportAggregatesOnly();

/// Counters of each kind, and both rates.
void BM_Counters(benchmark::State& state) {
  std::vector<char> from(8192, 'x'), to(8192);
  for (auto _ : state) {
    std::memcpy(to.data(), from.data(), from.size());
    benchmark::ClobberMemory();
  }
  const auto iterations = static_cast<double>(state.iterations());
  state.counters["Plain"] = 42.5;
  state.counters["PerSecond"] = benchmark::Counter(iterations, benchmark::Counter::kIsRate);
  state.counters["PerIteration"] =
      benchmark::Counter(3 * iterations, benchmark::Counter::kAvgIterations);
  state.SetBytesProcessed(state.iterations() * 8192);
  state.SetItemsProcessed(state.iterations() * 2);
}
BENCHMARK(BM_Counters)->Iterations(2000);

void BM_Milliseconds(benchmark::State& state) {
  for (auto _ : state) std::this_thread::sleep_for(std::chrono::microseconds(1500));
}
BENCHMARK(BM_Milliseconds)->Iterations(3)->Unit(benchmark::kMillisecond)->UseRealTime();

void BM_Seconds(benchmark::State& state) {
  for (auto _ : state) state.SetIterationTime(0.25);
}
BENCHMARK(BM_Seconds)->Iterations(4)->Unit(benchmark::kSecond)->UseManualTime();

void BM_Threads(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(state.iterations());
}
BENCHMARK(BM_Threads)->Iterations(1000)->Threads(2);

void BM_Fails(benchmark::State& state) {
  state.SkipWithError("the data is not there");
  for (auto _ : state) {
  }
}
BENCHMARK(BM_Fails);

/// Fits a curve over its sizes: aggregates without a time of their own.
void BM_Complexity(benchmark::State& state) {
  std::vector<int> values(static_cast<std::size_t>(state.range(0)), 1);
  for (auto _ : state) benchmark::DoNotOptimize(std::accumulate(values.begin(), values.end(), 0));
  state.SetComplexityN(state.range(0));
}
BENCHMARK(BM_Complexity)->RangeMultiplier(4)->Range(256, 4096)->Iterations(200)->Complexity();

}  // namespace

BENCHMARK_MAIN();
