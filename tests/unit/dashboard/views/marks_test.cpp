// Tags and notes of runs, typed into the dashboard and into other programs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QAction>
#include <QLineEdit>
#include <QMenu>
#include <QTableView>
#include <filesystem>

#include "dashboard/views/mark_editor.h"
#include "dashboard/views/run_details.h"
#include "dashboard/views/runs_view.h"
#include "tests/unit/dashboard/in_sight.h"

namespace ridgepoint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string cell_of(const RunsView& view, const std::string& run, int column) {
  const int row = view.model().row_of(run);
  return view.model().index(row, column).data().toString().toStdString();
}

RunMarks stored_marks(const ThreeRuns& data, const std::string& run) {
  return Store(data.database, OpenMode::read_only).run(run).marks;
}

/// Until the list was read anew.
void let_read(Session& session) {
  wait_until([&] { return !session.loading(); });
  session.look();
  wait_until([&] { return !session.loading(); });
}

TEST(MarkedRuns, TagsAreTypedAndStoredAndChangedByTypingAgain) {
  const ThreeRuns data;
  InSight<RunsView> shown(data.database);
  const std::string run = data.after.run.id;
  EXPECT_TRUE(shown.view.table()->isColumnHidden(RunTableModel::tags)) << "nothing has a tag yet";
  shown.session.choose_run(run);
  QTest::keyClick(shown.view.table(), Qt::Key_T);
  QLineEdit* line = shown.view.mark_editor().line();
  ASSERT_TRUE(line->isVisible());
  QTest::keyClicks(line, "paper, best");
  QTest::keyClick(line, Qt::Key_Return);
  EXPECT_FALSE(line->isVisible());
  EXPECT_THAT(stored_marks(data, run).tag_names(), ElementsAre("best", "paper"));
  let_read(shown.session);
  EXPECT_EQ(cell_of(shown.view, run, RunTableModel::tags), "best paper");
  EXPECT_FALSE(shown.view.table()->isColumnHidden(RunTableModel::tags));

  QTest::keyClick(shown.view.table(), Qt::Key_T);
  EXPECT_EQ(line->text(), "best paper");
  line->setText("paper");
  QTest::keyClick(line, Qt::Key_Return);
  EXPECT_THAT(stored_marks(data, run).tag_names(), ElementsAre("paper"));
}

TEST(MarkedRuns, ANoteIsTypedAndEscapeLeavesItAsItWas) {
  const ThreeRuns data;
  InSight<RunsView> shown(data.database);
  const std::string run = data.before.run.id;
  shown.session.choose_run(run);
  QTest::keyClick(shown.view.table(), Qt::Key_N);
  QLineEdit* line = shown.view.mark_editor().line();
  QTest::keyClicks(line, "fan was off");
  QTest::keyClick(line, Qt::Key_Return);
  let_read(shown.session);
  EXPECT_EQ(cell_of(shown.view, run, RunTableModel::note), "fan was off");
  QTest::keyClick(shown.view.table(), Qt::Key_N);
  QTest::keyClicks(line, " and on again");
  QTest::keyClick(line, Qt::Key_Escape);
  EXPECT_FALSE(line->isVisible());
  EXPECT_EQ(stored_marks(data, run).note, "fan was off");
}

TEST(MarkedRuns, WhatOthersSayMeanwhileShowsAndStays) {
  const ThreeRuns data;
  InSight<RunsView> shown(data.database);
  const std::string run = data.after.run.id;
  shown.session.choose_run(run);
  QTest::keyClick(shown.view.table(), Qt::Key_T);
  Store(data.database, OpenMode::read_write).set_tags(run, {"theirs"}, true);
  QLineEdit* line = shown.view.mark_editor().line();
  QTest::keyClicks(line, "mine");
  QTest::keyClick(line, Qt::Key_Return);
  let_read(shown.session);
  EXPECT_EQ(cell_of(shown.view, run, RunTableModel::tags), "mine theirs");
}

TEST(MarkedRuns, WhatCannotBeStoredStaysToBeMended) {
  const ThreeRuns data;
  InSight<RunsView> shown(data.database);
  shown.session.choose_run(data.after.run.id);
  QTest::keyClick(shown.view.table(), Qt::Key_T);
  MarkEditor& editor = shown.view.mark_editor();
  QTest::keyClicks(editor.line(), "-best");
  QTest::keyClick(editor.line(), Qt::Key_Return);
  EXPECT_TRUE(editor.line()->isVisible());
  EXPECT_THAT(editor.problem().toStdString(), HasSubstr("begins with '-'"));
}

TEST(MarkedRuns, TheMenuOfARunOffersWhatItsKeysDo) {
  const ThreeRuns data;
  InSight<RunsView> shown(data.database);
  shown.session.choose_run(data.after.run.id);
  QMenu* menu = shown.view.run_menu();
  ASSERT_EQ(menu->actions().size(), 6);
  menu->actions()[1]->trigger();
  EXPECT_TRUE(shown.view.mark_editor().line()->isVisible());
  menu->actions()[3]->trigger();
  EXPECT_EQ(shown.session.place().baseline, data.after.run.id);
}

}  // namespace
}  // namespace ridgepoint
