#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QStandardItemModel>
#include <QTabWidget>
#include <QTableView>
#include <QTableWidget>

#include "dashboard/app/pictures.h"
#include "dashboard/charts/front_chart.h"
#include "dashboard/charts/history_chart.h"
#include "dashboard/models/text.h"
#include "dashboard/views/compare_view.h"
#include "dashboard/views/history_view.h"
#include "dashboard/views/machines_view.h"
#include "dashboard/views/program_text.h"
#include "dashboard/views/quality_view.h"
#include "dashboard/views/run_details.h"
#include "dashboard/views/runs_view.h"
#include "dashboard/views/table.h"
#include "results/history/replay_label.h"
#include "results/quality_metrics.h"
#include "results/store/ab_store.h"
#include "tests/support/stored_runs.h"
#include "tests/unit/dashboard/in_sight.h"
#include "tests/unit/dashboard/profiled_data.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Tester = QAbstractItemModelTester;

TEST(RunsView, FiltersAsSomeoneTypesAndChoosesByKeys) {
  const ThreeRuns data;
  InSight<RunsView> shown(data.database);
  EXPECT_EQ(shown.view.model().rowCount(), 3);
  QTest::keyClicks(shown.view.search_box(), "is:failing");
  EXPECT_EQ(shown.view.model().rowCount(), 1);
  QTest::keyClick(shown.view.search_box(), Qt::Key_Down);
  EXPECT_EQ(shown.session.place().run, data.broken.run.id);
  EXPECT_THAT(shown.view.details().report().toStdString(), HasSubstr("matrix_product"));
  shown.view.search_box()->clear();
  EXPECT_EQ(shown.view.model().rowCount(), 3);
  EXPECT_EQ(shown.view.table()->currentIndex().row(), 0) << "the chosen run stays chosen";
}

TEST(RunsView, SaysWhatIsWrongWithASearchToItsEnd) {
  const ThreeRuns data;
  InSight<RunsView> shown(data.database);
  const auto labels = shown.view.findChildren<QLabel*>();
  const auto found = std::ranges::find_if(labels, [](const QLabel* label) {
    return label->accessibleName() == "What is wrong with the search";
  });
  ASSERT_NE(found, labels.end());
  EXPECT_FALSE((*found)->isVisible());
  shown.view.resize(500, 500);
  QTest::keyClicks(shown.view.search_box(), "labl:after");
  QTest::qWait(1);
  EXPECT_TRUE((*found)->isVisible());
  EXPECT_EQ((*found)->text(), RunFilter::parse("labl:after").problem());
  EXPECT_GE((*found)->height(), (*found)->heightForWidth((*found)->width()));
  shown.view.search_box()->clear();
  EXPECT_FALSE((*found)->isVisible());
}

TEST(RunsView, PinsTheBaselineAndShowsWhatDiffersFromIt) {
  const ThreeRuns data;
  InSight<RunsView> shown(data.database);
  shown.session.choose_run(data.before.run.id);
  QTest::keyClick(shown.view.table(), Qt::Key_B);
  EXPECT_EQ(shown.session.place().baseline, data.before.run.id);
  QTest::keyClick(shown.view.table(), Qt::Key_Up);
  EXPECT_EQ(shown.session.place().run, data.after.run.id);
  const CaseTableModel& cases = shown.view.details().cases();
  EXPECT_THAT(cases.index(1, CaseTableModel::change).data().toString().toStdString(),
              HasSubstr("slower"));
  QTest::keyClick(shown.view.table(), Qt::Key_Return);
  EXPECT_EQ(shown.session.place().view, "compare");
}

TEST(RunsView, GivesTheCommandLineAndTheRowsOfWhatItShows) {
  const ThreeRuns data;
  InSight<RunsView> shown(data.database);
  EXPECT_THAT(shown.view.command_line().toStdString(), StartsWith("ridgepoint list runs --db "));
  shown.session.choose_run(data.after.run.id);
  EXPECT_THAT(shown.view.command_line().toStdString(),
              StartsWith("ridgepoint show " + data.after.run.id.substr(0, 8)));
  EXPECT_EQ(shown.view.rows().size(), 4U);
  shown.view.group_by(RunTableModel::Grouping::label);
  EXPECT_EQ(shown.view.model().rowCount(), 6);
}

