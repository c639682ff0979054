// What is pinned, ranged or chosen in one view shows in all of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QTabWidget>
#include <QTableView>

#include "dashboard/app/main_window.h"
#include "dashboard/charts/front_chart.h"
#include "dashboard/charts/history_chart.h"
#include "dashboard/charts/roofline_chart.h"
#include "dashboard/charts/timeline_chart.h"
#include "dashboard/charts/wall_chart.h"
#include "dashboard/models/variants.h"
#include "dashboard/views/compare_view.h"
#include "dashboard/views/history_view.h"
#include "dashboard/views/machines_view.h"
#include "dashboard/views/roofline_view.h"
#include "dashboard/views/stop_slider.h"
#include "dashboard/views/timeline_view.h"
#include "dashboard/views/wall_view.h"
#include "tests/support/stored_runs.h"
#include "tests/unit/dashboard/in_sight.h"
#include "tests/unit/dashboard/profiled_data.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Three whole steps of the trace.
TraceRange three_steps(const RunWithRecords& run) {
  return {run.records[0].id, 1'000'000'000, 1'014'000'000, run.run.id};
}

void choose_range(Session& session, const TraceRange& range) {
  Place next = session.place();
  next.range = range;
  session.go(next);
}

TEST(RangeInEveryView, SaysWhatItMeansThereAndEndsWhereverOneIs) {
  const ProfiledRuns data;
  MainWindow window(false);
  window.resize(1280, 720);
  window.open({data.database});
  window.show();
  window.activateWindow();  // keys go where the focus is
  ASSERT_TRUE(QTest::qWaitForWindowActive(&window));
  ASSERT_TRUE(wait_until([&] { return !window.session().loading(); }));
  window.session().choose_run(data.before.run.id);
  EXPECT_TRUE(window.range_words().isEmpty());
  choose_range(window.session(), three_steps(data.before));
  for (const QString& name : window.view_names()) {
    window.go_to(name);
    EXPECT_THAT(window.range_words().toStdString(), HasSubstr("Range: 14.0 ms of the trace of"))
        << name.toStdString();
    EXPECT_FALSE(window.current_view()->range_here().isEmpty());
  }
  EXPECT_THAT(window.range_words().toStdString(), HasSubstr("does not apply here"));
  QTest::keyClick(&window, Qt::Key_R, Qt::ControlModifier | Qt::ShiftModifier);
  EXPECT_TRUE(window.range_words().isEmpty());
}

/// The time of a token, before and after.
void compare_tokens(Session& session, const ProfiledRuns& data) {
  Place next = session.place();
  next.baseline = data.before.run.id;
  next.run = data.after.run.id;
  next.case_hash = case_hash(data.after.records[0].subject);
  next.metric = "tpot_ns";
  session.go(next);
}

TEST(RangeInCompare, GivesItsSideTheTimesOfItsPasses) {
  const ProfiledRuns data;
  InSight<CompareView> shown(data.database);
  compare_tokens(shown.session, data);
  ASSERT_EQ(shown.view.ops().rowCount(), 3);
  EXPECT_EQ(shown.view.ops().op_at(0), "layer.1.ffn.up");
  EXPECT_EQ(shown.view.ops().index(0, OpDifferenceTable::change).data().toString(), "+100.0 %");
  EXPECT_THAT(shown.view.ops_say().toStdString(), HasSubstr("one decode pass"));
  // The first op of the third step alone.
  choose_range(shown.session,
               {data.after.records[0].id, 1'010'000'000, 1'011'250'000, data.after.run.id});
  EXPECT_THAT(shown.view.ops_say().toStdString(), HasSubstr("Those of B are of the range"));
  const int row = shown.view.ops().row_of("layer.1.ffn.up");
  EXPECT_EQ(shown.view.ops().index(row, OpDifferenceTable::time_b).data().toString(),
            QString::fromUtf8("–"));
}

