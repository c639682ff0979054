#include "harness/run/measure_case.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/vfs.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "profiler/memory/cache_state.h"
#include "tests/support/small_model.h"
#include "tests/support/small_op_case.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/harness/support/measuring.h"
#include "workloads/formats/write_model.h"
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

struct Measured {
  CaseResult result;
  KeepingSink sink;
};

Measured measure(const Case& subject, MemoryAnswers& answers,
                 const RunOptions& options = quick_options(),
                 const std::atomic<bool>& stop = kNeverStop) {
  Measured measured;
  measured.result = measure_case(subject, options, measured.sink, answers.store, stop);
  return measured;
}

Measured measure(const Case& subject, const RunOptions& options = quick_options()) {
  MemoryAnswers answers;
  return measure(subject, answers, options);
}

// ---- models ----

TEST(MeasureModel, KeepsEverySampleOfAPromptedCase) {
  const auto measured = measure(model_case("null"));
  EXPECT_EQ(measured.result.outcome, Outcome::ok) << measured.result.reason;
  EXPECT_EQ(measured.sink.series.at("load").size(), 1u);
  EXPECT_EQ(measured.sink.series.at("ttft").size(), 3u);
  EXPECT_EQ(measured.sink.series.at("inter_token").size(), 9u);
  EXPECT_EQ(measured.sink.series.at("end_to_end").size(), 3u);
  EXPECT_GE(measured.sink.series.at("warm_up").size(), 1u);
  EXPECT_FALSE(measured.sink.series.contains("decode_step"));
}

TEST(MeasureModel, TransformsTheWeightsWhenItLoads) {
  auto subject = model_case("reference");
  subject.transform = "q8+output=w4a16:group=32";
  const auto measured = measure(subject);
  EXPECT_EQ(measured.result.outcome, Outcome::ok) << measured.result.reason;
  const auto& details = measured.sink.details.at("transform");
  EXPECT_EQ(details.at("to"), "q8+output=w4a16:group=32");
  EXPECT_GT(details.at("duration_ns"), 0);
  EXPECT_GT(details.at("bytes_before"), details.at("bytes_after"));
  EXPECT_EQ(details.at("bytes_after"), measured.sink.details.at("model").at("weight_bytes"));
  EXPECT_EQ(details.at("worst").at("tensor"), "output.weight");
  EXPECT_GT(details.at("relative_error"), 0.0);
  EXPECT_LT(details.at("relative_error"), 0.05);
  EXPECT_TRUE(details.at("bytes").contains("q8_channel"));
  EXPECT_EQ(measured.sink.series.at("load").size(), 1u);
  subject.transform.clear();
  EXPECT_FALSE(measure(subject).sink.details.contains("transform"));
}

TEST(MeasureModel, NamesTheModelWhoseWeightsATransformDoesNotSuit) {
  auto subject = model_case("null");
  subject.transform = "ffn_don=q8";
  const auto measured = measure(subject);
  EXPECT_EQ(measured.result.outcome, Outcome::failed);
  EXPECT_THAT(measured.result.reason, ::testing::AllOf(::testing::StartsWith(subject.model),
                                                       ::testing::HasSubstr("'ffn_don'")));
}

TEST(MeasureModel, CountsEveryStepOfAGenerateOnlyCase) {
  auto subject = model_case("null");
  subject.prompt = 0;
  subject.generate = 5;
  subject.depth = 7;
  const auto measured = measure(subject);
  EXPECT_EQ(measured.result.outcome, Outcome::ok) << measured.result.reason;
  EXPECT_EQ(measured.sink.series.at("decode_step").size(), 15u);
  EXPECT_FALSE(measured.sink.series.contains("ttft"));
  EXPECT_FALSE(measured.sink.series.contains("inter_token"));
}

TEST(MeasureModel, TimesWhatTheNullBackendTakes) {
  const auto measured = measure(model_case("null:latency_ns=2000000"));
  for (const auto ttft : measured.sink.series.at("ttft")) EXPECT_GE(ttft, 2'000'000);
  for (const auto gap : measured.sink.series.at("inter_token")) EXPECT_GE(gap, 2'000'000);
}