TEST(CompareView, SaysTheVerdictFirstAndShowsTheWorstCase) {
  const ThreeRuns data;
  InSight<CompareView> shown(data.database);
  EXPECT_THAT(shown.view.verdict().toStdString(), HasSubstr("No baseline"));
  shown.session.pin_baseline(data.before.run.id);
  shown.session.choose_run(data.after.run.id);
  EXPECT_THAT(shown.view.verdict().toStdString(), StartsWith("slower: 1 of 2 cases"));
  EXPECT_THAT(shown.view.why().toStdString(), HasSubstr("slower"));
  ASSERT_EQ(shown.view.charts().size(), 2U);
  EXPECT_EQ(shown.view.charts()[0]->graphCount(), 2);
  EXPECT_EQ(shown.view.environment()->rowCount(), 1);
  QTest::keyClick(shown.view.table(), Qt::Key_Down);
  EXPECT_EQ(shown.session.place().case_hash, case_hash(operator_case(1)));
  EXPECT_EQ(shown.session.place().metric, "run_ns");
}

TEST(CompareView, BeginsWithTheRowThatItsVerdictNames) {
  const ThreeRuns data;
  const RunWithRecords slow = started_at(op_run("slow", {1.2, 1.5}, 61), 6);
  store_run(data.database, slow);
  InSight<CompareView> shown(data.database);
  shown.session.pin_baseline(data.before.run.id);
  shown.session.choose_run(slow.run.id);
  EXPECT_EQ(shown.view.table()->currentIndex().data(ComparisonModel::case_hash_role).toString(),
            qt(case_hash(operator_case(2))));
}

TEST(CompareView, DoesNotAskForABaselineThatIsPinned) {
  const ThreeRuns data;
  InSight<CompareView> shown(data.database);
  EXPECT_THAT(shown.view.facts().toStdString(), HasSubstr("Pin a baseline"));
  shown.session.pin_baseline(data.before.run.id);
  EXPECT_THAT(shown.view.facts().toStdString(), Not(HasSubstr("Pin a baseline")));
  EXPECT_THAT(shown.view.facts().toStdString(), HasSubstr("Choose another run"));
}

TEST(CompareView, TakesSidesAsTheyAreTypedAndSwapsThem) {
  const ThreeRuns data;
  InSight<CompareView> shown(data.database);
  shown.view.side_box(true)->setText("before");
  shown.view.side_box(false)->setText("after");
  QTest::keyClick(shown.view.side_box(false), Qt::Key_Return);
  EXPECT_THAT(shown.view.verdict().toStdString(), StartsWith("slower"));
  EXPECT_THAT(shown.view.command_line().toStdString(),
              StartsWith("ridgepoint compare before after"));
  shown.view.side_box(true)->setText("nobody");
  QTest::keyClick(shown.view.side_box(true), Qt::Key_Return);
  EXPECT_THAT(shown.view.verdict().toStdString(), HasSubstr("nobody"));
  EXPECT_EQ(shown.view.model().rowCount(), 0);
}

TEST(HistoryView, ShowsTheChangeAndTheRunThatWasChosenElsewhere) {
  const TemporaryFolder folder;
  const auto runs =
      store_daily_runs(folder / "history.db", operator_case(), "run_ns", steady_days(40, 25, 1.1));
  InSight<HistoryView> shown(folder / "history.db");
  EXPECT_THAT(shown.view.headline().toStdString(), StartsWith("worse: run_ns +"));
  EXPECT_THAT(shown.view.headline().toStdString(), ::testing::Not(HasSubstr("confirmed")));
  EXPECT_EQ(shown.view.cases()->count(), 1);
  QTest::mouseClick(shown.view.chart(), Qt::LeftButton, {},
                    shown.view.chart()->place_of(5).toPoint());
  EXPECT_EQ(shown.session.place().run, runs[5]);
  EXPECT_THAT(shown.view.command_line().toStdString(), HasSubstr("--metric run_ns"));
}

