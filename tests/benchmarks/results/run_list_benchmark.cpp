// Lists and look-ups in a database of 100,000 runs of 10 cases.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "results/store/store.h"
#include "tests/benchmarks/results/many_runs.h"
#include "tests/support/temporary_folder.h"

namespace ridgepoint {
namespace {

const Store& many_runs() {
  static const TemporaryFolder folder;
  static const Store store = [] {
    fill_with_many_runs(folder / "runs.db", 0);
    return Store(folder / "runs.db", OpenMode::read_only);
  }();
  return store;
}

void BM_ListAll(benchmark::State& state) {
  const Store& store = many_runs();
  std::size_t count = 0;
  for (auto _ : state) count = store.list_runs().size();
  state.counters["runs"] = static_cast<double>(count);
}
BENCHMARK(BM_ListAll)->Unit(benchmark::kMillisecond);

void BM_ListNewest20(benchmark::State& state) {
  const Store& store = many_runs();
  for (auto _ : state) benchmark::DoNotOptimize(store.list_runs(20));
}
BENCHMARK(BM_ListNewest20)->Unit(benchmark::kMicrosecond);

void BM_ResolveAPrefix(benchmark::State& state) {
  const Store& store = many_runs();
  for (auto _ : state) benchmark::DoNotOptimize(store.resolve_run("0000ffff"));
}
BENCHMARK(BM_ResolveAPrefix)->Unit(benchmark::kMicrosecond);

void BM_ReadARun(benchmark::State& state) {
  const Store& store = many_runs();
  const std::string id = store.resolve_run("0000ffff");
  for (auto _ : state) benchmark::DoNotOptimize(store.whole_run(id));
}
BENCHMARK(BM_ReadARun)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace ridgepoint
