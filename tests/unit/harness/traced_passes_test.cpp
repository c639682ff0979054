#include "harness/run/traced_passes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "backends/registry.h"
#include "harness/run/case_context.h"
#include "harness/run/case_phases.h"
#include "harness/run/data_folder.h"
#include "harness/run/prepared_op.h"
#include "results/op_family.h"
#include "tests/unit/harness/support/measuring.h"
#include "workloads/graph/op_graph.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;
using testing::KeepingSink;
using testing::kNeverStop;
using testing::MemoryAnswers;
using testing::model_case;
using testing::op_case;
using testing::quick_options;

KeepingSink kept_of(const Case& subject, const RunOptions& options = quick_options()) {
  MemoryAnswers answers;
  KeepingSink sink;
  const auto result = measure_case(subject, options, sink, answers.store, kNeverStop);
  EXPECT_EQ(result.outcome, Outcome::ok) << result.reason;
  return sink;
}

std::vector<std::string> op_ids_of(const std::vector<OpTime>& ops, std::string_view phase) {
  std::vector<std::string> ids;
  for (const OpTime& op : ops) {
    if (op.phase == phase) ids.push_back(op.op_id);
  }
  return ids;
}

TEST(TracedPasses, GiveEachOpOfTheModelATimeInBothPhases) {
  const auto subject = model_case("reference");
  const auto sink = kept_of(subject);
  const auto model = open_model(subject.model, subject.type, 0, 1);
  for (const CasePhase& phase : model_phases(subject, model)) {
    std::vector<std::string> expected;
    for (const Node& node : phase.graph.nodes()) expected.push_back(node.op_id);
    expected.emplace_back();  // what is not attributed
    EXPECT_EQ(op_ids_of(sink.ops, phase.name), expected) << phase.name;
    double flops = 0, bytes = 0;
    for (const OpTime& op : sink.ops) {
      if (op.phase != phase.name) continue;
      flops += op.work_flops;
      bytes += op.work_bytes;
    }
    EXPECT_EQ(flops, sink.metrics.at(phase.name + "_work_flops"));
    EXPECT_EQ(bytes, sink.metrics.at(phase.name + "_work_bytes"));
  }
  EXPECT_EQ(sink.ops.back().op, kNotAttributed);
  const auto passes = sink.details["op_times"]["passes"].get<std::int64_t>();
  EXPECT_GE(passes, 1);
  EXPECT_EQ(sink.ops.front().passes, passes);
  EXPECT_EQ(sink.ops.back().passes, 3 * passes) << "each step is a pass of decoding";
  EXPECT_GT(sink.metrics.at("trace_overhead"), 0);
}

TEST(TracedPasses, AddNothingToTheSamples) {
  auto options = quick_options();
  const auto with = kept_of(model_case("reference"), options);
  options.op_times = false;
  const auto without = kept_of(model_case("reference"), options);
  for (const auto& [name, samples] : without.series) {
    // How long warming up takes, and into how many batches steps fall, depends on their times.
    if (name != "warm_up" && !name.starts_with("batch.")) {
      EXPECT_EQ(samples.size(), with.series.at(name).size()) << name;
    }
  }
  EXPECT_THAT(without.details["op_times"]["absent"].get<std::string>(),
              ::testing::HasSubstr("--op-times false"));
  EXPECT_TRUE(without.ops.empty());
  EXPECT_FALSE(without.metrics.contains("trace_overhead"));
}

TEST(TracedPasses, ShowThatProductsTakeMostOfAModel) {
  // They have 40 times the work of everything else.
  auto subject = model_case("reference");
  subject.model = "byte-llama-6m";
  subject.prompt = 16;
  subject.generate = 2;
  auto options = quick_options();
  options.case_budget_seconds = 60;  // under a sanitizer a pass takes most of a second
  const auto sink = kept_of(subject, options);
  std::map<std::string, std::int64_t> times_ns;
  std::map<std::string, double> flops;
  for (const OpTime& op : sink.ops) {
    if (op.phase != "prefill") continue;
    const char* const kind = op.op == "matrix_product" ? "products" : "rest";
    times_ns[kind] += op.time_ns;
    flops[kind] += op.work_flops;
  }
  EXPECT_GT(flops["products"], 10 * flops["rest"]);
  EXPECT_GT(times_ns["products"], times_ns["rest"]);
}

TEST(TracedPasses, GiveAnOperatorItsTime) {
  for (const char* backend : {"reference", "null"}) {
    const auto sink = kept_of(op_case(backend));
    ASSERT_EQ(sink.ops.size(), 2u) << backend;
    EXPECT_EQ(sink.ops[0].phase, "run");
    EXPECT_EQ(sink.ops[0].op_id, lower_op(op_case(backend)).nodes()[0].op_id);
    EXPECT_EQ(sink.ops[0].op, "matrix_product");
    EXPECT_GE(sink.ops[0].passes, 1);
    EXPECT_EQ(sink.ops[0].work_flops > 0, std::string(backend) == "reference");
    EXPECT_EQ(sink.ops[1].op, kNotAttributed);
  }
}

