// What announcing an op costs: at most 2 ns when nobody listens, about one clock read when somebody
// does. Each figure is of kOps ops, as an execution announces them; the time of one op is the
// counter "op". Then what that makes of a step of a small model on the reference backend; a larger
// model hides it better still.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>

#include "backends/registry.h"
#include "backends/session.h"
#include "profiler/span_recorder.h"
#include "workloads/formats/load_model.h"

namespace ridgepoint {
namespace {

constexpr std::uint32_t kOps = 1000;

/// As in a backend at its worst: whatever runs between two ops might have changed the chain, so
/// whether somebody listens is looked at anew each time.
void announce(SpanTrack* track) {
  SpanChain chain(track, 0);
  benchmark::DoNotOptimize(&chain);
  for (std::uint32_t op = 0; op < kOps; ++op) {
    chain.next(op);
    benchmark::ClobberMemory();  // where the op would run
  }
}

void set_time_of_an_op(benchmark::State& state) {
  state.counters["op"] = benchmark::Counter(
      kOps, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void no_announcement(benchmark::State& state) {
  for ([[maybe_unused]] auto _ : state) {
    for (std::uint32_t op = 0; op < kOps; ++op) benchmark::ClobberMemory();
  }
  set_time_of_an_op(state);
}
BENCHMARK(no_announcement);

void nobody_listens(benchmark::State& state) {
  for ([[maybe_unused]] auto _ : state) announce(nullptr);
  set_time_of_an_op(state);
}
BENCHMARK(nobody_listens);

void somebody_listens(benchmark::State& state) {
  SpanTrack track("ops", kOps);
  for ([[maybe_unused]] auto _ : state) {
    track.clear();
    announce(&track);
  }
  set_time_of_an_op(state);
}
BENCHMARK(somebody_listens);

void clock_read(benchmark::State& state) {
  for ([[maybe_unused]] auto _ : state) {
    for (std::uint32_t op = 0; op < kOps; ++op) benchmark::DoNotOptimize(monotonic_ns());
  }
  set_time_of_an_op(state);
}
BENCHMARK(clock_read);

/// A decode step of a small model, 141 ops: not traced (0) or traced (1).
void decode_step(benchmark::State& state) {
  const Model model = synthesise_model("byte-llama-6m", Type::f32, 1, 1);
  const auto backend = open_backend("reference");
  const auto session = backend->open_session(model, {.batch = 1, .capacity = 64});
  SpanRecorder recorder(1000);
  if (state.range(0) == 1) static_cast<void>(session->trace(&recorder));
  constexpr std::array<std::int32_t, 1> kToken{1};
  for ([[maybe_unused]] auto _ : state) {
    session->truncate(0);
    recorder.clear();
    session->forward(kToken);
  }
  state.counters["ops"] =
      static_cast<double>(state.range(0) == 1 ? recorder.find_track(kOpsTrack)->spans().size() : 0);
}
BENCHMARK(decode_step)->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace ridgepoint