TEST(HistoryView, ShowsWhatAStoredReplaySaidOfAChange) {
  const TemporaryFolder folder;
  const auto database = folder / "history.db";
  store_daily_runs(database, operator_case(), "run_ns", steady_days(40, 25, 1.1));
  const auto changes_of = [&](const HistoryView& view) {
    for (const QPlainTextEdit* text : view.findChildren<QPlainTextEdit*>()) {
      if (text->accessibleName() == "Changes of level") return text->toPlainText().toStdString();
    }
    return std::string();
  };
  EXPECT_THAT(changes_of(InSight<HistoryView>(database).view), HasSubstr("No replay of it"));
  AbSession replay;
  replay.id = new_uuid();
  {
    const HistoryQuery query(database, {});
    const History history = history_of(query, {query.cases().front(), {}},
                                       {.metric = "run_ns", .last = 0, .rules = {}});
    ASSERT_EQ(history.changes.size(), 1U);
    replay.label = replay_label(history, history.changes.front());
  }
  AbStore sessions(database, OpenMode::read_write);
  sessions.begin(replay);
  EXPECT_THAT(changes_of(InSight<HistoryView>(database).view), HasSubstr("replay of it was begun"));
  sessions.finish(replay.id, "finished", Verdict::slower, "", "", 2);
  EXPECT_THAT(changes_of(InSight<HistoryView>(database).view),
              HasSubstr("says: slower (A/B session " + replay.id.substr(0, 8)));
}

TEST(HistoryView, OpensOnTheModelThatWasMeasuredMostNotOnACeilingThatIsAbsent) {
  const TemporaryFolder folder;
  Case ceiling;
  ceiling.workload = "ceiling";
  ceiling.name = "a first one";
  for (std::uint64_t day = 0; day < 3; ++day) {
    RunWithRecords data = started_at(finished_run("a day"), static_cast<int>(day));
    const auto add = [&](const Case& subject, std::map<std::string, double> metrics) {
      const auto ordinal = static_cast<std::int64_t>(data.records.size());
      Record record = example_record(data.run, ordinal, subject);
      record.measurement.metrics = std::move(metrics);
      data.records.push_back(record);
      return std::ref(data.records.back());
    };
    Record& absent = add(canonical(ceiling), {});
    absent.outcome = Outcome::unsupported;
    absent.reason = "this machine has no such instruction";
    if (day == 0) add(example_case(64, 8), {{"decode_tokens_per_second", 90}});
    add(example_case(32, 8), {{"decode_tokens_per_second", 100}, {"tpot_ns", 1e7}, {"load_ns", 5}});
    store_run(folder / "models.db", data);
  }
  InSight<HistoryView> shown(folder / "models.db");
  EXPECT_TRUE(shown.view.message().isEmpty()) << shown.view.message().toStdString();
  EXPECT_THAT(shown.view.command_line().toStdString(),
              HasSubstr("history " + case_hash(example_case(32, 8)).substr(0, 12) +
                        " --metric decode_tokens_per_second"));
  EXPECT_EQ(shown.view.rows().size(), 4U) << "a heading and three days";
}

TEST(RunDetails, ShowWhereTheTimeOfACaseWentAndOfARangeOfIt) {
  const ProfiledRuns data;
  InSight<RunsView> shown(data.database);
  shown.session.choose_run(data.before.run.id);
  RunDetails& details = shown.view.details();
  EXPECT_EQ(details.ops().rowCount(), 0) << "spans are read when they are looked at";
  details.tabs()->setCurrentIndex(1);
  EXPECT_EQ(details.ops().rowCount(), 4);
  EXPECT_THAT(details.ops_say().toStdString(), StartsWith("The whole trace: "));
  Place next = shown.session.place();
  next.range = TraceRange{data.before.records[0].id, 1'000'000'000, 1'001'300'000};
  shown.session.go(next);
  EXPECT_EQ(details.ops().rowCount(), 3);
  EXPECT_EQ(details.tabs()->tabText(1), "Ops in the range");
  EXPECT_THAT(details.ops_say().toStdString(), StartsWith("Within the range"));
  shown.session.choose_run(data.after.run.id);
  EXPECT_THAT(details.ops_say().toStdString(), StartsWith("The whole trace"))
      << "it is of one record";
  shown.session.choose_run(data.ceilings.run.id);
  EXPECT_THAT(details.ops_say().toStdString(), HasSubstr("No op of this case was traced"));
}

TEST(RunDetails, HoldWhatIsAgainstTheBaselineWhereItIsReadFirst) {
  const ThreeRuns data;
  InSight<RunsView> shown(data.database);
  shown.session.pin_baseline(data.before.run.id);
  shown.session.choose_run(data.after.run.id);
  const QTableView& table = *shown.view.details().table();
  const int left = table.columnViewportPosition(CaseTableModel::change);
  const int needed =
      static_cast<const QAbstractItemView&>(table).sizeHintForColumn(CaseTableModel::change);
  EXPECT_GE(table.columnWidth(CaseTableModel::change), needed);
  EXPECT_LE(left + needed, table.viewport()->width());
}