TEST(OpsInCompare, AreThoseThatOtherViewsChoose) {
  const ProfiledRuns data;
  InSight<CompareView> shown(data.database);
  compare_tokens(shown.session, data);
  shown.session.choose_op("layer.1.ffn.up");
  EXPECT_EQ(shown.view.ops_table()->currentIndex().row(), 0);
  QTest::keyClick(shown.view.ops_table(), Qt::Key_Down);
  EXPECT_EQ(shown.session.place().op, shown.view.ops().op_at(1));
}

TEST(BaselineInTheTimeline, ShowsHowMuchLongerSpansTake) {
  const ProfiledRuns data;
  InSight<TimelineView> shown(data.database);
  shown.session.choose_run(data.after.run.id);
  EXPECT_TRUE(shown.view.table()->isColumnHidden(RangeTable::change));
  shown.session.pin_baseline(data.before.run.id);
  EXPECT_FALSE(shown.view.table()->isColumnHidden(RangeTable::change));
  const int row = shown.view.model().row_of("layer.1.ffn.up");
  EXPECT_EQ(shown.view.model().index(row, RangeTable::change).data().toString(), "+100.0 %");
  EXPECT_THAT(shown.view.summary().toStdString(), HasSubstr("against the trace of the baseline"));
  EXPECT_EQ(shown.view.model().row_of("layer.*.ffn.up"), row) << "the op of all layers together";
  shown.session.pin_baseline(data.ceilings.run.id);
  EXPECT_THAT(shown.view.summary().toStdString(), HasSubstr("No baseline here"));
}

TEST(BaselineOfAnotherCase, IsNamedWhereItsModelIsTheSameOrMadeAlikeAndLeftOutElsewhere) {
  const ProfiledRuns data;
  RunWithRecords longer = started_at(profiled_run("longer", 1), -1);
  longer.records[0].subject.depth += 512;
  RunWithRecords larger = started_at(profiled_run("larger", 1), -2);
  larger.records[0].subject.model = "tinyllama-1.1b";
  RunWithRecords alike = started_at(profiled_run("alike", 1), -3);
  alike.records[0].subject.model = larger.records[0].subject.model;
  for (OpTime& op : larger.records[0].measurement.op_times) op.op_id += ".of_more_layers";
  store_run(data.database, longer);
  store_run(data.database, larger);
  store_run(data.database, alike);
  const auto summaries = [&](const std::string& baseline) {
    InSight<TimelineView> timeline(data.database);
    InSight<RooflineView> roofline(data.database);
    for (Session* session : {&timeline.session, &roofline.session}) {
      session->choose_run(data.after.run.id);
      session->pin_baseline(baseline);
    }
    return std::vector{timeline.view.summary().toStdString(),
                       roofline.view.summary().toStdString()};
  };
  EXPECT_THAT(summaries(data.before.run.id), ::testing::Each(Not(HasSubstr("another case"))));
  EXPECT_THAT(summaries(longer.run.id),
              ::testing::Each(HasSubstr("of another case, " + label(longer.records[0].subject))));
  EXPECT_THAT(summaries(alike.run.id),
              ::testing::Each(HasSubstr("of another case, " + label(alike.records[0].subject))))
      << "the ops are the same";
  EXPECT_THAT(summaries(larger.run.id), ::testing::Each(HasSubstr("No baseline here")));
}

TEST(BaselineInTheHistory, IsALineAndADifference) {
  const TemporaryFolder folder;
  const auto runs =
      store_daily_runs(folder / "history.db", operator_case(), "run_ns", steady_days(40, 25, 1.1));
  InSight<HistoryView> shown(folder / "history.db");
  shown.session.pin_baseline(runs[3]);
  EXPECT_THAT(shown.view.subject().toStdString(), HasSubstr("% against the baseline"));
  EXPECT_FALSE(shown.view.rows()[40][6].isEmpty()) << "the ratio to it";
  shown.session.choose_run(runs[3]);
  EXPECT_THAT(shown.view.subject().toStdString(), HasSubstr("is the baseline"));
}

