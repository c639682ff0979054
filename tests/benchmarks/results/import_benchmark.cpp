// What it costs to bring in other programs' results. To reach: 10^6 rows of llama-bench, JSONL or
// SQL, parsed and stored in under 20 s.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <random>
#include <string>

#include "results/exchange/import.h"
#include "results/store/store.h"
#include "tests/benchmarks/results/example_run.h"
#include "tests/support/temporary_folder.h"

namespace ridgepoint {
namespace {

// As llama-bench of 2025 writes them: 50 models, four tests, four depths, eight thread counts.
struct Row {
  std::int64_t model, prompt, generate, depth, threads;
  std::int64_t samples[5];
};

template <class Write>
std::string rows(std::int64_t count, Write&& write) {
  std::mt19937_64 random(1);
  std::string text;
  for (std::int64_t i = 0; i < count; ++i) {
    Row row{i % 50, i % 4 * 512, i % 4 == 0 ? 128 : 0, i / 400 % 4 * 1024, 1 + i / 1600 % 8, {}};
    for (auto& sample : row.samples) {
      sample = 900'000'000 + static_cast<std::int64_t>(random() % 200'000'000);
    }
    write(text, row);
  }
  return text;
}

std::string jsonl(std::int64_t count) {
  return rows(count, [](std::string& text, const Row& row) {
    text += fmt::format(
        R"({{"build_commit": "c392e509", "build_number": 4753, "cpu_info": "CPU", "gpu_info": "", )"
        R"("backends": "CPU", "model_filename": "models/m{}-q8_0.gguf", "model_type": )"
        R"("llama 7B Q8_0", "model_size": 6841344, "model_n_params": 6426880, "n_batch": 2048, )"
        R"("n_ubatch": 512, "n_threads": {}, "cpu_mask": "0x0", "cpu_strict": false, "poll": 50, )"
        R"("type_k": "f16", "type_v": "f16", "n_gpu_layers": 99, "split_mode": "layer", )"
        R"("main_gpu": 0, "no_kv_offload": false, "flash_attn": false, "tensor_split": "0.00", )"
        R"("use_mmap": true, "embeddings": false, "n_prompt": {}, "n_gen": {}, "n_depth": {}, )"
        R"("test_time": "2026-11-21T08:09:59Z", "avg_ns": {}, "stddev_ns": 4893022, )"
        R"("avg_ts": 1431.058542, "stddev_ts": 302.174929, "samples_ns": [ {} ],)"
        R"("samples_ts": [ 1438.9, 1437.21, 1902.22, 1187.86, 1189.1 ]}})"
        "\n",
        row.model, row.threads, row.prompt, row.generate, row.depth, row.samples[0],
        fmt::join(row.samples, ", "));
  });
}

std::string sql(std::int64_t count) {
  return rows(count, [](std::string& text, const Row& row) {
    text += fmt::format(
        "INSERT INTO test (build_commit, build_number, cpu_info, gpu_info, backends, "
        "model_filename, model_type, model_size, model_n_params, n_batch, n_ubatch, n_threads, "
        "cpu_mask, cpu_strict, poll, type_k, type_v, n_gpu_layers, split_mode, main_gpu, "
        "no_kv_offload, flash_attn, tensor_split, use_mmap, embeddings, n_prompt, n_gen, n_depth, "
        "test_time, avg_ns, stddev_ns, avg_ts, stddev_ts) VALUES ('c392e509', '4753', 'CPU', '', "
        "'CPU', 'models/m{}-q8_0.gguf', 'llama 7B Q8_0', '6841344', '6426880', '2048', '512', "
        "'{}', '0x0', '0', '50', 'f16', 'f16', '99', 'layer', '0', '0', '0', '0.00', '1', '0', "
        "'{}', '{}', '{}', '2026-11-21T08:09:59Z', '{}', '4893022', '1431.058542', "
        "'302.174929');\n",
        row.model, row.threads, row.prompt, row.generate, row.depth, row.samples[0]);
  });
}

void import_rows(benchmark::State& state, std::string text) {
  const ImportSource source{"rows", {{"rows", std::move(text)}}};
  for (auto _ : state) {
    state.PauseTiming();
    const TemporaryFolder folder;
    state.ResumeTiming();
    Store store(folder / "import.db", OpenMode::read_write);
    benchmark::DoNotOptimize(store.merge_run(import_results(source), source.origin));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void BM_ImportLlamaBenchLines(benchmark::State& state) {
  import_rows(state, jsonl(state.range(0)));
}
BENCHMARK(BM_ImportLlamaBenchLines)
    ->Arg(10'000)
    ->Arg(1'000'000)
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);

void BM_ImportLlamaBenchSql(benchmark::State& state) {
  import_rows(state, sql(state.range(0)));
}
BENCHMARK(BM_ImportLlamaBenchSql)
    ->Arg(10'000)
    ->Arg(1'000'000)
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ridgepoint