TEST(MeasureModel, StopsAtTheBudgetButTakesOneRepetition) {
  auto options = quick_options();
  options.repetitions = 1000;
  options.case_budget_seconds = 0.1;
  const auto measured = measure(model_case("null:latency_ns=5000000"), options);
  const auto count = measured.sink.series.at("end_to_end").size();
  EXPECT_GE(count, 1u);
  EXPECT_LT(count, 100u);
  EXPECT_EQ(measured.sink.details["stopping"]["ended_by"], "budget");
  options.case_budget_seconds = 0.001;
  const auto single = measure(model_case("null:latency_ns=5000000"), options);
  EXPECT_EQ(single.sink.series.at("end_to_end").size(), 1u);
  EXPECT_EQ(single.sink.series.at("warm_up").size(), 1u);
}

TEST(MeasureModel, RecordsHowItWasDone) {
  const auto measured = measure(model_case("reference"));
  const auto& details = measured.sink.details;
  EXPECT_EQ(details["backend"]["name"], "reference");
  EXPECT_EQ(details["model"]["architecture"], "llama");
  EXPECT_FALSE(details["model"]["synthetic"]);
  EXPECT_EQ(details["stopping"]["ended_by"], "repetitions");
  EXPECT_EQ(details["stopping"]["repetitions"], 3);
  EXPECT_TRUE(details["warm_up"].contains("ended_by"));
  EXPECT_TRUE(details["conditions"]["delta"].contains("process"));
  const auto& metrics = measured.sink.metrics;
  EXPECT_GT(metrics.at("memory_kv_bytes"), 0);
  EXPECT_GT(metrics.at("memory_weights_bytes"), 0);
  EXPECT_GT(metrics.at("peak_rss_bytes"), 1e6);
  EXPECT_GT(metrics.at("prefill_work_flops"), metrics.at("decode_work_flops"));
  EXPECT_GT(metrics.at("decode_work_kv_bytes"), 0);
  EXPECT_EQ(metrics.at("decode_work_bytes"), metrics.at("decode_work_weight_bytes") +
                                                 metrics.at("decode_work_kv_bytes") +
                                                 metrics.at("decode_work_activation_bytes"));
}

TEST(MeasureModel, KeepsMemoryByClassFromStageToStage) {
  auto subject = model_case("reference");
  subject.depth = 8;
  const auto measured = measure(subject);
  const auto moments = measured.sink.details.at("memory_over_time");
  std::vector<std::string> stages;
  for (const auto& moment : moments) stages.push_back(moment["stage"]);
  EXPECT_EQ(stages, (std::vector<std::string>{"nothing open", "model open", "session open",
                                              "depth filled", "warm", "measured"}));
  EXPECT_FALSE(moments[1].contains("kv_bytes"));
  for (std::size_t i = 2; i < moments.size(); ++i) {
    EXPECT_GT(moments[i]["kv_bytes"], 0);
    EXPECT_GT(moments[i]["at_ns"], moments[i - 1]["at_ns"]);
  }
}

TEST(MeasureModel, SaysHowThePastOfManySequencesWasMade) {
  auto subject = model_case("reference");
  EXPECT_FALSE(measure(subject).sink.details.contains("past"));
  subject.depth = 8;
  EXPECT_EQ(measure(subject).sink.details.at("past"),
            nlohmann::json({{"tokens", 8}, {"sequences", "one"}}));
  // What is generated behind the copies is what the reference chooses.
  subject.backend = "cpu";
  subject.batch = 3;
  const auto measured = measure(subject);
  EXPECT_EQ(measured.result.outcome, Outcome::ok) << measured.result.reason;
  EXPECT_GT(measured.sink.details.at("check").at("choices_checked"), 0);
  EXPECT_EQ(measured.sink.details.at("past"),
            nlohmann::json({{"tokens", 8}, {"sequences", "all the same"}, {"copied", true}}));
}

