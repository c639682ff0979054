#include "dashboard/views/wall_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QSlider>
#include <nlohmann/json.hpp>

#include "dashboard/charts/stacked_bars.h"
#include "dashboard/charts/sweep_chart.h"
#include "dashboard/charts/wall_chart.h"
#include "dashboard/views/stop_slider.h"
#include "tests/unit/dashboard/in_sight.h"
#include "tests/unit/dashboard/profiled_data.h"
#include "workloads/models/shapes.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

constexpr const char* kModel = "byte-llama-6m";

WallFigures example_wall_figures() {
  WallFigures figures;
  figures.model = kModel;
  figures.type = "q8_0";
  figures.engine = "quantized 1.0";
  figures.kv = "f16";
  figures.load = {9e9, 10e9, 11e9};
  figures.operations_per_second = 1e12;
  figures.costs.by_rows = {{1, 2e-10}, {4, 3e-10}, {16, 8e-10}};
  figures.costs.kv = {{1, 2048, 2e-10}, {16, 512, 2e-10}};
  figures.need = {.available_bytes = 1, .weight_bytes = 1, .kv_bytes_per_token = 1};
  figures.shape = *find_shape(kModel);
  return figures;
}

WallQuestion example_question() {
  WallQuestion question;
  question.shape = *find_shape(kModel);
  question.machine = {10e9, 1e12};
  question.memory_bytes = 1'000'000'000;
  return question;
}

Record named_record(const Run& run, std::int64_t ordinal, const char* name,
                    const nlohmann::json& details) {
  Case subject;
  subject.workload = "ceiling";
  subject.name = name;
  Record record = example_record(run, ordinal, canonical(subject));
  record.measurement = {};
  record.details = details.dump();
  return record;
}

/// Ceilings, a run of `ridgepoint wall` with an elasticity test, and one measured decode.
struct WallRuns {
  TemporaryFolder folder;
  std::filesystem::path database = folder / "wall.db";
  std::string decoded_run;

  WallRuns() {
    store_run(database, started_at(ceilings_run(), 0));
    RunWithRecords wall = finished_run("wall");
    wall.run.suite = "wall";
    wall.records = {
        named_record(wall.run, 0, "predictions of the memory wall",
                     {{"wall",
                       {{"models", {to_json(example_wall_figures())}},
                        {"predictions", nlohmann::json::array()}}}}),
        named_record(
            wall.run, 1, "elasticity, byte-llama-6m, decode, batch 1",
            {{"elasticity", {{"value", 0.93}, {"low", 0.8}, {"high", 1.05}, {"spread", 2.1}}}})};
    store_run(database, started_at(wall, 1));
    RunWithRecords decoded = finished_run("decoded");
    Case subject = example_case(0, 8);
    subject.model = kModel;
    subject.type = "q8_0";
    Record record = example_record(decoded.run, 0, subject);
    record.measurement.metrics = {{"decode_tokens_per_second", 700}};
    decoded.records = {record};
    decoded_run = decoded.run.id;
    store_run(database, started_at(decoded, 2));
  }
};

TEST(WallForecast, FollowsTheArithmeticOfTheWall) {
  WallForecast forecast;
  const auto figures = example_wall_figures();
  const WallAnswer answer = forecast.answer(example_question(), &figures);
  ASSERT_TRUE(answer.problem.isEmpty()) << answer.problem.toStdString();
  // Weights alone: their bytes at 10 GB/s, or at 2e-10 s a byte on the engine: half as fast.
  const auto weights = static_cast<double>(answer.step.weight_bytes);
  const auto kv = static_cast<double>(answer.step.kv_bytes);
  EXPECT_NEAR(answer.roof_tokens_per_second, 10e9 / (weights + kv), 1);
  EXPECT_NEAR(answer.tokens_per_second.value(), 1 / (2e-10 * (weights + kv)), 1);
  EXPECT_NEAR(*answer.critical_batch, 4 + 12 * (4e-10 - 3e-10) / (8e-10 - 3e-10), 1e-9);
  EXPECT_EQ(answer.over_batch.size(), wall_batches().size());
  EXPECT_GT(answer.largest_batch, 0);
}

TEST(WallForecast, ScalesWithTheMachineTheBatchAndTheContext) {
  WallForecast forecast;
  WallQuestion question = example_question();
  const WallAnswer one = forecast.answer(question, nullptr);
  EXPECT_FALSE(one.tokens_per_second.has_value());
  question.machine.bytes_per_second *= 2;
  EXPECT_NEAR(forecast.answer(question, nullptr).roof_tokens_per_second,
              2 * one.roof_tokens_per_second, 1e-6 * one.roof_tokens_per_second);
  question.batch = 4;
  const WallAnswer four = forecast.answer(question, nullptr);
  EXPECT_LT(four.weight_bytes_per_token, one.weight_bytes_per_token / 3);
  EXPECT_NEAR(four.kv_bytes_per_token, one.kv_bytes_per_token, 1);
  question.context = 1000;
  const WallAnswer deep = forecast.answer(question, nullptr);
  const auto a_token = static_cast<double>(kv_bytes_per_token(question.shape, Type::f16));
  EXPECT_NEAR(deep.kv_bytes_per_token - four.kv_bytes_per_token, 1000 * a_token, a_token);
  question.memory_bytes = 1000;
  EXPECT_EQ(forecast.answer(question, nullptr).largest_batch, 0);
  question.type = "no such type";
  EXPECT_FALSE(forecast.answer(question, nullptr).problem.isEmpty());
}

