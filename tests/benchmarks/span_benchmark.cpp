// What announcing an op costs: at most 2 ns when nobody listens, about one clock read when somebody
// does. Each figure is of kOps ops, as an execution announces them; the time of one op is the
// counter "op".
#include <benchmark/benchmark.h>

#include "profiler/span.h"

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

}  // namespace
}  // namespace ridgepoint