TEST(MeasureModel, ProgressNeverGoesBack) {
  const auto measured = measure(model_case("null"));
  EXPECT_TRUE(std::is_sorted(measured.sink.fractions.begin(), measured.sink.fractions.end()));
  EXPECT_GE(measured.sink.fractions.size(), 4u);
}

TEST(MeasureModel, DoesNotCheckABackendThatComputesNothing) {
  const auto measured = measure(model_case("null"));
  EXPECT_FALSE(measured.sink.details["check"]["compared"]);
  EXPECT_THAT(measured.sink.details["check"]["why"].get<std::string>(),
              HasSubstr("computes nothing"));
}

TEST(MeasureModel, HoldsTheReferenceToTheBitsItGaveBefore) {
  MemoryAnswers answers;
  auto subject = model_case("reference");
  const auto first = measure(subject, answers);
  EXPECT_EQ(first.result.outcome, Outcome::ok) << first.result.reason;
  EXPECT_THAT(first.sink.details["check"]["against"].get<std::string>(), HasSubstr("itself"));
  ASSERT_EQ(answers.kept.size(), 1u);

  subject.threads = 2;
  const auto second = measure(subject, answers);
  EXPECT_EQ(second.result.outcome, Outcome::ok) << second.result.reason;
  EXPECT_EQ(second.sink.details["check"]["against"], "stored answer");
  EXPECT_TRUE(second.sink.details["check"]["same_bits"]);
  EXPECT_EQ(answers.kept.size(), 1u);
}

TEST(MeasureModel, SeesThatTheReferenceGaveOtherBits) {
  MemoryAnswers answers;
  ASSERT_EQ(measure(model_case("reference"), answers).result.outcome, Outcome::ok);
  auto& answer = answers.kept.begin()->second;
  auto json = nlohmann::json::parse(answer);
  json["rows"][2]["bits"] = "00";
  answer = json.dump();
  const auto measured = measure(model_case("reference"), answers);
  EXPECT_EQ(measured.result.outcome, Outcome::wrong);
  EXPECT_THAT(measured.result.reason, HasSubstr("other bits"));
}

TEST(MeasureModel, ComputesADamagedAnswerAnew) {
  MemoryAnswers answers;
  ASSERT_EQ(measure(model_case("reference"), answers).result.outcome, Outcome::ok);
  answers.kept.begin()->second = "{\"version\":1,\"rows\":[";
  EXPECT_EQ(measure(model_case("reference"), answers).result.outcome, Outcome::ok);
}

TEST(MeasureModel, ChecksEverySequenceOfABatch) {
  auto subject = model_case("reference");
  subject.batch = 3;
  const auto measured = measure(subject);
  EXPECT_EQ(measured.result.outcome, Outcome::ok) << measured.result.reason;
  EXPECT_EQ(measured.sink.details["check"]["prompts"], 2);
  EXPECT_EQ(measured.sink.details["check"]["rows"], 15);
  EXPECT_EQ(measured.sink.details["check"]["rows_with_the_same_top"], 15);
}

TEST(MeasureModel, IsNotCheckedWhenSwitchedOff) {
  auto options = quick_options();
  options.check = false;
  const auto measured = measure(model_case("reference"), options);
  EXPECT_EQ(measured.result.outcome, Outcome::ok);
  EXPECT_EQ(measured.sink.details["check"]["why"], "switched off");
}

TEST(MeasureModel, KeepsWhatThereIsWhenStoppedBeforeTheFirstPass) {
  const std::atomic<bool> stop{true};
  MemoryAnswers answers;
  const auto measured = measure(model_case("null"), answers, quick_options(), stop);
  EXPECT_EQ(measured.result.outcome, Outcome::interrupted);
  EXPECT_EQ(measured.sink.details["warm_up"]["ended_by"], "stop");
}

/// Stops the case once it has seen so many first tokens.
class StoppingSink : public KeepingSink {
 public:
  void samples(std::string_view name, std::span<const std::int64_t> values) override {
    KeepingSink::samples(name, values);
    stop = series["ttft"].size() >= 5;
  }
  std::atomic<bool> stop{false};
};

