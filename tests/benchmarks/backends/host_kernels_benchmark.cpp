// What the host backends' products reach, beside what the same threads read from memory with the
// same number of streams: decode products are bound by that, prefill products by arithmetic. The
// clock and, where it is there, AMX fed from the second-level cache are probed as well.
//   build/bin/host_kernels_benchmark --benchmark_filter='decode/q8_0'
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "backends/aligned_buffer.h"
#include "backends/host/kernels.h"
#include "backends/host/tiled_weights.h"
#include "backends/host/worker_team.h"
#include "profiler/ceilings/compute_kernels.h"
#include "profiler/clock/clock_estimate.h"
#include "workloads/tensor/convert.h"

namespace {

using namespace ridgepoint;

constexpr std::int64_t kThreads = 2;
constexpr std::int64_t kIn = 2048;

WorkerTeam& team() {
  static WorkerTeam the_team(static_cast<int>(kThreads));
  return the_team;
}

/// Random weights of a type, [out, kIn]; the bytes of one row repeated over all, since values do
/// not matter here and quantising gigabytes takes long.
std::vector<std::byte> weights_of(Type type, std::int64_t out) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  constexpr std::int64_t kDifferent = 16;
  const auto row = static_cast<std::size_t>(row_bytes(type, kIn));
  std::vector<std::byte> different(row * kDifferent);
  std::vector<float> floats(kIn);
  for (std::size_t r = 0; r < kDifferent; ++r) {
    for (float& each : floats) each = normal(random);
    from_float(type, floats, std::span(different).subspan(r * row, row));
  }
  std::vector<std::byte> all(row * static_cast<std::size_t>(out));
  for (std::size_t r = 0; r < static_cast<std::size_t>(out); ++r) {
    std::copy_n(different.begin() + static_cast<std::ptrdiff_t>(r % kDifferent * row), row,
                all.begin() + static_cast<std::ptrdiff_t>(r * row));
  }
  return all;
}

struct Activations {
  explicit Activations(std::int64_t rows)
      : floats(static_cast<std::size_t>(rows * kIn)),
        codes(floats.size()),
        scales(floats.size() / host::kBlock),
        sums(2 * scales.size()) {
    std::mt19937 random(2);
    std::normal_distribution<float> normal;
    for (float& each : floats) each = normal(random);
  }
  host::QuantisedRows quantised(const host::Kernels& kernels, std::int64_t rows) {
    const host::QuantisedRows to{.codes = codes.data(),
                                 .scales = scales.data(),
                                 .sums = sums.data(),
                                 .code_stride = kIn,
                                 .scale_stride = kIn / host::kBlock};
    for (std::int64_t r = 0; r < rows; ++r) {
      kernels.quantise(floats.data() + r * kIn, kIn, r, 0, kIn / host::kBlock, to);
    }
    return to;
  }
  std::vector<float> floats;
  std::vector<std::int8_t> codes;
  std::vector<float> scales;
  std::vector<std::int32_t> sums;
};

void product(benchmark::State& state, Isa isa, Type type, std::int64_t rows, std::int64_t out,
             bool in_place) {
  const host::Kernels& kernels = host::kernels_for(isa);
  const std::vector<std::byte> bytes = weights_of(type, out);
  Activations activations(rows);
  std::vector<float> output(static_cast<std::size_t>(rows * out));
  const host::ProductTarget target{.output = output.data(), .stride = out};
  std::unique_ptr<TiledWeights> tiled;
  host::QuantisedRows quantised;
  const host::BlockMatrix blocks{.type = type,
                                 .out = out,
                                 .in = kIn,
                                 .data = reinterpret_cast<const std::uint8_t*>(bytes.data())};
  if (in_place) {
    quantised = activations.quantised(kernels, rows);
  } else if (TiledWeights::has_form(type)) {
    tiled = std::make_unique<TiledWeights>(TensorView{type, {out, kIn}, bytes}, kernels, team());
    if (TiledWeights::takes_quantised(type)) quantised = activations.quantised(kernels, rows);
  }
  const host::PlainMatrix plain{.type = type, .out = out, .in = kIn, .data = bytes.data()};
  for (auto _ : state) {
    team().run([&](int part) {
      const std::int64_t tiles = out / host::kTileRows;
      const std::int64_t begin = part * tiles / kThreads, end = (part + 1) * tiles / kThreads;
      const host::FloatRows floats{.data = activations.floats.data(), .stride = kIn};
      if (in_place) {
        kernels.block_product(blocks, quantised, rows, begin, end, target);
      } else if (!tiled) {
        kernels.plain_product(plain, floats, rows, begin * host::kTileRows, end * host::kTileRows,
                              target);
      } else if (quantised.codes != nullptr) {
        kernels.tiled_product(tiled->matrix(), quantised, rows, begin, end, target);
      } else {
        kernels.decoded_product(tiled->matrix(), floats, rows, begin, end, target);
      }
    });
    benchmark::DoNotOptimize(output.data());
  }
  const auto iterations = static_cast<double>(state.iterations());
  state.counters["read"] = benchmark::Counter(static_cast<double>(bytes.size()) * iterations,
                                              benchmark::Counter::kIsRate);
  state.counters["flops"] = benchmark::Counter(
      2.0 * static_cast<double>(rows * out * kIn) * iterations, benchmark::Counter::kIsRate);
}

