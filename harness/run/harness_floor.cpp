#include "harness/run/harness_floor.h"

#include <cmath>

#include "backends/registry.h"
#include "harness/run/prepared_op.h"
#include "harness/run/sample_buffer.h"
#include "harness/run/timed_pass.h"
#include "results/statistics/quantile.h"

namespace ridgepoint {
namespace {

constexpr std::size_t kDiscarded = 1'000;
constexpr std::size_t kSamples = 20'000;

}  // namespace

HarnessFloor measure_harness_floor() {
  Case subject;
  subject.workload = "op";
  subject.op = "add";
  subject.in = 8;
  const auto backend = open_backend("null");
  const auto graph = lower_op(subject);
  const auto inputs = op_inputs(graph, 1);
  const auto prepared = prepare_op(*backend, subject, graph, inputs, 1);

  SampleBuffer samples, reads;
  samples.grow(kSamples);
  reads.grow(kSamples);
  for (std::size_t i = 0; i < kDiscarded; ++i) timed_pass(*prepared.execution, 0);
  while (!samples.full()) samples.push(timed_pass(*prepared.execution, 0).duration_ns());
  while (!reads.full()) {
    const auto start_ns = monotonic_ns();
    reads.push(monotonic_ns() - start_ns);
  }
  return {.median_ns = std::llround(median(samples.samples())),
          .p99_ns = std::llround(quantile(samples.samples(), 0.99)),
          .clock_read_ns = std::llround(median(reads.samples())),
          .samples = static_cast<std::int64_t>(samples.size())};
}

}  // namespace ridgepoint