TEST(MeasureModel, KeepsCompletedSamplesWhenStoppedBetween) {
  auto options = quick_options();
  options.repetitions = 1'000'000;
  options.case_budget_seconds = 60;
  MemoryAnswers answers;
  StoppingSink sink;
  const auto result = measure_case(model_case("null"), options, sink, answers.store, sink.stop);
  EXPECT_EQ(result.outcome, Outcome::interrupted);
  EXPECT_EQ(sink.series.at("ttft").size(), 5u);
  EXPECT_EQ(sink.details["stopping"]["ended_by"], "stop");
  EXPECT_TRUE(sink.metrics.contains("peak_rss_bytes"));
}

/// Twelve layers whose attention has to choose between large numbers: whatever differs a little at
/// the beginning differs much at the end.
std::string magnifying_model(const TemporaryFolder& folder) {
  ModelConfig config;
  config.name = "magnifying";
  config.layers = 12;
  config.hidden = 64;
  config.heads = 4;
  config.kv_heads = 2;
  config.head_dim = 16;
  config.ffn = 96;
  config.vocab = 97;
  config.context = 64;
  config.norm_epsilon = 1e-5;
  config.rope_theta = 1e4;
  Model model = ridgepoint::small_model(config, Type::q8_0, 5);
  for (auto& [name, view] : model.weights) {
    if (name.find("attn_norm") == std::string::npos) continue;
    auto louder =
        std::make_shared<std::vector<float>>(static_cast<std::size_t>(view.shape[0]), 3.0F);
    view.bytes = std::as_bytes(std::span(*louder));
    model.storage.push_back(std::move(louder));
  }
  const auto path = folder / "magnifying.gguf";
  write_gguf_model(model, Type::q8_0, nullptr, path);
  return path;
}

TEST(MeasureModel, IsNotWrongWhereRoundingAloneLeadsAsFarFromTheTruth) {
  const TemporaryFolder folder;
  auto subject = model_case("quantized");
  subject.model = magnifying_model(folder);
  const auto measured = measure(subject);
  EXPECT_EQ(measured.result.outcome, Outcome::ok) << measured.result.reason;
  const auto& check = measured.sink.details.at("check");
  ASSERT_GT(check.at("error"), 5e-2) << "too tame a model for this test";
  EXPECT_GT(check.at("error_of_rounding_alone"), 1e-2);
  EXPECT_GT(check.at("tolerance"), check.at("error"));
}

TEST(MeasureModel, MeasuresWhatRoundingAloneDoesWithTheCasesTypeOfKv) {
  const TemporaryFolder folder;
  auto subject = model_case("quantized");
  subject.model = magnifying_model(folder);
  subject.kv = "fp8";
  const auto measured = measure(subject);
  const auto& check = measured.sink.details.at("check");
  ASSERT_TRUE(check.contains("error_of_rounding_alone"))
      << measured.result.reason << "; too tame a model for this test";
  EXPECT_TRUE(measured.result.outcome == Outcome::ok ||
              measured.result.outcome == Outcome::mistrusted)
      << measured.result.reason;
}

TEST(MeasureModel, SaysWhatIsWrongWithTheQuestion) {
  auto subject = model_case("reference");
  subject.model = "no-such-model.gguf";
  auto measured = measure(subject);
  EXPECT_EQ(measured.result.outcome, Outcome::failed);
  EXPECT_THAT(measured.result.reason, HasSubstr("no-such-model.gguf"));
  measured = measure(model_case("no-such-backend"));
  EXPECT_EQ(measured.result.outcome, Outcome::failed);
  EXPECT_THAT(measured.result.reason, HasSubstr("no-such-backend"));
}

// ---- cold ----

