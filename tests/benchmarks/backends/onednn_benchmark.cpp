// Prefill products by oneDNN (Debian's libdnnl-dev), to hold beside `prefill/...` of
// host_kernels_benchmark: the same sizes, threads and counters. Weights lie as a file has them
// (`in_place`), as they do for our kernels, or in the order that the library asks for, made before
// anything is timed: a second copy of the model, which is more than a backend of ours may hold.
// Activations and results are f32, row by row, and what a type needs beyond that (rounding
// activations) is timed. Built only where the library is.
//   OMP_NUM_THREADS=2 build/bin/onednn_benchmark
//   ONEDNN_MAX_CPU_ISA=AVX2 OMP_NUM_THREADS=2 build/bin/onednn_benchmark
#include <cstdint>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>
#include <dnnl.hpp>

namespace {

using dnnl::memory;

constexpr std::int64_t kRows = 512, kOut = 5632, kIn = 2048;

std::vector<float> normal_numbers(std::int64_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> result(static_cast<std::size_t>(count));
  for (float& each : result) each = normal(random);
  return result;
}

enum class Order : std::uint8_t { in_place, of_its_own };

void prefill(benchmark::State& state, memory::data_type type, Order order) {
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  dnnl::stream stream(engine);
  auto activations = normal_numbers(kRows * kIn, 1), weights = normal_numbers(kOut * kIn, 2);
  std::vector<float> output(static_cast<std::size_t>(kRows * kOut));
  const memory::desc plain_input({kRows, kIn}, memory::data_type::f32, memory::format_tag::ab);
  // [in, out] whose element (i, o) lies where a row of weights has it: out rows of in numbers.
  const memory::desc plain_weights({kIn, kOut}, memory::data_type::f32, memory::format_tag::ba);
  const memory::desc plain_output({kRows, kOut}, memory::data_type::f32, memory::format_tag::ab);
  try {
    const dnnl::matmul::primitive_desc chosen(
        {{{kRows, kIn}, type, memory::format_tag::ab},
         {{kIn, kOut},
          type,
          order == Order::in_place ? memory::format_tag::ba : memory::format_tag::any},
         plain_output},
        engine);
    memory from(plain_weights, engine, weights.data());
    memory ordered(chosen.weights_desc(), engine);
    dnnl::reorder(from, ordered).execute(stream, from, ordered);
    memory given(plain_input, engine, activations.data());
    memory rounded(chosen.src_desc(), engine);
    memory result(plain_output, engine, output.data());
    const dnnl::reorder round(given, rounded);
    const dnnl::matmul product(chosen);
    for (auto _ : state) {
      if (type != memory::data_type::f32) round.execute(stream, given, rounded);
      product.execute(stream, {{DNNL_ARG_SRC, type == memory::data_type::f32 ? given : rounded},
                               {DNNL_ARG_WEIGHTS, ordered},
                               {DNNL_ARG_DST, result}});
      stream.wait();
      benchmark::DoNotOptimize(output.data());
    }
    state.SetLabel(chosen.impl_info_str());
  } catch (const dnnl::error& error) {
    state.SkipWithError(error.what());
    return;
  }
  state.counters["flops"] = benchmark::Counter(
      2.0 * static_cast<double>(kRows * kOut * kIn) * static_cast<double>(state.iterations()),
      benchmark::Counter::kIsRate);
}

void add(const char* name, memory::data_type type, Order order) {
  benchmark::RegisterBenchmark(name, prefill, type, order)
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond);
}

const bool kAdded = [] {
  add("prefill/f32", memory::data_type::f32, Order::of_its_own);
  add("prefill/f32/in_place", memory::data_type::f32, Order::in_place);
  add("prefill/bf16", memory::data_type::bf16, Order::of_its_own);
  add("prefill/bf16/in_place", memory::data_type::bf16, Order::in_place);
  add("prefill/f16", memory::data_type::f16, Order::of_its_own);
  return true;
}();

}  // namespace
