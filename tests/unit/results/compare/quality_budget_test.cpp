#include "results/compare/quality_budget.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/quality_metrics.h"
#include "results/report/case_tables.h"
#include "results/report/comparison_text.h"
#include "results/report/table.h"
#include "tests/unit/results/compare/comparison_data.h"

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Case quality_case(const std::string& backend = "reference") {
  Case subject;
  subject.workload = "quality";
  subject.backend = backend;
  return canonical(subject);
}

Record quality_record(const Run& run, std::int64_t ordinal, const Case& subject, double kl,
                      double increase = 0) {
  Record record = example_record(run, ordinal, subject);
  record.measurement = {{},
                        {{"scored_tokens", 1000},
                         {"bits_per_byte", 1.85},
                         {"bits_per_byte_se", 0.04},
                         {"kl_mean", kl},
                         {"kl_mean_se", kl / 10},
                         {"perplexity_increase", increase}}};
  return record;
}

TEST(QualityBudget, IsPastWhenAFigureIs) {
  const std::map<std::string, double> metrics = {
      {"kl_mean", 0.03}, {"kl_mean_se", 0.002}, {"perplexity_increase", 0.015}};
  EXPECT_THAT(past_budget({}, metrics), IsEmpty());
  EXPECT_THAT(past_budget({.max_kl = 0.03, .max_perplexity_increase = 0.015}, metrics), IsEmpty());
  EXPECT_EQ(past_budget({.max_kl = 0.02, .max_perplexity_increase = {}}, metrics),
            "KL 0.0300 ± 0.0020 nats is past 0.02");
  EXPECT_EQ(past_budget({.max_kl = {}, .max_perplexity_increase = 0.01}, metrics),
            "perplexity 1.50 % above the baseline's is past 1 %");
}

TEST(QualityBudget, IsPastWhereNothingWasMeasured) {
  EXPECT_THAT(past_budget({.max_kl = 1, .max_perplexity_increase = {}}, {}),
              HasSubstr("no KL divergence was measured"));
  EXPECT_THAT(past_budget({.max_kl = {}, .max_perplexity_increase = 1}, {{"kl_mean", 0}}),
              HasSubstr("no increase of perplexity"));
}

TEST(Variants, AreTheSameModelOnTheSameBackendInTheSameTypes) {
  Case speed;
  EXPECT_TRUE(same_variant(speed, quality_case()));
  speed.prompt = 3;
  speed.threads = 7;
  EXPECT_TRUE(same_variant(speed, quality_case()));
  EXPECT_FALSE(same_variant(speed, quality_case("null")));
  speed.kv = "f32";
  EXPECT_FALSE(same_variant(speed, quality_case()));
  EXPECT_FALSE(same_variant(operator_case(), quality_case()));
  Case shape;
  shape.model = "tinyllama-1.1b";
  shape.type = "q8_0";
  Case other = quality_case();
  other.model = shape.model;
  other.type = "q8_0";
  EXPECT_TRUE(same_variant(shape, other));
  other.type = "q4_0";
  EXPECT_FALSE(same_variant(shape, other));
  other.type = shape.type;
  other.seed = 7;
  EXPECT_FALSE(same_variant(shape, other)) << "a shape's weights are made of its seed";
  Case inputs = quality_case();
  inputs.seed = 7;
  EXPECT_TRUE(same_variant(quality_case(), inputs)) << "a file's are not";
}

TEST(StoredQualities, AreTheNewestOfEachCase) {
  const TestFolder folder;
  Store store(folder / "runs.db", OpenMode::read_write);
  const auto add = [&](double kl, std::int64_t started, Outcome outcome) {
    StoredRun run = example_run();
    run.started_unix_ns = started;
    store.begin_run(run, {quality_case(), example_case(), quality_case("null")});
    Record record = quality_record(run, 0, quality_case(), kl);
    record.outcome = outcome;
    record.reason = outcome == Outcome::ok ? "" : "why";
    store.add_record(record);
    store.add_record(example_record(run, 1, example_case()));
  };
  EXPECT_THAT(stored_qualities(store), IsEmpty());
  add(0.1, 1'000, Outcome::ok);
  add(0.2, 2'000, Outcome::ok);
  const auto found = stored_qualities(store);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].measurement.metrics.at("kl_mean"), 0.2);
  const Record speed = example_record(example_run(), 0, example_case());
  const auto withheld = [&](double max_kl) {
    return withheld_by_quality({.max_kl = max_kl, .max_perplexity_increase = {}}, speed, nullptr,
                               found);
  };
  EXPECT_EQ(withheld(0.15), "KL 0.200 ± 0.020 nats is past 0.15");
  EXPECT_THAT(withheld(0.3), IsEmpty());
}

