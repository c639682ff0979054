// What it costs to keep results: samples in and out of the database, records one by one. To reach:
// 10^6 samples stored in under 1 s and read back in under 0.5 s.
#include <benchmark/benchmark.h>

#include <cmath>
#include <random>

#include "results/store/sample_codec.h"
#include "results/store/store.h"
#include "tests/benchmarks/results/example_run.h"
#include "tests/support/temporary_folder.h"

namespace ridgepoint {
namespace {

/// Timings as they come: log-normal around 50 us with 5 % of noise.
std::vector<std::int64_t> timings(std::size_t count) {
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> law(std::log(50e3), 0.05);
  std::vector<std::int64_t> samples(count);
  for (auto& sample : samples) sample = static_cast<std::int64_t>(law(random));
  return samples;
}

Record record_with(const Run& run, std::int64_t ordinal, std::vector<std::int64_t> samples) {
  Record record;
  record.id = new_uuid();
  record.run_id = run.id;
  record.ordinal = ordinal;
  record.measurement.series.push_back({"run", "ns", std::move(samples)});
  record.measurement.metrics = {{"run_ns", 5e4}, {"repetitions", 1e6}};
  return record;
}

void BM_EncodeSamples(benchmark::State& state) {
  const auto samples = timings(static_cast<std::size_t>(state.range(0)));
  std::size_t bytes = 0;
  for (auto _ : state) {
    const auto blob = encode_samples(samples);
    bytes = blob.size();
    benchmark::DoNotOptimize(blob.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["bytes_per_sample"] =
      static_cast<double>(bytes) / static_cast<double>(samples.size());
}
BENCHMARK(BM_EncodeSamples)->Arg(1000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void BM_DecodeSamples(benchmark::State& state) {
  const auto samples = timings(static_cast<std::size_t>(state.range(0)));
  const auto blob = encode_samples(samples);
  for (auto _ : state) {
    benchmark::DoNotOptimize(decode_samples(kSampleCodecDeltaZstd, state.range(0), blob));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_DecodeSamples)->Arg(1000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

/// A record of a million samples, from memory to a synced disk.
void BM_StoreAMillionSamples(benchmark::State& state) {
  const TemporaryFolder folder;
  Store store(folder / "runs.db", OpenMode::read_write);
  const auto samples = timings(1'000'000);
  for (auto _ : state) {
    state.PauseTiming();
    const Run run = some_run();
    store.begin_run(run, {Case{}});
    const Record record = record_with(run, 0, samples);
    state.ResumeTiming();
    store.add_record(record);
  }
  state.SetItemsProcessed(state.iterations() * 1'000'000);
}
BENCHMARK(BM_StoreAMillionSamples)->UseRealTime()->Unit(benchmark::kMillisecond);

/// The same back, by a process that opens the database for it.
void BM_ReadAMillionSamples(benchmark::State& state) {
  const TemporaryFolder folder;
  const Run run = some_run();
  {
    Store store(folder / "runs.db", OpenMode::read_write);
    store.begin_run(run, {Case{}});
    store.add_record(record_with(run, 0, timings(1'000'000)));
  }
  for (auto _ : state) {
    const Store store(folder / "runs.db", OpenMode::read_only);
    benchmark::DoNotOptimize(store.records(run.id));
  }
  state.SetItemsProcessed(state.iterations() * 1'000'000);
}
BENCHMARK(BM_ReadAMillionSamples)->UseRealTime()->Unit(benchmark::kMillisecond);

/// What each case of a run pays to be safe: one synced transaction.
void BM_StoreASmallRecord(benchmark::State& state) {
  const TemporaryFolder folder;
  Store store(folder / "runs.db", OpenMode::read_write);
  const Run run = some_run();
  store.begin_run(run, std::vector<Case>(100'000));
  std::int64_t ordinal = 0;
  const auto samples = timings(100);
  for (auto _ : state) store.add_record(record_with(run, ordinal++, samples));
}
BENCHMARK(BM_StoreASmallRecord)->UseRealTime()->Iterations(200)->Unit(benchmark::kMicrosecond);

void BM_OpenForReading(benchmark::State& state) {
  const TemporaryFolder folder;
  { const Store store(folder / "runs.db", OpenMode::read_write); }
  for (auto _ : state) {
    const Store store(folder / "runs.db", OpenMode::read_only);
    benchmark::DoNotOptimize(&store);
  }
}
BENCHMARK(BM_OpenForReading)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace ridgepoint
