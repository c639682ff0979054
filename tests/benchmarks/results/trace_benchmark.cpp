// What ten million spans cost: packed for the store and unpacked, written for Perfetto and read
// back. The counter "span" is the time of one.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "profiler/trace/chrome_json.h"
#include "profiler/trace/perfetto.h"
#include "results/store/trace_codec.h"
#include "tests/unit/profiler/trace/proto_reader.h"

namespace ridgepoint {
namespace {

constexpr std::size_t kSpans = 10'000'000;

/// Steps of 150 ops, of times that vary as those of real ones do.
const Trace& long_trace() {
  static const Trace kTrace = [] {
    Trace trace;
    trace.title = "ten million spans";
    trace.sources.emplace_back("decode", std::vector<std::string>());
    for (int op = 0; op < 150; ++op) {
      trace.sources[0].op_ids.push_back("layer." + std::to_string(op / 7) + ".op." +
                                        std::to_string(op % 7));
    }
    trace.lines.push_back({"ops", {}, 0});
    auto& spans = trace.lines[0].spans;
    spans.reserve(kSpans);
    std::int64_t now_ns = 1'000'000'000'000;
    std::uint64_t random = 1;
    for (std::size_t i = 0; i < kSpans; ++i) {
      const auto op = static_cast<std::uint32_t>(i % 150);
      random = random * 6364136223846793005U + 1442695040888963407U;
      const std::int64_t begin_ns = now_ns;
      now_ns += 2000 + 10 * op + static_cast<std::int64_t>(random >> 57);
      spans.push_back({begin_ns, now_ns, 0, op});
    }
    return trace;
  }();
  return kTrace;
}

void set_time_of_a_span(benchmark::State& state) {
  state.counters["span"] = benchmark::Counter(
      kSpans, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void packed_and_unpacked(benchmark::State& state) {
  for ([[maybe_unused]] auto _ : state) {
    const auto blob = encode_trace(long_trace());
    state.counters["bytes_a_span"] = static_cast<double>(blob.size()) / kSpans;
    benchmark::DoNotOptimize(decode_trace(blob).lines[0].spans.back());
  }
  set_time_of_a_span(state);
}
BENCHMARK(packed_and_unpacked)->Unit(benchmark::kSecond)->Iterations(1)->UseRealTime();

std::string content_of(const std::filesystem::path& path) {
  std::string content(std::filesystem::file_size(path), '\0');
  std::ifstream(path, std::ios::binary)
      .read(content.data(), static_cast<std::streamsize>(content.size()));
  return content;
}

void perfetto_written_and_read(benchmark::State& state) {
  const auto path = std::filesystem::temp_directory_path() / "trace_benchmark.pftrace";
  for ([[maybe_unused]] auto _ : state) {
    const auto written = write_perfetto(long_trace(), path);
    if (!written) state.SkipWithError(written.why().c_str());
    const std::string content = content_of(path);
    // Packet by packet, down to the type of each event.
    std::uint64_t begins = 0;
    testing::for_each_packet(content, [&](std::string_view packet) {
      const auto event = testing::find_bytes(packet, 11);
      begins += testing::find_number(event, 9) == 1 ? 1 : 0;
    });
    if (begins != kSpans) state.SkipWithError("spans got lost");
    state.counters["bytes_a_span"] = static_cast<double>(content.size()) / kSpans;
  }
  std::filesystem::remove(path);
  set_time_of_a_span(state);
}
BENCHMARK(perfetto_written_and_read)->Unit(benchmark::kSecond)->Iterations(1)->UseRealTime();

void chrome_json_written(benchmark::State& state) {
  const auto path = std::filesystem::temp_directory_path() / "trace_benchmark.json";
  for ([[maybe_unused]] auto _ : state) {
    const auto written = write_chrome_json(long_trace(), path);
    if (!written) state.SkipWithError(written.why().c_str());
  }
  std::filesystem::remove(path);
  set_time_of_a_span(state);
}
BENCHMARK(chrome_json_written)->Unit(benchmark::kSecond)->Iterations(1)->UseRealTime();

}  // namespace
}  // namespace ridgepoint