TEST(QualityBudget, TakesNoDivergenceFromACandidatesOwnWeightsForWhatThoseCost) {
  const auto run = example_run();
  Record speed = example_record(run, 0, example_case());
  speed.subject.model = "/m-q4.gguf";
  Record quality = quality_record(run, 1, quality_case(), 0.001);
  quality.subject.model = speed.subject.model;
  const auto withheld = [&](const Case* other) {
    return withheld_by_quality({.max_kl = 0.01, .max_perplexity_increase = {}}, speed, other,
                               std::vector{quality});
  };
  const auto withheld_beside = [&](const std::string& model) {
    Case other = speed.subject;
    other.model = model;
    return withheld(&other);
  };
  EXPECT_THAT(withheld(nullptr), IsEmpty());
  EXPECT_THAT(withheld_beside("/m-q4.gguf"), IsEmpty()) << "the backend is what differs";
  EXPECT_EQ(withheld_beside("/m-f16.gguf"),
            "its quality is known only against its own weights: ridgepoint quality --model "
            "/m-q4.gguf --backend reference --baseline-model /m-f16.gguf");
  quality.subject.baseline_model = "/m-q4.gguf";
  EXPECT_THAT(withheld_beside("/m-f16.gguf"), HasSubstr("only against its own weights"));
  quality.subject.baseline_model = "/m-f32.gguf";
  EXPECT_THAT(withheld_beside("/m-f16.gguf"), IsEmpty());
  quality.subject.baseline_model = {};
  quality.measurement.metrics["kl_mean"] = 0.02;
  EXPECT_THAT(withheld_beside("/m-f16.gguf"), HasSubstr("is past 0.01"));
}

TEST(QualityBudget, AsksForTheLogitsOfOtherWeightsWhereTheTypeOrTheSeedOfAShapeSetsThemApart) {
  const auto run = example_run();
  Record speed = example_record(run, 0, example_case());
  speed.subject.model = "tiny";
  speed.subject.type = "q4_0";
  speed.subject.backend = "quantized";
  Record quality = quality_record(run, 1, quality_case("quantized"), 0.001);
  quality.subject.model = speed.subject.model;
  quality.subject.type = speed.subject.type;
  Case other = speed.subject;
  const auto withheld = [&] {
    return withheld_by_quality({.max_kl = 0.01, .max_perplexity_increase = {}}, speed, &other,
                               std::vector{quality});
  };
  EXPECT_THAT(withheld(), IsEmpty());
  other.type = "f16";
  EXPECT_EQ(withheld(),
            "its quality is known only against its own weights: ridgepoint quality --model tiny "
            "--type f16 --backend reference --baseline none --save-logits FILE, then ridgepoint "
            "quality --model tiny --type q4_0 --backend quantized --baseline FILE");
  other.type = speed.subject.type;
  other.seed = 7;
  EXPECT_THAT(withheld(), HasSubstr("only against its own weights"));
  other.seed = speed.subject.seed = 7;
  EXPECT_EQ(withheld(),
            "its quality is not known: ridgepoint quality --model tiny --type q4_0 --seed 7 "
            "--backend quantized");
}

TEST(QualityBudget, TakesNoDivergenceFromLogitsOfTheVariantItself) {
  const auto run = example_run();
  Record speed = example_record(run, 0, example_case());
  speed.subject.transform = "w4a16";
  speed.subject.backend = "quantized";
  Record quality = quality_record(run, 1, quality_case("quantized"), 0.001);
  quality.subject.transform = speed.subject.transform;
  quality.subject.baseline = "file:/w4.logits";
  const auto made_by = [&](const Case& maker, std::string_view fingerprint) {
    quality.details = fmt::format(
        R"({{"model": {{"fingerprint": "bb"}}, "quality": {{"baseline": {{"of": {}, "model_fingerprint": "{}"}}}}}})",
        to_json(maker), fingerprint);
  };
  Case other = speed.subject;
  other.transform = {};
  const auto withheld = [&] {
    return withheld_by_quality({.max_kl = 0.01, .max_perplexity_increase = {}}, speed, &other,
                               std::vector{quality});
  };
  made_by(quality.subject, "bb");
  EXPECT_THAT(withheld(), HasSubstr("only against its own weights"));
  other.transform = speed.subject.transform;
  EXPECT_EQ(withheld(),
            "its quality is known only against its own logits: ridgepoint quality --model "
            "byte-llama-6m --transform w4a16 --backend quantized");
  Case maker = quality.subject;
  maker.backend = "reference";
  made_by(maker, "bb");
  EXPECT_THAT(withheld(), IsEmpty()) << "the same weights, computed by the reference";
  other.transform = {};
  EXPECT_THAT(withheld(), HasSubstr("only against its own weights"));
  maker.transform = {};
  made_by(maker, "aa");
  EXPECT_THAT(withheld(), IsEmpty());
}