/// Two variants of a model, both with speed and quality, and one without quality.
RunWithRecords variants_run() {
  RunWithRecords data = finished_run("variants");
  const auto add = [&](const char* transform, double speed, std::optional<double> kl) {
    Case subject = example_case(0, 32);
    subject.backend = "quantized";
    subject.transform = transform;
    Record record =
        example_record(data.run, static_cast<std::int64_t>(data.records.size()), subject);
    record.measurement.metrics = {{"decode_tokens_per_second", speed}};
    if (*transform == 0) record.measurement.metrics["peak_rss_bytes"] = 500e6;
    data.records.push_back(record);
    if (!kl) return;
    Case quality;
    quality.workload = "quality";
    quality.backend = "quantized";
    quality.transform = transform;
    Record text = example_record(data.run, static_cast<std::int64_t>(data.records.size()), quality);
    text.measurement.metrics = {{"scored_tokens", 1000}, {"kl_mean", *kl}, {"kl_mean_se", 0.001}};
    data.records.push_back(text);
  };
  add("", 100, 0.0001);
  add("q4_0", 180, 0.05);
  add("q8_0", 150, std::nullopt);
  return data;
}

TEST(QualityView, SetsTheQualityOfAVariantBesideItsSpeed) {
  const TemporaryFolder folder;
  store_run(folder / "variants.db", variants_run());
  InSight<QualityView> shown(folder / "variants.db");
  const auto rows = shown.view.rows();
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[1][0], "quantized q4_0");
  EXPECT_EQ(rows[1][4], "yes");
  EXPECT_THAT(shown.view.summary().toStdString(), HasSubstr("Fastest: quantized q4_0"));
  EXPECT_THAT(shown.view.summary().toStdString(), HasSubstr("Quality not known: quantized q8_0"));
  shown.view.budget()->setValue(0.01);
  EXPECT_THAT(shown.view.summary().toStdString(),
              HasSubstr("Fastest within the budget: quantized,"));
  shown.view.budget()->setValue(0);
  shown.view.memory_budget()->setValue(600);
  EXPECT_THAT(shown.view.summary().toStdString(),
              HasSubstr("Fastest within the budget: quantized,"))
      << "what the other holds is not known";
  EXPECT_EQ(shown.view.rows()[1].back(), "no");
  shown.view.memory_budget()->setValue(400);
  EXPECT_THAT(shown.view.summary().toStdString(), HasSubstr("No variant is within the budget"));
}

TEST(QualityView, SaysWhatWouldFillIt) {
  const ThreeRuns data;
  InSight<QualityView> shown(data.database);
  EXPECT_THAT(shown.view.chart()->message().toStdString(),
              HasSubstr("ridgepoint quality --with-speed"));
}

TEST(MachinesView, ShowsOnlyWhatDiffersWhereThatIsAskedFor) {
  const ThreeRuns data;
  RunWithRecords elsewhere = started_at(op_run("elsewhere", {1.0}, 31), 4);
  elsewhere.run.environment =
      R"({"cpu":{"cores":8,"model":"Example CPU @ 2.0 GHz"},"os":{"kernel":"6.1"}})";
  elsewhere.run.environment_hash = "ff112233445566778899aabbccddeeff";
  store_run(data.database, elsewhere);
  InSight<MachinesView> shown(data.database);
  EXPECT_EQ(shown.view.model().environments(), 2U);
  EXPECT_EQ(shown.view.model().rowCount(), 5);
  shown.view.only_differing()->setChecked(true);
  ASSERT_EQ(shown.view.model().rowCount(), 3);
  EXPECT_EQ(shown.view.model().index(2, 0).data().toString(), "cpu/cores");
  EXPECT_EQ(shown.view.model().index(2, 1).data().toString(), "8");
}