TEST(ElasticityTable, SaysWhatATestMeans) {
  ElasticityTable model;
  const QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::Fatal);
  model.show({{"decode", {0.9, 0.8, 1.0, 2}},
              {"prefill", {0.05, -0.1, 0.2, 2}},
              {"other", {0.4, -0.5, 1.3, 1.05}}});
  ASSERT_EQ(model.rowCount(), 3);
  EXPECT_EQ(model.index(0, ElasticityTable::means).data().toString(), "memory");
  EXPECT_EQ(model.index(1, ElasticityTable::means).data().toString(), "not memory");
  EXPECT_EQ(model.index(2, ElasticityTable::means).data().toString(), "cannot say");
  EXPECT_THAT(model.index(2, 0).data(Qt::ToolTipRole).toString().toStdString(),
              HasSubstr("hardly moved"));
}

TEST(WallView, ShowsPredictionsBesideWhatWasMeasured) {
  const WallRuns data;
  InSight<WallView> shown(data.database);
  EXPECT_EQ(shown.view.models()->currentText(), kModel);
  EXPECT_EQ(shown.view.types()->currentText(), "q8_0");
  ASSERT_TRUE(shown.view.answer().tokens_per_second.has_value()) << "its engine was timed";
  EXPECT_THAT(shown.view.summary().toStdString(), HasSubstr("The engine (quantized 1.0)"));
  // The ceilings load 30 GB/s with all threads.
  EXPECT_DOUBLE_EQ(shown.view.question().machine.bytes_per_second, 30e9) << "not a stop near it";
  EXPECT_DOUBLE_EQ(shown.view.bandwidth()->value(), 30e9);
  WallChart& chart = *shown.view.chart();
  chart.replot();
  const QPointF at = chart.place_of(0);
  EXPECT_EQ(chart.grab().toImage().pixelColor(at.toPoint()), light_theme().a);
  EXPECT_THAT(chart.hover(at).toStdString(), HasSubstr("700 tokens/s"));
  QTest::mouseClick(&chart, Qt::LeftButton, {}, at.toPoint());
  EXPECT_EQ(shown.session.place().run, data.decoded_run);
  EXPECT_THAT(
      shown.view.command_line().toStdString(),
      HasSubstr("wall --predict-only --model byte-llama-6m --type q8_0 --kv f16 --batch 1"));
}

TEST(StopSlider, HoldsWhatItIsSetToUntilItIsMoved) {
  StopSlider slider("Bandwidth", {1, 2, 4, 8}, [](double value) { return QString::number(value); });
  slider.set_value(3.5);
  EXPECT_EQ(slider.value(), 3.5);
  EXPECT_THAT(slider.text().toStdString(), HasSubstr("3.5"));
  QTest::keyClick(slider.slider(), Qt::Key_Right);
  EXPECT_EQ(slider.value(), 8) << "the stop after the nearest one";
  slider.set_value(1e300);
  EXPECT_EQ(slider.value(), 8);
}

TEST(WallView, AnswersWhatItsSlidersAskByKeys) {
  const WallRuns data;
  InSight<WallView> shown(data.database);
  const double before = shown.view.answer().roof_tokens_per_second;
  QTest::keyClick(shown.view.batch()->slider(), Qt::Key_Right);
  EXPECT_EQ(shown.view.question().batch, 2);
  EXPECT_THAT(shown.view.batch()->text().toStdString(), HasSubstr("Batch: 2"));
  EXPECT_GT(shown.view.answer().roof_tokens_per_second, before);
  QTest::keyClick(shown.view.bandwidth()->slider(), Qt::Key_End);
  EXPECT_NEAR(shown.view.question().machine.bytes_per_second, 2e13, 1e6) << "another machine";
  QTest::keyClick(shown.view.context()->slider(), Qt::Key_End);
  EXPECT_EQ(shown.view.question().context, 131'072);
  EXPECT_EQ(shown.view.bars()->bars()[0].parts[1].name, "KV");
  EXPECT_GT(shown.view.bars()->bars()[0].parts[1].value,
            shown.view.bars()->bars()[0].parts[0].value);
  const QRectF weights = shown.view.bars()->box_of(0, 0);
  const QRectF kv = shown.view.bars()->box_of(0, 1);
  EXPECT_NEAR(weights.right(), kv.left(), 1e-6);
}

TEST(WallView, SaysWhatARunOfCeilingsThatWasInterruptedLacks) {
  const TemporaryFolder folder;
  RunWithRecords ceilings = ceilings_run();
  ceilings.run.status = "interrupted";
  for (const Record& record : ceilings.records) {
    ceilings.planned.push_back({record.ordinal, record.subject});
  }
  std::erase_if(ceilings.records, [](const Record& record) {
    return record.details.find("bytes/s") != std::string::npos;
  });
  store_run(folder / "ceilings.db", ceilings);
  InSight<WallView> shown(folder / "ceilings.db");
  EXPECT_THAT(shown.view.summary().toStdString(),
              ::testing::AllOf(HasSubstr("(" + ceilings.run.id.substr(0, 8) +
                                         ") was interrupted with 2 of 6 of them measured"),
                               HasSubstr("no bandwidth among them"),
                               HasSubstr("ridgepoint roofline measures them")));
}

TEST(WallView, SaysWhatWouldFillIt) {
  const ThreeRuns data;
  InSight<WallView> shown(data.database);
  EXPECT_THAT(shown.view.summary().toStdString(), HasSubstr("No ceilings are stored"));
  EXPECT_THAT(shown.view.charts()[1]->message().toStdString(), HasSubstr("ridgepoint roofline"));
  EXPECT_GT(shown.view.answer().roof_tokens_per_second, 0);
}

}  // namespace
}  // namespace ridgepoint