TEST(QualityBudget, TakesWhatWasMeasuredOfAModelBesideWhatWasMadeOfIt) {
  const auto run = example_run();
  const Record speed = example_record(run, 0, example_case());
  Case other = speed.subject;
  other.transform = "w4a16";
  EXPECT_THAT(withheld_by_quality({.max_kl = 0.01, .max_perplexity_increase = {}}, speed, &other,
                                  std::vector{quality_record(run, 1, quality_case(), 0.001)}),
              IsEmpty());
}

TEST(QualityBudget, TakesNoQualityOfOtherWeightsUnderTheSameName) {
  const auto run = example_run();
  Record speed = example_record(run, 0, example_case());
  Record quality = quality_record(run, 1, quality_case(), 0.001);
  const auto withheld = [&] {
    return withheld_by_quality({.max_kl = 0.01, .max_perplexity_increase = {}}, speed, nullptr,
                               std::vector{quality});
  };
  speed.details = R"({"model": {"fingerprint": "aa"}})";
  EXPECT_THAT(withheld(), IsEmpty());
  quality.details = R"({"model": {"fingerprint": "bb"}})";
  EXPECT_THAT(withheld(), HasSubstr("known only of other weights of that name"));
  speed.details = quality.details;
  EXPECT_THAT(withheld(), IsEmpty());
}

/// A run of one model case whose every time is `factor` times 30 ms.
RunWithRecords model_run(const std::string& label, double factor, std::uint64_t seed) {
  RunWithRecords data = finished_run(label);
  Record record = example_record(data.run, 0, example_case(32, 0));
  record.measurement = {{timed("ttft", 3e7 * factor, seed)}, {{"peak_rss_bytes", 50e6 * factor}}};
  derive_metrics(record.subject, record.measurement);
  data.records = {record};
  return data;
}

TEST(Compare, NeverCallsAVariantPastItsQualityBudgetFaster) {
  CompareOptions options;
  const auto faster = [&] {
    return compared(model_run("a", 1, 1), model_run("b", 0.5, 2), options);
  };
  EXPECT_EQ(faster().verdict, Verdict::faster);
  options.budget.max_kl = 0.05;
  Comparison comparison = faster();
  EXPECT_EQ(comparison.verdict, Verdict::undecided);
  for (const ComparisonRow& row : comparison.rows) {
    EXPECT_NE(row.verdict, Verdict::faster) << row.metric;
    EXPECT_THAT(row.reason, HasSubstr("its quality is not known"));
  }
  EXPECT_THAT(verdict_sentence(comparison),
              AllOf(HasSubstr("is faster, but not called so for a budget's sake"),
                    Not(HasSubstr("suffice"))));
  const auto run = example_run();
  options.qualities = {quality_record(run, 0, quality_case(), 0.04)};
  EXPECT_EQ(faster().verdict, Verdict::faster);
  options.qualities.push_back(quality_record(run, 1, quality_case(), 0.06));
  comparison = faster();
  EXPECT_EQ(comparison.verdict, Verdict::undecided) << "another text counts as well";
  EXPECT_THAT(comparison.rows.front().reason,
              HasSubstr("faster, but not called so: KL 0.0600 ± 0.0060 nats is past 0.05"));
  EXPECT_EQ(compared(model_run("a", 1, 1), model_run("b", 2, 2), options).verdict, Verdict::slower);
}

/// A quality case over eight windows, each token `bits` bits worse than 2, give or take.
RunWithRecords text_run(const std::string& label, double bits, double noise) {
  RunWithRecords data = finished_run(label);
  Record record = example_record(data.run, 0, quality_case());
  Series tokens{std::string(kQualityTokens), "1", {}, {}};
  Series bytes{std::string(kQualityBytes), "bytes", {}, {}};
  Series nll{std::string(kQualityNll), "pnat", {}, {}};
  for (int window = 0; window < 8; ++window) {
    tokens.samples.push_back(10);
    for (int i = 0; i < 10; ++i) {
      bytes.samples.push_back(2);
      const double own = window % 3 + bits + (window % 2 == 0 ? noise : -noise);
      nll.samples.push_back(std::llround((2 + own) * std::log(2.0) * kPicoNatsInANat));
    }
  }
  record.measurement = {{tokens, bytes, nll}, {}};
  derive_metrics(record.subject, record.measurement);
  data.records = {record};
  return data;
}

