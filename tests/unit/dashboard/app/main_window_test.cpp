#include "dashboard/app/main_window.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QAbstractButton>
#include <QClipboard>
#include <QLineEdit>
#include <QListWidget>
#include <QMimeData>
#include <set>

#include "dashboard/app/command_palette.h"
#include "dashboard/app/help_page.h"
#include "dashboard/app/options.h"
#include "dashboard/charts/theme.h"
#include "dashboard/views/message_page.h"
#include "dashboard/views/new_run.h"
#include "dashboard/views/view.h"
#include "tests/support/error_of.h"
#include "tests/unit/dashboard/dashboard_data.h"
#include "tests/unit/dashboard/open_window.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

TEST(MainWindow, GoesBetweenViewsByKeysAndBack) {
  const ThreeRuns data;
  OpenWindow open(data.database);
  EXPECT_EQ(open.window.current_view()->name(), "runs");
  QTest::keyClick(&open.window, Qt::Key_2, Qt::ControlModifier);
  EXPECT_EQ(open.window.current_view()->name(), "compare");
  QTest::keyClick(&open.window, Qt::Key_8, Qt::ControlModifier);
  EXPECT_EQ(open.window.current_view()->name(), "machines");
  QTest::keyClick(&open.window, Qt::Key_Left, Qt::AltModifier);
  EXPECT_EQ(open.window.current_view()->name(), "compare");
}

TEST(MainWindow, ExplainsAFirstStartAndOffersARun) {
  const TemporaryFolder folder;
  OpenWindow open(folder / "none.db");
  ASSERT_NE(open.window.message_page(), nullptr);
  EXPECT_EQ(open.window.message_page()->title(), "Nothing has been measured yet");
  EXPECT_THAT(open.window.message_page()->text().toStdString(),
              HasSubstr("ridgepoint run --suite smoke"));
  EXPECT_EQ(open.window.message_page()->findChildren<QAbstractButton*>().size(), 2);
}

TEST(MainWindow, ShowsWhatIsWrongWithADatabaseAndThenTheDatabase) {
  const ThreeRuns data;
  SQLite::Database(data.database.string(), SQLite::OPEN_READWRITE)
      .exec("PRAGMA user_version = 9999");
  OpenWindow open(data.database);
  ASSERT_NE(open.window.message_page(), nullptr);
  EXPECT_THAT(open.window.message_page()->text().toStdString(), HasSubstr("newer Ridgepoint"));
  const ThreeRuns other;
  open.window.open({other.database});
  EXPECT_EQ(open.window.message_page(), nullptr);
}

TEST(MainWindow, DrawsEveryViewInBothThemesAndTwoSizes) {
  const ThreeRuns data;
  for (const QSize size : {QSize(1280, 720), QSize(3840, 2160)}) {
    OpenWindow open(data.database, size);
    open.window.session().pin_baseline(data.before.run.id);
    open.window.session().choose_run(data.after.run.id);
    for (const Theme* theme : {&light_theme(), &dark_theme()}) {
      apply_theme(*qApp, theme->dark ? "dark" : "light");
      for (const QString& name : open.window.view_names()) {
        open.window.go_to(name);
        QTest::qWait(1);
        const QImage image = open.window.grab().toImage();
        ASSERT_EQ(image.size(), size) << "nothing in it may ask for more room";
        EXPECT_EQ(image.pixelColor(2, image.height() - 2), theme->window) << name.toStdString();
        std::set<QRgb> colours;
        for (int x = 200; x < image.width(); x += 3) {
          for (int y = 100; y < image.height(); y += 7) colours.insert(image.pixel(x, y));
        }
        EXPECT_GT(colours.size(), 5U) << name.toStdString() << " is empty";
      }
    }
  }
  apply_theme(*qApp, "light");
}

TEST(MainWindow, CopiesRowsDrawingsAndCommandLines) {
  const ThreeRuns data;
  OpenWindow open(data.database);
  open.window.session().choose_run(data.after.run.id);
  QTest::keyClick(&open.window, Qt::Key_T, Qt::ControlModifier | Qt::ShiftModifier);
  EXPECT_THAT(QGuiApplication::clipboard()->text().toStdString(),
              ::testing::StartsWith("Run,Started,"));
  QTest::keyClick(&open.window, Qt::Key_L, Qt::ControlModifier | Qt::ShiftModifier);
  EXPECT_THAT(QGuiApplication::clipboard()->text().toStdString(),
              ::testing::StartsWith("ridgepoint show "));
  QTest::keyClick(&open.window, Qt::Key_G, Qt::ControlModifier | Qt::ShiftModifier);
  EXPECT_THAT(QGuiApplication::clipboard()->text().toStdString(), HasSubstr("<svg"));
  QTest::keyClick(&open.window, Qt::Key_C, Qt::ControlModifier | Qt::ShiftModifier);
  EXPECT_FALSE(QGuiApplication::clipboard()->image().isNull());
}