TEST(MeasureModel, ProvesThatADiskIsCold) {
  const TemporaryFolder folder;
  const auto copy = folder.file("model.gguf");
  std::filesystem::copy_file(testing::small_model(), copy);
  struct statfs status {};
  ::statfs(copy.c_str(), &status);
  if (status.f_type == 0x01021994 || status.f_type == 0x794c7630) {
    GTEST_SKIP() << "the temporary folder lies in memory";
  }
  auto subject = model_case("reference");
  subject.model = copy;
  subject.cache = "cold-disk";
  const auto measured = measure(subject);
  EXPECT_EQ(measured.result.outcome, Outcome::ok) << measured.result.reason;
  EXPECT_TRUE(measured.sink.details["cache"]["proved"]);
  // One load a repetition; the first, which was warm or not, does not count.
  EXPECT_EQ(measured.sink.series.at("load").size(), 3u);
  EXPECT_EQ(measured.sink.series.at("ttft").size(), 3u);
}

TEST(MeasureModel, MistrustsAColdDiskThatIsMemory) {
  const std::string copy = "/dev/shm/ridgepoint-measure-" + std::to_string(::getpid()) + ".gguf";
  std::error_code failed;
  std::filesystem::copy_file(testing::small_model(), copy, failed);
  if (failed) GTEST_SKIP() << "no /dev/shm";
  auto subject = model_case("reference");
  subject.model = copy;
  subject.cache = "cold-disk";
  const auto measured = measure(subject);
  std::filesystem::remove(copy);
  EXPECT_EQ(measured.result.outcome, Outcome::mistrusted);
  EXPECT_THAT(measured.result.reason, HasSubstr("stayed in the page cache"));
  EXPECT_EQ(measured.sink.series.at("ttft").size(), 3u);
}

TEST(MeasureModel, RefusesAColdDiskThatCouldNotBeCold) {
  auto subject = model_case("reference");
  subject.cache = "cold-disk";
  subject.depth = 4;
  EXPECT_EQ(measure(subject).result.outcome, Outcome::unsupported);
  subject.depth = 0;
  subject.prompt = 0;
  EXPECT_EQ(measure(subject).result.outcome, Outcome::unsupported);
  auto op = op_case("null");
  op.cache = "cold-disk";
  const auto measured = measure(op);
  EXPECT_EQ(measured.result.outcome, Outcome::unsupported);
  EXPECT_THAT(measured.result.reason, HasSubstr("cold-cpu"));
}

TEST(MeasureOp, ProvesThatCachesAreCold) {
  if (!testing::can_flush()) GTEST_SKIP() << "no cache flush on this architecture";
  auto subject = op_case("reference");
  subject.rows = 1;
  subject.in = 512;
  subject.out = 512;
  const auto warm = measure(subject);
  subject.cache = "cold-cpu";
  const auto cold = measure(subject);
  EXPECT_EQ(cold.result.outcome, Outcome::ok) << cold.result.reason;
  EXPECT_TRUE(cold.sink.details["cache"]["proved"]);
#ifndef RIDGEPOINT_SANITIZED  // its own work per access hides what the caches cost
  const auto fastest = [](const Measured& measured) {
    return *std::min_element(measured.sink.series.at("run").begin(),
                             measured.sink.series.at("run").end());
  };
  EXPECT_GT(fastest(cold), fastest(warm));
#endif
}

TEST(MeasureModel, ProvesThatCachesAreCold) {
  if (!testing::can_flush()) GTEST_SKIP() << "no cache flush on this architecture";
  auto subject = model_case("reference");
  subject.cache = "cold-cpu";
  const auto measured = measure(subject);
  EXPECT_EQ(measured.result.outcome, Outcome::ok) << measured.result.reason;
  EXPECT_TRUE(measured.sink.details["cache"]["proved"]);
}

// ---- operators ----