TEST(Compare, JudgesQualityByPairedWindows) {
  const auto verdict = [](double bits, double noise) {
    return compared(text_run("a", 0, 0), text_run("b", bits, noise)).verdict;
  };
  EXPECT_EQ(verdict(0, 0), Verdict::same);
  EXPECT_EQ(verdict(0.001, 0), Verdict::same) << "within the tolerance";
  EXPECT_EQ(verdict(0.1, 0.02), Verdict::slower);
  EXPECT_EQ(verdict(-0.1, 0.02), Verdict::faster);
  EXPECT_EQ(verdict(0.1, 0.3), Verdict::undecided) << "some windows say the opposite";
  const auto worse = compared(text_run("a", 0, 0), text_run("b", 0.1, 0.02));
  EXPECT_EQ(row_verdict_text(worse.rows.front()), "worse quality");
  const auto open = compared(text_run("a", 0, 0), text_run("b", 0.1, 0.3));
  EXPECT_THAT(open.rows.front().reason, HasSubstr("take more --tokens"));
}

TEST(RunTable, PutsSpeedMemoryAndQualityOfAVariantIntoOneRow) {
  RunWithRecords data = model_run("speed and quality", 1, 1);
  data.records.front().measurement.metrics["memory_weights_bytes"] = 12.9e6;
  data.records.push_back(quality_record(data.run, 1, quality_case(), 0.012));
  data.records.push_back(quality_record(data.run, 2, quality_case("null"), 3));
  const auto tables = case_tables(data);
  ASSERT_EQ(tables.size(), 2U);
  EXPECT_EQ(tables[1].title, "Quality");
  EXPECT_TRUE(tables[1].beside.empty());
  ASSERT_EQ(tables[0].beside.size(), 2U) << "a row for the pair, none for what has no speed";
  EXPECT_THAT(tables[0].beside[0], ElementsAre("#", "backend", "quality", "pp tok/s", "weights",
                                               "peak RSS", "bits/byte", "KL nats"));
  EXPECT_THAT(tables[0].beside[1], ElementsAre("0", "reference", "#1", Not(IsEmpty()), "12.9 MB",
                                               "50.0 MB", "1.850 ± 0.040", "0.0120 ± 0.0012"));
  EXPECT_THAT(run_table(data), HasSubstr("0.0120 ± 0.0012"));
  data.records.resize(1);
  EXPECT_THAT(run_table(data), Not(HasSubstr("KL")));
}

TEST(RunTable, PutsAQualityOfAsManyThreadsBesideASpeed) {
  RunWithRecords data = model_run("threads", 1, 1);
  const Record speed = data.records.front();
  for (const std::int64_t threads : {1, 2}) {
    Record of_threads = speed;
    of_threads.ordinal = threads;
    of_threads.subject.threads = threads;
    data.records.push_back(of_threads);
    Record quality = quality_record(data.run, 2 + threads, quality_case(), 0.012);
    quality.subject.threads = threads;
    data.records.push_back(quality);
  }
  data.records.erase(data.records.begin());
  const auto tables = case_tables(data);
  const auto& beside = tables.at(0).beside;
  ASSERT_EQ(beside.size(), 3U);
  EXPECT_THAT(std::vector(beside[1].begin(), beside[1].begin() + 3),
              ElementsAre("1", "reference", "#3"));
  EXPECT_THAT(std::vector(beside[2].begin(), beside[2].begin() + 3),
              ElementsAre("2", "reference", "#4"));
}

TEST(RunTable, TakesTheQualityOfAVariantFromAnotherRunWhereItsOwnHasNone) {
  RunWithRecords data = model_run("speed", 1, 1);
  const auto other = example_run();
  const std::vector<Record> known = {quality_record(other, 4, quality_case("null"), 3),
                                     quality_record(other, 5, quality_case(), 0.012),
                                     quality_record(other, 6, quality_case(), 0.5)};
  const auto beside = case_tables(data, known).at(0).beside;
  ASSERT_EQ(beside.size(), 2U);
  EXPECT_EQ(beside[1][2], "#5 of " + other.id.substr(0, 8)) << "the newest that fits";
  data.records.push_back(quality_record(data.run, 1, quality_case(), 0.2));
  EXPECT_EQ(case_tables(data, known).at(0).beside[1][2], "#1");
}

TEST(FormatWithError, ShowsTwoDigitsOfTheErrorAndAsManyOfTheValue) {
  EXPECT_EQ(format_with_error(1.85023, 0.0031), "1.8502 ± 0.0031");
  EXPECT_EQ(format_with_error(3.26, 0.21), "3.26 ± 0.21");
  EXPECT_EQ(format_with_error(123.4, 12), "123 ± 12");
  EXPECT_EQ(format_with_error(0.5, 0.0996), "0.50 ± 0.10");
  EXPECT_EQ(format_with_error(3.2e-8, 2.1e-9), "3.20e-08 ± 2.1e-09");
  EXPECT_EQ(format_with_error(1, 0), "1 ± 0");
}

}  // namespace
}  // namespace ridgepoint