TEST(MachinesView, ShowsCeilingsSideBySide) {
  const ProfiledRuns data;
  InSight<MachinesView> shown(data.database);
  shown.view.tabs()->setCurrentIndex(1);
  CeilingTable alone;
  const Tester tester(&alone, Tester::FailureReportingMode::Fatal);
  alone.show(data.database, *shown.session.runs(), {}, {});
  EXPECT_EQ(alone.rowCount(), 6);
  const CeilingTable& ceilings = shown.view.ceilings();
  ASSERT_EQ(ceilings.columnCount(), 2);
  EXPECT_EQ(ceilings.rowCount(), 6);
  EXPECT_EQ(ceilings.index(0, 1).data().toString(), "10.0 (9.90 to 10.1) GB/s");
  EXPECT_EQ(ceilings.index(2, 1).data().toString(), "absent");
  EXPECT_EQ(ceilings.index(2, 1).data(Qt::ToolTipRole).toString(), "the CPU lacks AMX-TILE");
  EXPECT_EQ(shown.view.rows().size(), 7U);
  EXPECT_THAT(shown.view.command_line().toStdString(),
              StartsWith("ridgepoint show " + data.ceilings.run.id.substr(0, 8)));
}

TEST(MachinesView, ShowsWhatAProgramSaysOfTheNoise) {
  const ThreeRuns data;
  InSight<MachinesView> shown(data.database);
  ProgramText& text = *shown.view.passport();
  text.show_answer("/bin/echo", {"2 % in 20 s"}, 1);
  ASSERT_TRUE(wait_until([&] { return text.toPlainText() == "2 % in 20 s\n"; }));
  text.show_answer("/no/such/program", {}, 1);
  ASSERT_TRUE(wait_until([&] { return text.toPlainText().contains("cannot be started"); }));
}

TEST(MachinesView, IsDrawnWhenItsProgramsHaveAnswered) {
  const ThreeRuns data;
  InSight<MachinesView> shown(data.database);
  ProgramText& text = *shown.view.passport();
  text.show_answer("/bin/sh", {"-c", "sleep 0.3; echo 2 % in 20 s"}, 1);
  wait_for_programs(shown.view);
  EXPECT_EQ(text.toPlainText(), "2 % in 20 s\n");
}

TEST(MachinesView, ShowsThePassportsOfSeveralMachinesSideBySide) {
  const ThreeRuns data;
  {
    AbStore sessions(data.database, OpenMode::read_write);
    for (const auto& [passport, environment] :
         {std::pair("aaaaaaaa", "11"), std::pair("bbbbbbbb", "22"), std::pair("cccccccc", "11")}) {
      AbSession session;
      session.id = new_uuid();
      session.label = std::string("passport ") + passport + " process";
      session.environment_hash = environment;
      session.environment = "{}";
      session.started_unix_ns = passport[0];
      sessions.begin(session);
    }
  }
  InSight<MachinesView> shown(data.database);
  shown.view.tabs()->setCurrentIndex(2);
  ASSERT_EQ(shown.view.passports().size(), 2U) << "the newest of each machine";
  for (const ProgramText* text : shown.view.passports()) {
    EXPECT_TRUE(text->isVisible());
    EXPECT_GT(text->width(), 300);
  }
}

TEST(Columns, AreAsWideAsThereIsRoomFor) {
  QStandardItemModel model(1, 3);
  const QString facts = QString("avx512 ").repeated(60);
  model.setData(model.index(0, 0), "cpu/isa");
  for (int column : {1, 2}) model.setData(model.index(0, column), facts);
  const std::unique_ptr<QTableView> table(make_table("facts", &model, nullptr));
  table->horizontalHeader()->setStretchLastSection(false);
  table->resize(900, 100);
  table->show();
  fit_columns_to_room(*table, 380);
  EXPECT_GE(table->columnWidth(1), 380);
  EXPECT_LT(table->columnWidth(1), 450);
  table->resize(8000, 100);
  QTest::qWait(1);
  EXPECT_GT(table->columnWidth(1), table->fontMetrics().horizontalAdvance(facts));
  EXPECT_LT(table->columnWidth(0), 300) << "no wider than it needs";
}

TEST(View, ShowsAProblemWhereItHappened) {
  const ThreeRuns data;
  InSight<HistoryView> shown(data.database);
  EXPECT_TRUE(shown.view.message().isEmpty());
  shown.session.open(data.folder / "gone.db");
  shown.view.refresh();
  EXPECT_THAT(shown.view.message().toStdString(), HasSubstr("no database at"));
}

}  // namespace
}  // namespace ridgepoint