/// A decode step's attention with as many queries a key-value head as models with grouped heads
/// have. Bytes are those of the cache.
void attention(benchmark::State& state, Isa isa, Type type, std::int64_t group, std::int64_t heads,
               std::int64_t depth) {
  constexpr std::int64_t kDim = 64;
  const host::Kernels& kernels = host::kernels_for(isa);
  const std::int64_t head_bytes = kDim * depth * (type == Type::f32 ? 4 : 2);
  const AlignedBuffer cache(static_cast<std::size_t>(2 * heads * head_bytes));
  const auto queries_count = static_cast<std::size_t>(group);
  std::vector<float> query(queries_count * kDim, 0.1F);
  for (auto _ : state) {
    team().run([&](int part) {
      std::vector<float> sums(queries_count * kDim);
      std::vector<float> scratch(queries_count * (host::kAttentionPositions + kDim));
      std::vector<float> most(queries_count), total(queries_count);
      std::vector<const float*> queries;
      for (std::int64_t q = 0; q < group; ++q) queries.push_back(query.data() + q * kDim);
      const std::vector<std::int64_t> seen(queries_count, depth);
      for (std::int64_t head = part * heads / kThreads; head < (part + 1) * heads / kThreads;
           ++head) {
        std::byte* const keys = cache.data() + 2 * head * head_bytes;
        std::ranges::fill(most, -std::numeric_limits<float>::infinity());
        std::ranges::fill(total, 0.0F);
        kernels.attend({.cache = {.type = type, .keys = keys, .values = keys + head_bytes},
                        .dim = kDim,
                        .queries = group,
                        .query = queries.data(),
                        .seen = seen.data(),
                        .scale = 0.125F,
                        .begin = 0,
                        .end = depth,
                        .most = most.data(),
                        .total = total.data(),
                        .sums = sums.data(),
                        .scratch = scratch.data()});
      }
      benchmark::DoNotOptimize(sums.data());
    });
  }
  state.counters["read"] = benchmark::Counter(
      static_cast<double>(cache.size()) * static_cast<double>(state.iterations()),
      benchmark::Counter::kIsRate);
}