TEST(MainWindow, OpensADatabaseThatIsDroppedOnIt) {
  const ThreeRuns data;
  const TemporaryFolder folder;
  OpenWindow open(folder / "none.db");
  QMimeData dropped;
  dropped.setUrls({QUrl::fromLocalFile(QString::fromStdString(data.database.string()))});
  QDropEvent drop(QPointF(100, 100), Qt::CopyAction, &dropped, Qt::LeftButton, Qt::NoModifier);
  static_cast<QObject&>(open.window).event(&drop);  // a sent one needs a drag under way
  EXPECT_EQ(open.window.session().path(), data.database);
  EXPECT_EQ(open.window.session().state(), Session::State::ready);
}

TEST(CommandPalette, FindsCommandsAndRuns) {
  const ThreeRuns data;
  OpenWindow open(data.database);
  auto* palette = new CommandPalette(open.window.session(), open.window.commands(), &open.window);
  QTest::keyClicks(palette->box(), "go hist");
  ASSERT_EQ(palette->list()->count(), 1);
  QTest::keyClick(palette->box(), Qt::Key_Return);
  EXPECT_EQ(open.window.current_view()->name(), "history");
  auto* again = new CommandPalette(open.window.session(), open.window.commands(), &open.window);
  QTest::keyClicks(again->box(), "label:after");
  ASSERT_EQ(again->list()->count(), 1);
  QTest::keyClick(again->box(), Qt::Key_Return);
  EXPECT_EQ(open.window.session().place().run, data.after.run.id);
}

TEST(Commands, HaveNoKeyTwice) {
  const MainWindow window(false);
  std::set<QString> keys;
  for (const Command& command : window.commands()) {
    EXPECT_FALSE(command.title.isEmpty());
    if (!command.keys.isEmpty()) {
      EXPECT_TRUE(keys.insert(command.keys.toString()).second) << command.title.toStdString();
    }
  }
}

TEST(NewRun, StartsAProcessAndShowsWhatItSays) {
  const TemporaryFolder folder;
  Session session;
  session.open(folder / "none.db");
  NewRun run(session);
  run.set_arguments("run --no-such-option");
  run.start();
  ASSERT_TRUE(wait_until([&] { return !run.running(); }));
  // Beside the tests lies the program itself, where it has been built; it refuses in one line.
  EXPECT_FALSE(run.status().isEmpty());
  EXPECT_THAT(run.status().toStdString(), ::testing::Not(::testing::StartsWith("Done")));
}

TEST(Options, SayWhatNobodyCanMean) {
  const auto problem = [](const QStringList& arguments) {
    return error_of([&] { return parse_options(QStringList("dashboard") + arguments); });
  };
  EXPECT_THAT(problem({"--theme", "pink"}), HasSubstr("light or dark"));
  EXPECT_THAT(problem({"--size", "big"}), HasSubstr("WIDTHxHEIGHT"));
  EXPECT_THAT(problem({"--screenshot", "runs"}), HasSubstr("file to write"));
  EXPECT_THAT(problem({"--screenshot", "runs", "out.bmp"}), HasSubstr(".png, .svg or .csv"));
  EXPECT_THAT(problem({"--bogus"}), HasSubstr("--help"));
  for (const char* range : {"", "5", "9:2", "a:b", "1:2:3", "-1:2", "0:nan"}) {
    EXPECT_THAT(problem({"--range", range}), HasSubstr("FROM:TO in milliseconds")) << range;
  }
  EXPECT_EQ(parse_options({"dashboard", "--range", "0.5:2"}).range_end_ms, 2);
  const auto options =
      parse_options({"dashboard", "--screenshot", "runs", "out.png", "a.db", "--size", "800x600"});
  EXPECT_EQ(options.databases, QStringList("a.db"));
  EXPECT_EQ(options.size, QSize(800, 600));
  const auto all = parse_options({"dashboard", "--screenshot", "all", "folder", "a.db"});
  EXPECT_TRUE(all.every_view);
  EXPECT_EQ(all.screenshot, "folder");
  EXPECT_TRUE(all.view.isEmpty());
}

}  // namespace
}  // namespace ridgepoint
