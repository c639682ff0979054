// One baseline, several candidates.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QLineEdit>
#include <QTableView>

#include "dashboard/charts/two_sides_chart.h"
#include "dashboard/views/compare_view.h"
#include "dashboard/views/runs_view.h"
#include "tests/unit/dashboard/in_sight.h"

namespace ridgepoint {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string words_in(const CandidatesModel& model, int row, int column) {
  return model.index(row, column).data().toString().toStdString();
}

/// "before" pinned; "after" and "broken" kept.
void keep_two(Session& session, const ThreeRuns& data) {
  session.pin_baseline(data.before.run.id);
  session.keep_candidate(data.after.run.id);
  session.keep_candidate(data.broken.run.id);
}

TEST(SeveralCandidates, AreShownWorstFirstWithAColumnEach) {
  const ThreeRuns data;
  InSight<CompareView> shown(data.database);
  keep_two(shown.session, data);
  EXPECT_TRUE(shown.view.candidates_table()->isVisible());
  EXPECT_FALSE(shown.view.table()->isVisible());
  EXPECT_THAT(shown.view.verdict().toStdString(),
              AllOf(StartsWith("slower: "), HasSubstr("after"), HasSubstr("broken")));
  EXPECT_THAT(shown.view.facts().toStdString(), HasSubstr("over the 3 tests of all candidates"));
  const CandidatesModel& model = shown.view.candidates();
  ASSERT_EQ(model.columnCount(), CandidatesModel::first_candidate + 2);
  ASSERT_GE(model.rowCount(), 2);
  const int after = CandidatesModel::first_candidate;
  const int slower = model.row_of(case_hash(operator_case(2)), "run_ns");
  const int same = model.row_of(case_hash(operator_case(1)), "run_ns");
  EXPECT_LT(slower, same);
  EXPECT_THAT(words_in(model, slower, after), StartsWith("+1"));
  ASSERT_NE(model.at(slower, after), nullptr);
  EXPECT_EQ(model.at(slower, after)->verdict, Verdict::slower);
  EXPECT_EQ(model.at(same, after)->verdict, Verdict::same);
  ASSERT_NE(model.at(slower, after + 1), nullptr) << "a case that failed stands for its metrics";
  EXPECT_TRUE(model.at(slower, after + 1)->metric.empty());
  EXPECT_EQ(model.at(slower, CandidatesModel::baseline), nullptr);
}

TEST(SeveralCandidates, ACellThatIsChosenSaysWhatWasFoundThere) {
  const ThreeRuns data;
  InSight<CompareView> shown(data.database);
  keep_two(shown.session, data);
  QTableView* table = shown.view.candidates_table();
  const CandidatesModel& model = shown.view.candidates();
  const int row = model.row_of(case_hash(operator_case(2)), "run_ns");
  table->setCurrentIndex(model.index(row, CandidatesModel::first_candidate + 1));
  QTest::keyClick(table, Qt::Key_Left);
  EXPECT_EQ(shown.session.place().candidate, data.after.run.id);
  EXPECT_EQ(shown.session.place().case_hash, case_hash(operator_case(2)));
  EXPECT_THAT(shown.view.why().toStdString(), HasSubstr("slower"));
  EXPECT_EQ(shown.view.charts()[0]->graphCount(), 2);
  EXPECT_THAT(shown.view.charts()[0]->graph(0)->name().toStdString(), StartsWith("baseline ("));
  EXPECT_THAT(shown.view.charts()[0]->graph(1)->name().toStdString(), HasSubstr("after"));
  QTest::keyClick(table, Qt::Key_Right);
  EXPECT_EQ(shown.session.place().candidate, data.broken.run.id);
  EXPECT_THAT(shown.view.why().toStdString(), HasSubstr("asked for 1 TB"));
}

TEST(SeveralCandidates, AreTypedApartBySemicolonsAndOneThatIsNotThereSaysSo) {
  const ThreeRuns data;
  InSight<CompareView> shown(data.database);
  shown.view.side_box(true)->setText("before");
  shown.view.side_box(false)->setText("after; nobody");
  QTest::keyClick(shown.view.side_box(false), Qt::Key_Return);
  EXPECT_THAT(shown.view.verdict().toStdString(),
              AllOf(StartsWith("slower: after"), HasSubstr("no comparison: nobody")));
  EXPECT_THAT(shown.view.candidates()
                  .headerData(CandidatesModel::first_candidate + 1, Qt::Horizontal, Qt::ToolTipRole)
                  .toString()
                  .toStdString(),
              HasSubstr("no run 'nobody'"));
  EXPECT_THAT(shown.view.command_line().toStdString(),
              HasSubstr("ridgepoint compare before after"));
  const auto rows = shown.view.rows();
  ASSERT_GE(rows.size(), 3U);
  EXPECT_THAT(rows[1].join('|').toStdString(), HasSubstr("slower"));
  shown.view.side_box(false)->setText("after");
  QTest::keyClick(shown.view.side_box(false), Qt::Key_Return);
  EXPECT_TRUE(shown.view.table()->isVisible()) << "one candidate is shown as ever";
}

TEST(SeveralCandidates, AreKeptByAKeyInTheTableOfRuns) {
  const ThreeRuns data;
  InSight<RunsView> shown(data.database);
  shown.session.choose_run(data.after.run.id);
  QTest::keyClick(shown.view.table(), Qt::Key_C);
  EXPECT_EQ(shown.session.place().candidates, std::vector{data.after.run.id});
  const int row = shown.view.model().row_of(data.after.run.id);
  EXPECT_TRUE(
      shown.view.model().index(row, 0).data().toString().startsWith(QString::fromUtf8("●")));
  QTest::keyClick(shown.view.table(), Qt::Key_C);
  EXPECT_TRUE(shown.session.place().candidates.empty());
}

TEST(SeveralCandidates, TheirTableKeepsTheRulesOfModels) {
  const ThreeRuns data;
  Session session;
  open_whole(session, data.database);
  keep_two(session, data);
  CandidatesModel model;
  const QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::Fatal);
  model.show(session.comparisons().value, {"after", "broken"}, {"slower", "slower"});
  const int rows = model.rowCount();
  model.show_all(true);
  EXPECT_GT(model.rowCount(), rows) << "memory within tolerance too";
  model.show(nullptr, {}, {});
  EXPECT_EQ(model.rowCount(), 0);
}

}  // namespace
}  // namespace ridgepoint