/// Large pages where the system has them, as tiled weights lie in.
std::span<std::uint64_t> large_pages(std::size_t words) {
  void* const memory = ::mmap(nullptr, words * sizeof(std::uint64_t), PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  static_cast<void>(::madvise(memory, words * sizeof(std::uint64_t), MADV_HUGEPAGE));
  const std::span<std::uint64_t> all(static_cast<std::uint64_t*>(memory), words);
  std::ranges::fill(all, 1);
  return all;
}

std::span<const std::uint64_t> memory_to_read(std::size_t words) {
  static const std::span<const std::uint64_t> memory = large_pages(words);
  return memory;
}

/// Every thread sums its slice, kStreams places of it at a time. A slice is no power of two long,
/// so that they do not share a set of the cache, and kAheadBytes further on is asked for, if not 0:
/// hardware prefetchers stop at the end of a page of 4 KiB, what is asked for before does not.
/// Which is fastest differs from CPU to CPU.
template <std::size_t kStreams, std::size_t kAheadBytes>
void read_memory(benchmark::State& state) {
  constexpr std::size_t kLines = 131009, kWords = kLines * 8 * 8 * kThreads;
  const std::span<const std::uint64_t> memory = memory_to_read(kWords);
  std::vector<std::uint64_t> sums(kThreads * 64);
  for (auto _ : state) {
    team().run([&](int part) {
      constexpr std::size_t kAheadWords = kAheadBytes / sizeof(std::uint64_t);
      constexpr std::size_t kSlice = kWords / kThreads / kStreams;
      const std::uint64_t* const slice =
          memory.data() + static_cast<std::size_t>(part) * kSlice * kStreams;
      using Line = std::uint64_t __attribute__((vector_size(64), aligned(8)));
      Line totals[kStreams] = {};
      for (std::size_t i = 0; i < kSlice; i += 8) {
        for (std::size_t s = 0; s < kStreams; ++s) {
          if constexpr (kAheadBytes > 0) {
            __builtin_prefetch(slice + s * kSlice + i + kAheadWords, 0, 0);
          }
          totals[s] += *reinterpret_cast<const Line*>(slice + s * kSlice + i);
        }
      }
      Line total = {};
      for (const Line& each : totals) total += each;
      sums[static_cast<std::size_t>(part) * 64] = total[0];
    });
    benchmark::DoNotOptimize(sums.data());
  }
  state.counters["read"] = benchmark::Counter(
      static_cast<double>(kWords * sizeof(std::uint64_t)) * static_cast<double>(state.iterations()),
      benchmark::Counter::kIsRate);
}

/// Of the slowest of the team's cores.
void clock_of_cores(benchmark::State& state) {
  double slowest = 0;
  for (auto _ : state) {
    std::vector<double> hertz(kThreads, 0);
    team().run([&](int part) {
      const auto khz = estimate_clock_khz();
      if (khz.has_value())
        hertz[static_cast<std::size_t>(part)] = 1e3 * static_cast<double>(khz.value());
    });
    slowest = *std::ranges::min_element(hertz);
  }
  state.counters["hertz"] = slowest;
}

void arithmetic(benchmark::State& state, const ceilings::ComputeKernel* kernel) {
  const ceilings::ComputeData data = ceilings::make_compute_data(1);
  constexpr std::int64_t kRounds = 20'000;
  std::vector<double> results(kThreads * 8);
  for (auto _ : state) {
    team().run([&](int part) {
      results[static_cast<std::size_t>(part) * 8] = kernel->run(kRounds, data);
    });
    benchmark::DoNotOptimize(results.data());
  }
  state.counters["operations"] =
      benchmark::Counter(kernel->operations * static_cast<double>(kRounds * kThreads) *
                             static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate);
}

void add_all() {
  const auto add_read = [](const char* name, auto* read) {
    benchmark::RegisterBenchmark(name, read)->UseRealTime()->Unit(benchmark::kMillisecond);
  };
  add_read("read/streams:1/ahead:0", read_memory<1, 0>);
  add_read("read/streams:1/ahead:1024", read_memory<1, 1024>);
  add_read("read/streams:4/ahead:256", read_memory<4, 256>);
  add_read("read/streams:4/ahead:1024", read_memory<4, 1024>);
  add_read("read/streams:8/ahead:0", read_memory<8, 0>);
  add_read("read/streams:8/ahead:256", read_memory<8, 256>);
  add_read("read/streams:8/ahead:1024", read_memory<8, 1024>);
  benchmark::RegisterBenchmark("clock", clock_of_cores)->UseRealTime();
  for (const ceilings::ComputeEntry& entry : ceilings::compute_kernels()) {
    if (entry.kernel == nullptr) continue;
    benchmark::RegisterBenchmark(fmt::format("peak/{}", entry.name).c_str(), arithmetic,
                                 entry.kernel)
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
  }
  for (const IsaEntry& isa : isas()) {
    if (!isa.available || isa.isa == Isa::scalar) continue;
    for (const Type type : {Type::f16, Type::f32}) {
      for (const std::int64_t group : {1, 4, 8}) {
        if (group > host::kernels_for(isa.isa).attention_queries) continue;
        const auto add = [&](std::string_view what, std::int64_t heads, std::int64_t depth) {
          const std::string name =
              fmt::format("{}/{}/{}/queries:{}", what, name_of(type), isa.name, group);
          benchmark::RegisterBenchmark(name.c_str(), attention, isa.isa, type, group, heads, depth)
              ->UseRealTime()
              ->Unit(benchmark::kMillisecond);
        };
        add("attention", 88, 8192);           // many layers of a long context
        add("attention_in_cache", 32, 1024);  // what arithmetic alone allows
      }
    }
    for (const TypeInfo& type : types()) {
      if (!type.weight) continue;
      if (!host::PlainMatrix::takes(type.type) && !TiledWeights::has_form(type.type)) continue;
      const auto add = [&](const std::string& what, std::int64_t rows, std::int64_t out) {
        for (const bool in_place : {false, true}) {
          if (in_place && !host::BlockMatrix::takes(type.type)) continue;
          const std::string name =
              fmt::format("{}/{}/{}{}", what, type.name, isa.name, in_place ? "/in_place" : "");
          benchmark::RegisterBenchmark(name.c_str(), product, isa.isa, type.type, rows, out,
                                       in_place)
              ->UseRealTime()
              ->Unit(benchmark::kMillisecond);
        }
      };
      add("decode", 1, 128 * 1024);
      add("decode_in_cache", 1, 1024);  // what arithmetic alone allows
      add("batch16", 16, 128 * 1024);
      add("prefill", 512, 5632);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  add_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  if (benchmark::RunSpecifiedBenchmarks() == 0) return 2;
  return 0;
}