TEST(TracedPasses, TakeWhatTheOperatorTakes) {
  const auto sink = kept_of(op_case("null:latency_ns=2000000"));
  EXPECT_GE(sink.ops[0].time_ns, 2'000'000);
  EXPECT_LT(sink.ops[1].time_ns, sink.ops[0].time_ns);
}

TEST(TracedPasses, SayWhatTracingCostsWhateverTheSamplesTook) {
  const Case subject = op_case("null:latency_ns=1000000");
  const auto options = quick_options();
  const Graph graph = lower_op(subject);
  const OpInputs inputs = op_inputs(graph, 1);
  const auto backend = open_backend(subject.backend);
  const auto prepared = prepare_op(*backend, subject, graph, inputs, 1);
  KeepingSink sink;
  MemoryAnswers answers;
  const ProcessPlan plan;
  const CaseContext context{subject, options, sink, answers.store, kNeverStop, plan};
  // The machine was fifty times as fast when these were taken.
  const std::vector<std::int64_t> samples(5, 20'000);
  const std::int64_t began_ns = monotonic_ns();
  trace_op_passes(context, *backend, graph, 0, *prepared.execution, samples, {});
  const auto took_ns = static_cast<double>(monotonic_ns() - began_ns);
  // No pass takes longer than all of them, and none less than a millisecond, however busy the
  // machine is; against the samples it would be fifty times as long.
  EXPECT_GT(sink.metrics.at("trace_overhead"), 0);
  EXPECT_LE(sink.metrics.at("trace_overhead"), took_ns / 1e6);
}

TEST(TracedPasses, CountEveryStepOfAGenerateOnlyCase) {
  auto subject = model_case("reference");
  subject.prompt = 0;
  subject.generate = 4;
  subject.depth = 5;
  const auto sink = kept_of(subject);
  EXPECT_TRUE(op_ids_of(sink.ops, "prefill").empty());
  EXPECT_FALSE(op_ids_of(sink.ops, "decode").empty());
  EXPECT_EQ(sink.ops.front().passes, 4 * sink.details["op_times"]["passes"].get<std::int64_t>());
}

TEST(TracedPasses, FollowASessionThatIsOpenedAnewEachTime) {
  auto subject = model_case("reference");
  subject.cache = "cold-disk";
  MemoryAnswers answers;
  KeepingSink sink;
  measure_case(subject, quick_options(), sink, answers.store, kNeverStop);
  if (sink.series["ttft"].empty()) GTEST_SKIP() << "the file cannot be made cold here";
  EXPECT_EQ(sink.series["load"].size(), sink.series["ttft"].size())
      << "a load for tracing is no sample";
  EXPECT_FALSE(op_ids_of(sink.ops, "prefill").empty());
}

TEST(TracedPasses, OfAProfileAreFollowedByCountedOnes) {
  auto options = quick_options();
  options.profile = true;
  for (const char* backend : {"reference", "cpu", "quantized"}) {
    auto subject = model_case(backend);
    subject.threads = 2;
    const auto sink = kept_of(subject, options);
    const auto& counted = sink.details.at("op_times").at("cpu").at("counted");
    // Where there is no PMU, the kernel's own counts are all there is, and why is said.
    if (counted.contains("bytes_absent")) {
      EXPECT_FALSE(counted.at("bytes_absent").get<std::string>().empty());
    }
    if (counted.contains("without")) GTEST_SKIP() << counted.at("without").dump();
    EXPECT_EQ(counted.at("threads"), 2) << backend;
    for (const char* phase : {"prefill", "decode"}) {
      double cpu_ns = 0;
      for (const auto& op_id : op_ids_of(sink.ops, phase)) {
        if (op_id.empty()) continue;
        ASSERT_TRUE(counted.at("phases").at(phase).contains(op_id)) << backend << " " << op_id;
        const auto& figures = counted.at("phases").at(phase).at(op_id);
        EXPECT_GE(figures.at("page_faults").get<double>(), 0);
        cpu_ns += figures.at("cpu_time_ns").get<double>();
      }
      EXPECT_GT(cpu_ns, 0) << backend << " " << phase;
    }
  }
}

TEST(TracedPasses, SayWhyThereAreNone) {
  const auto silent = kept_of(model_case("null"));
  EXPECT_THAT(silent.details["op_times"]["absent"].get<std::string>(), HasSubstr("no graph"));
  EXPECT_TRUE(silent.ops.empty());

  auto options = quick_options();
  options.case_budget_seconds = 0.001;
  const auto slow = kept_of(op_case("null:latency_ns=3000000"), options);
  EXPECT_THAT(slow.details["op_times"]["absent"].get<std::string>(), HasSubstr("budget"));

  options = quick_options();
  options.time_limit_seconds = 0.1;
  const auto late = kept_of(op_case("null:latency_ns=40000000"), options);
  EXPECT_THAT(late.details["op_times"]["absent"].get<std::string>(), HasSubstr("time limit"));
}

}  // namespace
}  // namespace ridgepoint