TEST(MeasureOp, KeepsEveryPass) {
  const auto measured = measure(op_case("null:latency_ns=100000"));
  EXPECT_EQ(measured.result.outcome, Outcome::ok) << measured.result.reason;
  const auto& samples = measured.sink.series.at("run");
  EXPECT_GE(samples.size(), 50u);
  for (const auto sample : samples) ASSERT_GE(sample, 100'000);
  EXPECT_EQ(measured.sink.details["stopping"]["samples"], samples.size());
  EXPECT_FALSE(measured.sink.series.at("warm_up").empty());
}

TEST(MeasureOp, EndsAtTheBudgetWhateverGoogleBenchmarkWants) {
  auto options = quick_options();
  options.case_budget_seconds = 0.1;
  options.benchmark_flags = {"--benchmark_min_time=1000"};
  const auto measured = measure(op_case("null:latency_ns=1000000"), options);
  EXPECT_EQ(measured.result.outcome, Outcome::ok) << measured.result.reason;
  EXPECT_EQ(measured.sink.details["stopping"]["ended_by"], "budget");
  EXPECT_LT(measured.sink.series.at("run").size(), 200u);
  EXPECT_GE(measured.sink.series.at("run").size(), 1u);
}

TEST(MeasureOp, EndsAtTheBudgetInTheMiddleOfRepetitions) {
  auto options = quick_options();
  options.case_budget_seconds = 0.2;
  options.benchmark_flags = {"--benchmark_min_time=0.03", "--benchmark_repetitions=50"};
  const auto measured = measure(op_case("null:latency_ns=1000000"), options);
  EXPECT_EQ(measured.result.outcome, Outcome::ok) << measured.result.reason;
  EXPECT_EQ(measured.sink.details["stopping"]["ended_by"], "budget");
  EXPECT_LT(measured.sink.series.at("run").size(), 300u);
}

TEST(MeasureOp, HandsFlagsToGoogleBenchmark) {
  auto options = quick_options();
  options.case_budget_seconds = 30;
  options.benchmark_flags = {"--benchmark_min_time=0.001", "--benchmark_repetitions=1"};
  const auto once = measure(op_case("null:latency_ns=100000"), options).sink.series["run"].size();
  options.benchmark_flags = {"--benchmark_min_time=0.001", "--benchmark_repetitions=6"};
  const auto often = measure(op_case("null:latency_ns=100000"), options).sink.series["run"].size();
  EXPECT_GT(often, 2 * once);
  options.benchmark_flags = {"--benchmark_no_such_flag=1"};
  const auto refused = measure(op_case("null"), options);
  EXPECT_EQ(refused.result.outcome, Outcome::failed);
  EXPECT_THAT(refused.result.reason, HasSubstr("--benchmark_no_such_flag=1"));
}

TEST(MeasureOp, MeasuresAndChecksEveryOperatorOnTheReference) {
  for (const auto& name : op_names()) {
    const Case subject = resolve(small_op_case(name), 1);
    auto options = quick_options();
    options.case_budget_seconds = 0.05;
    MemoryAnswers answers;
    const auto first = measure(subject, answers, options);
    EXPECT_EQ(first.result.outcome, Outcome::ok) << name << ": " << first.result.reason;
    EXPECT_FALSE(first.sink.series.at("run").empty()) << name;
    EXPECT_GT(first.sink.metrics.at("work_bytes"), 0) << name;
    const auto second = measure(subject, answers, options);
    EXPECT_EQ(second.result.outcome, Outcome::ok) << name << ": " << second.result.reason;
    if (name == "kv_append") {
      EXPECT_FALSE(second.sink.details["check"]["compared"]);
    } else {
      EXPECT_EQ(second.sink.details["check"]["against"], "stored answer") << name;
      EXPECT_TRUE(second.sink.details["check"]["same_bits"]) << name;
    }
  }
}

TEST(MeasureOp, SeesThatTheReferenceGaveOtherBits) {
  MemoryAnswers answers;
  ASSERT_EQ(measure(op_case("reference"), answers).result.outcome, Outcome::ok);
  answers.kept.begin()->second = "something else";
  EXPECT_EQ(measure(op_case("reference"), answers).result.outcome, Outcome::wrong);
}

TEST(MeasureOp, SaysWhyAnOperatorCannotBe) {
  auto subject = op_case("reference");
  subject.type = "q8_0";
  subject.in = 33;
  const auto measured = measure(subject);
  EXPECT_EQ(measured.result.outcome, Outcome::failed);
  EXPECT_FALSE(measured.result.reason.empty());
}

}  // namespace
}  // namespace ridgepoint
