#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>

#include "dashboard/models/case_table_model.h"
#include "dashboard/models/comparison_model.h"
#include "dashboard/models/csv_text.h"
#include "dashboard/models/run_table_model.h"
#include "tests/unit/dashboard/profiled_data.h"

namespace ridgepoint {
namespace {

using Tester = QAbstractItemModelTester;

QString at(const QAbstractItemModel& model, int row, int column) {
  return model.index(row, column).data().toString();
}

TEST(RunTableModel, ShowsSortsAndGroupsRuns) {
  const ThreeRuns data;
  RunTableModel model;
  const Tester tester(&model, Tester::FailureReportingMode::Fatal);
  model.set_runs(read_all_runs(data.database));
  ASSERT_EQ(model.rowCount(), 3);
  EXPECT_EQ(at(model, 0, RunTableModel::label), "broken");
  EXPECT_EQ(at(model, 0, RunTableModel::cases), "1 of 2 ok");
  EXPECT_EQ(model.index(0, RunTableModel::cases).data(kToneRole).toInt(),
            static_cast<int>(Tone::bad));
  EXPECT_EQ(at(model, 1, RunTableModel::cases), "2 of 2 ok");
  EXPECT_EQ(at(model, 1, RunTableModel::commit), "0123456789*");

  model.sort(RunTableModel::label, Qt::AscendingOrder);
  EXPECT_EQ(at(model, 0, RunTableModel::label), "after");
  EXPECT_EQ(model.row_of(data.broken.run.id), 2);

  model.set_grouping(RunTableModel::Grouping::branch);
  ASSERT_EQ(model.rowCount(), 5);
  EXPECT_TRUE(model.is_heading(0));
  EXPECT_EQ(at(model, 0, 0), "main (2 runs)");
  EXPECT_EQ(at(model, 3, 0), "topic (1 run)");
  EXPECT_FALSE(model.flags(model.index(0, 0)).testFlag(Qt::ItemIsSelectable));
  EXPECT_EQ(model.fitting(), 3U);

  model.set_filter(RunFilter::parse("is:failing"));
  EXPECT_EQ(model.rowCount(), 2);
  EXPECT_EQ(model.row_of(data.before.run.id), -1);
}

TEST(RunTableModel, GroupsByEachTagAndModelOfARun) {
  const ThreeRuns data;
  {
    Store store(data.database, OpenMode::read_write);
    store.set_tags(data.after.run.id, {"best", "candidate"}, true);
    store.set_tags(data.broken.run.id, {"best"}, true);
  }
  store_run(data.database, started_at(profiled_run("a model", 1), 3));
  RunTableModel model;
  const Tester tester(&model, Tester::FailureReportingMode::Fatal);
  model.set_runs(read_all_runs(data.database));
  model.set_grouping(RunTableModel::Grouping::tag);
  QStringList headings;
  const auto collect = [&] {
    headings.clear();
    for (int row = 0; row < model.rowCount(); ++row) {
      if (model.is_heading(row)) headings.append(at(model, row, 0));
    }
    headings.sort();
  };
  collect();
  EXPECT_EQ(headings, QStringList({"best (2 runs)", "candidate (1 run)", "no tag (2 runs)"}));
  EXPECT_EQ(model.fitting(), 4U) << "a run under two headings is one run";
  model.set_filter(RunFilter::parse("is:tagged -tag:candidate"));
  EXPECT_EQ(model.fitting(), 1U);
  model.set_filter({});
  model.set_grouping(RunTableModel::Grouping::model);
  collect();
  EXPECT_EQ(headings, QStringList({"byte-llama-6m (1 run)", "no model (3 runs)"}));
}

TEST(RunTableModel, MarksTheBaselineAndTakesTheMarkAway) {
  const ThreeRuns data;
  RunTableModel model;
  const Tester tester(&model, Tester::FailureReportingMode::Fatal);
  model.set_runs(read_all_runs(data.database));
  model.set_baseline(data.after.run.id);
  EXPECT_TRUE(at(model, 1, RunTableModel::id).startsWith(QString::fromUtf8("◆ ")));
  model.set_baseline({});
  EXPECT_FALSE(at(model, 1, RunTableModel::id).startsWith(QString::fromUtf8("◆ ")));
}

TEST(CaseTableModel, ShowsFailuresWithReasonsAndCasesThatWereNeverMeasured) {
  const ThreeRuns data;
  Session session;
  open_whole(session, data.database);
  CaseTableModel model;
  const Tester tester(&model, Tester::FailureReportingMode::Fatal);
  auto run = std::make_shared<RunWithRecords>(*session.run(data.broken.run.id).value);
  run->planned.push_back({2, operator_case(3)});
  model.show(run, nullptr);
  ASSERT_EQ(model.rowCount(), 3);
  EXPECT_EQ(at(model, 1, CaseTableModel::outcome), "out_of_memory");
  EXPECT_EQ(at(model, 1, CaseTableModel::reason), "asked for 1 TB, 8 GB are free");
  EXPECT_EQ(at(model, 2, CaseTableModel::outcome), "not measured");
  EXPECT_THAT(at(model, 0, CaseTableModel::figures).toStdString(), ::testing::StartsWith("time "));
  EXPECT_EQ(model.row_of(case_hash(operator_case(2))), 1);
  model.show(nullptr, nullptr);
  EXPECT_EQ(model.rowCount(), 0);
}

TEST(CaseTableModel, HoldsEachCaseAgainstThePinnedBaseline) {
  const ThreeRuns data;
  Session session;
  open_whole(session, data.database);
  session.pin_baseline(data.before.run.id);
  session.choose_run(data.after.run.id);
  const auto compared = session.comparison();
  ASSERT_NE(compared.value, nullptr) << compared.problem.toStdString();
  CaseTableModel model;
  model.show(session.run(data.after.run.id).value, compared.value);
  EXPECT_THAT(at(model, 0, CaseTableModel::change).toStdString(), ::testing::EndsWith("same"));
  EXPECT_THAT(at(model, 1, CaseTableModel::change).toStdString(), ::testing::HasSubstr("time +"));
  EXPECT_THAT(at(model, 1, CaseTableModel::change).toStdString(), ::testing::EndsWith("slower"));
}

TEST(ComparisonModel, ShowsTheWorstRowFirstWithItsInterval) {
  const ThreeRuns data;
  Session session;
  open_whole(session, data.database);
  session.pin_baseline(data.before.run.id);
  session.choose_run(data.after.run.id);
  ComparisonModel model;
  const Tester tester(&model, Tester::FailureReportingMode::Fatal);
  model.show(session.comparison().value);
  ASSERT_EQ(model.rowCount(), 2);
  EXPECT_EQ(at(model, 0, ComparisonModel::verdict), "slower");
  const auto mark =
      model.index(0, ComparisonModel::interval).data(ComparisonModel::mark_role).value<RatioMark>();
  EXPECT_TRUE(mark.certain);
  EXPECT_NEAR(mark.middle, std::log(1.1), 0.01);
  EXPECT_LT(mark.low, mark.middle);
  EXPECT_GT(mark.reach, mark.high);
  EXPECT_GT(model.left_out(), 0U) << "memory and exactness, which are the same";
  const int all = model.rowCount() + static_cast<int>(model.left_out());
  model.show_all(true);
  EXPECT_EQ(model.rowCount(), all);
}

TEST(CsvText, QuotesWhatNeedsIt) {
  EXPECT_EQ(csv_text({{"a", "b,c"}, {"say \"x\"", "two\nlines"}}),
            "a,\"b,c\"\r\n\"say \"\"x\"\"\",\"two\nlines\"\r\n");
}

}  // namespace
}  // namespace ridgepoint