TEST(BaselineInMachines, MarksWhatDiffersAndSetsCeilingsAgainstItsOwn) {
  ProfiledRuns data;
  RunWithRecords faster = started_at(ceilings_run(), 3);
  for (Record& record : faster.records) {
    auto details = nlohmann::json::parse(record.details);
    auto& ceiling = details["ceiling"];
    if (!ceiling.contains("value")) continue;
    for (const char* key : {"value", "low", "high"}) {
      ceiling[key] = 2 * ceiling[key].get<double>();
    }
    record.details = details.dump();
  }
  faster.run.environment =
      R"({"cpu":{"cores":8,"model":"Example CPU @ 2.0 GHz"},"os":{"kernel":"6.1"}})";
  faster.run.environment_hash = "ff112233445566778899aabbccddeeff";
  store_run(data.database, faster);
  InSight<MachinesView> shown(data.database);
  shown.session.pin_baseline(data.before.run.id);
  const EnvironmentTable& environments = shown.view.model();
  ASSERT_EQ(environments.environments(), 2U);
  EXPECT_TRUE(environments.headerData(2, Qt::Horizontal, Qt::DisplayRole)
                  .toString()
                  .startsWith(QString::fromUtf8("◆")));
  shown.session.choose_run(faster.run.id);
  EXPECT_EQ(shown.view.table()->currentIndex().column(), 1);
  shown.view.table()->setCurrentIndex(environments.index(0, 2));
  EXPECT_EQ(shown.session.place().run, data.after.run.id) << "the newest of that environment";
  shown.view.tabs()->setCurrentIndex(1);
  const CeilingTable& ceilings = shown.view.ceilings();
  EXPECT_EQ(ceilings.column_of(faster.run.id), 1);
  EXPECT_THAT(ceilings.index(0, 1).data().toString().toStdString(), HasSubstr("+100.0 %"));
  EXPECT_EQ(ceilings.index(0, 1).data(kToneRole).toInt(), static_cast<int>(Tone::good));
  EXPECT_THAT(ceilings.index(0, 2).data().toString().toStdString(), ::testing::Not(HasSubstr("+")));
}

TEST(BaselineInQuality, IsWhatItMeasuredOfTheSameVariant) {
  Variants variants;
  variants.speed_metric = "decode_tokens_per_second";
  variants.quality_metric = "kl_mean";
  RunWithRecords before = finished_run("before");
  Record speed = example_record(before.run, 0, example_case());
  speed.measurement.metrics = {{"decode_tokens_per_second", 80}};
  before.records = {speed};
  VariantPoint point;
  point.case_hash = case_hash(speed.subject);
  point.run_id = "another";
  point.speed = 100;
  variants.points = {point};
  set_beside(variants, &before);
  ASSERT_TRUE(variants.points[0].before.has_value());
  EXPECT_EQ(variants.points[0].before->speed, 80);
  EXPECT_FALSE(variants.points[0].before->quality.has_value());
  FrontChart chart;
  chart.show(variants, {}, {});
  EXPECT_EQ(chart.rows()[1][6], "80");
  set_beside(variants, nullptr);
  EXPECT_FALSE(variants.points[0].before.has_value());
}

RunWithRecords decoding(const std::string& label, double speed) {
  RunWithRecords data = profiled_run(label, 1);
  Record& record = data.records[0];
  record.subject.model = "byte-llama-6m";
  record.subject.type = "q8_0";
  record.subject.batch = 4;
  record.measurement.metrics["decode_tokens_per_second"] = speed;
  return data;
}

TEST(MemoryWall, FollowsTheCaseTheBaselineAndTheRange) {
  const TemporaryFolder folder;
  const auto database = folder / "wall.db";
  const RunWithRecords before = started_at(decoding("before", 500), 0);
  RunWithRecords after = started_at(decoding("after", 700), 1);
  after.records[0].started_unix_ns += 86'400'000'000'000;
  store_run(database, before);
  store_run(database, after);
  InSight<WallView> shown(database);
  EXPECT_EQ(shown.view.question().batch, 1);
  Place next = shown.session.place();
  next.run = after.run.id;
  next.case_hash = case_hash(after.records[0].subject);
  next.baseline = before.run.id;
  shown.session.go(next);
  EXPECT_EQ(shown.view.question().batch, 4);
  WallChart& chart = *shown.view.chart();
  chart.replot();
  EXPECT_THAT(chart.hover(chart.place_of(0)).toStdString(), HasSubstr("baseline: 500 tokens/s"));
  EXPECT_THAT(shown.view.range_here().toStdString(), HasSubstr("stays"));
  choose_range(shown.session, three_steps(after));
  // Steps of 2.6 ms, four sequences each.
  EXPECT_EQ(shown.view.rows().back()[2], "traced, within the range");
  EXPECT_NEAR(shown.view.rows().back()[3].toDouble(), 4e9 / 2.6e6, 1);
}

TEST(TimelineChart, StacksClassesOfMemoryInOneRow) {
  Trace trace = example_trace(1);
  trace.counters = {{"FLOPs", "FLOP/s", {{1'000'000'000, 5}}},
                    {"memory: weights", "bytes", {{1'000'000'000, 3e6}}},
                    {"memory: scratch", "bytes", {{1'000'000'000, 0}}},
                    {"memory: other", "bytes", {{1'000'000'000, 1e6}}}};
  const auto traced =
      std::make_shared<const TracedRecord>(TracedRecord{Record{}, TimelineIndex(std::move(trace))});
  TimelineChart chart;
  chart.resize(900, 500);
  chart.show_trace(traced);
  chart.show();
  ASSERT_EQ(chart.counter_rows().size(), 2U);
  EXPECT_EQ(chart.counter_rows()[1].size(), 2U) << "what is nothing takes no colour";
  const QRect box = chart.counter_box(1);
  const QImage image = chart.viewport()->grab().toImage();
  const QColor low = image.pixelColor(box.center().x(), box.bottom() - 3);
  const QColor high = image.pixelColor(box.center().x(), box.top() + box.height() / 3);
  EXPECT_NE(low, high);
  EXPECT_NE(high, light_theme().base);
}

TEST(RooflineOfAGpu, IsDrawnBesideThatOfTheProcessor) {
  const TemporaryFolder folder;
  const auto database = folder / "gpu.db";
  store_run(database, started_at(ceilings_run(), 0));
  RunWithRecords limits = ceilings_run();
  limits.run.id = new_uuid();
  limits.run.suite = "roofline cuda:0";
  limits.records.clear();
  for (const Record& ceiling : roofline::example_gpu_ceilings()) {
    Case named;
    named.workload = "ceiling";
    named.name = std::to_string(limits.records.size());
    Record record = example_record(limits.run, static_cast<std::int64_t>(limits.records.size()),
                                   canonical(named));
    record.details = ceiling.details;
    record.measurement = {};
    limits.records.push_back(std::move(record));
  }
  store_run(database, started_at(limits, 0));
  RunWithRecords on_gpu = profiled_run("on a GPU", 1);
  on_gpu.records[0].subject.backend = "cuda";
  for (OpTime& op : on_gpu.records[0].measurement.op_times) {
    op.time_ns /= 100;
    op.low_ns /= 100;
    op.high_ns /= 100;
  }
  store_run(database, started_at(on_gpu, 1));
  InSight<RooflineView> shown(database);
  shown.session.choose_run(on_gpu.run.id);
  EXPECT_TRUE(shown.view.chart()->message().isEmpty())
      << shown.view.chart()->message().toStdString();
  EXPECT_THAT(shown.view.summary().toStdString(), HasSubstr("Ops ran on cuda:0"));
  // 30 MB in 12.5 us are 2.4 TB/s of the GPU's 3, and far above all that the processor loads.
  const int row = shown.view.model().row_of({}, "layer.0.ffn.up");
  EXPECT_THAT(shown.view.model().index(row, RooflineTable::of_roof).data().toString().toStdString(),
              HasSubstr("78 to 82 %"));
  shown.view.chart()->replot();
  EXPECT_EQ(shown.view.chart()->name_boxes().size(), 4U) << "memory and arithmetic of both";
}

}  // namespace
}  // namespace ridgepoint
