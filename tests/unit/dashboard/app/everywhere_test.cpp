// What holds in every view: names for whoever cannot see, keys for whoever has no mouse, copies,
// and databases that cannot be read.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QAbstractButton>
#include <QAccessible>
#include <QClipboard>
#include <QDir>
#include <QImage>
#include <QLabel>
#include <QMimeData>
#include <QProcess>
#include <QSettings>
#include <QSplitter>
#include <QTabBar>
#include <QTableView>
#include <QTextBrowser>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>

#include "dashboard/app/command_palette.h"
#include "dashboard/app/help_page.h"
#include "dashboard/app/options.h"
#include "dashboard/app/picture_command.h"
#include "dashboard/app/pictures.h"
#include "dashboard/charts/chart.h"
#include "dashboard/charts/theme.h"
#include "dashboard/models/run_filter.h"
#include "dashboard/models/text.h"
#include "dashboard/views/message_page.h"
#include "dashboard/views/new_run.h"
#include "dashboard/views/runs_view.h"
#include "dashboard/views/splitter.h"
#include "dashboard/views/view.h"
#include "tests/unit/dashboard/open_profiles.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

/// Lists that boxes open belong to them.
bool is_of_a_popup(const QWidget& widget) {
  for (const QWidget* at = &widget; at != nullptr; at = at->parentWidget()) {
    if (at->inherits("QComboBoxPrivateContainer") || at->inherits("QMenu")) return true;
  }
  return false;
}

QStringList without_name(const QWidget& window) {
  QStringList found;
  for (QWidget* widget : window.findChildren<QWidget*>()) {
    if (widget->focusPolicy() == Qt::NoFocus || is_of_a_popup(*widget)) continue;
    if (widget->focusProxy() != nullptr || widget->objectName() == "qt_spinbox_lineedit") continue;
    QAccessibleInterface* read = QAccessible::queryAccessibleInterface(widget);
    if (read != nullptr && !read->text(QAccessible::Name).trimmed().isEmpty()) continue;
    found.append(QString("%1 in %2")
                     .arg(widget->metaObject()->className(),
                          widget->parentWidget()->metaObject()->className()));
  }
  return found;
}

TEST(Everywhere, WhatCanHaveFocusHasANameThatIsReadAloud) {
  OpenProfiles open;
  EXPECT_EQ(without_name(open.window).join("\n").toStdString(), "");
  auto* palette = new CommandPalette(open.window.session(), open.window.commands(), &open.window);
  EXPECT_EQ(without_name(*palette).join("\n").toStdString(), "");
  const HelpPage help(open.window.commands(), {}, nullptr);
  EXPECT_EQ(without_name(help).join("\n").toStdString(), "");
  const NewRun run(open.window.session());
  EXPECT_EQ(without_name(run).join("\n").toStdString(), "");
}

TEST(Everywhere, TabReachesAllThatCanHaveFocus) {
  OpenProfiles open;
  ASSERT_TRUE(wait_until([&] { return open.window.isActiveWindow(); }));
  open.in_every_view([&](View& view) {
    view.first_focus()->setFocus();
    std::set<QWidget*> reached;
    for (int i = 0; i < 200; ++i) {
      QWidget* now = QApplication::focusWidget();
      ASSERT_NE(now, nullptr);
      if (!reached.insert(now).second) break;
      QTest::keyClick(now, Qt::Key_Tab);
    }
    for (QWidget* widget : open.window.findChildren<QWidget*>()) {
      if (!widget->isVisible() || !widget->isEnabled() || is_of_a_popup(*widget)) continue;
      if (widget->focusPolicy() == Qt::NoFocus || widget->focusProxy() != nullptr) continue;
      EXPECT_TRUE(widget->focusPolicy() & Qt::TabFocus)
          << widget->metaObject()->className() << " can be reached with a mouse only";
      EXPECT_TRUE(reached.contains(widget))
          << widget->metaObject()->className() << " " << widget->accessibleName().toStdString();
    }
  });
}

TEST(Everywhere, BordersBetweenPartsAreMovedByKeys) {
  OpenProfiles open;
  std::size_t moved = 0;
  open.in_every_view([&](View& view) {
    for (QSplitter* splitter : view.findChildren<QSplitter*>()) {
      if (!splitter->isVisible()) continue;
      for (int i = 1; i < splitter->count(); ++i) {
        SCOPED_TRACE(splitter->objectName().toStdString());
        QSplitterHandle* border = splitter->handle(i);
        const bool across = splitter->orientation() == Qt::Horizontal;
        const auto size = [&] { return splitter->sizes()[i - 1]; };
        const auto less = across ? Qt::Key_Left : Qt::Key_Up;
        const auto more = across ? Qt::Key_Right : Qt::Key_Down;
        QTest::keyClick(border, Qt::Key_Home);
        const int least = size();
        QTest::keyClick(border, less);
        EXPECT_EQ(size(), least) << "no part is lost";
        EXPECT_GT(least, 0);
        ++moved;
        QTest::keyClick(border, Qt::Key_End);
        EXPECT_GT(splitter->sizes()[i], 0);
        if (size() == least) continue;  // neither side has room to give
        QTest::keyClick(border, Qt::Key_Home);
        QTest::keyClick(border, more);
        EXPECT_GT(size(), least);
        const int here = size();
        QTest::keyClick(border, more, Qt::ShiftModifier);
        EXPECT_GT(size(), here);
        EXPECT_LT(size() - here, here - least) << "a little";
        border->setFocus();
        EXPECT_EQ(border->grab().toImage().pixelColor(1, 1), theme_of(border->palette()).a);
      }
    }
  });
  EXPECT_GE(moved, 11U);
}

TEST(HelpPage, ListsEveryKeyThatIsDeclared) {
  const MainWindow window(false);
  std::vector<View*> views;
  for (const QString& name : window.view_names()) views.push_back(window.view(name));
  const HelpPage help(window.commands(), views, nullptr);
  const QString words = help.findChild<QTextBrowser*>()->toPlainText();
  for (const auto& [key, meaning] : splitter_keys()) EXPECT_TRUE(words.contains(meaning));
  for (const auto& [key, meaning] : chart_keys()) EXPECT_TRUE(words.contains(meaning));
  for (const View* view : views) {
    for (const auto& [key, meaning] : view->keys()) {
      EXPECT_TRUE(words.contains(meaning)) << meaning.toStdString();
    }
  }
  for (const QString& state : RunFilter::states()) EXPECT_TRUE(words.contains(state));
}

TEST(Everywhere, WhatIsShownCanBeCopiedInEachWay) {
  OpenProfiles open;
  const auto copied = [&](Qt::Key key) {
    QGuiApplication::clipboard()->clear();
    QTest::keyClick(&open.window, key, Qt::ControlModifier | Qt::ShiftModifier);
    return QGuiApplication::clipboard()->text();
  };
  open.in_every_view([&](View& view) {
    copied(Qt::Key_C);
    EXPECT_EQ(QGuiApplication::clipboard()->image().size(), view.size());
    const QString drawing = copied(Qt::Key_G);
    EXPECT_THAT(drawing.toStdString(), HasSubstr("<svg"));
    EXPECT_THAT(drawing.toStdString(), HasSubstr("<text"));
    EXPECT_GE(copied(Qt::Key_T).count('\n'), view.name() == "quality" ? 1 : 2);
    if (view.name() != "quality") {  // no variant of these has a quality
      EXPECT_THAT(copied(Qt::Key_L).toStdString(), StartsWith("ridgepoint "));
    }
    const QStringList words = QProcess::splitCommand(copied(Qt::Key_D));
    ASSERT_GT(words.size(), 3);
    EXPECT_EQ(words[1], "dashboard");
    const DashboardOptions options = parse_options(words.mid(1));
    EXPECT_EQ(options.view, view.name());
    EXPECT_EQ(options.databases, QStringList(open.window.session().path().c_str()));
    EXPECT_EQ(options.run.toStdString(), open.data.after.run.id);
    EXPECT_EQ(options.baseline.toStdString(), open.data.before.run.id);
    EXPECT_EQ(options.op, "layer.1.ffn.up");
  });
}

TEST(PictureCommand, NamesTheRangeAndTheRunsThatWereKept) {
  OpenProfiles open;
  Session& session = open.window.session();
  session.keep_candidate(open.data.ceilings.run.id);
  Place place = session.place();
  place.filter = "its label:a";
  place.range = TraceRange{open.data.after.records[0].id, 1'002'000'000, 1'007'500'000,
                           open.data.after.run.id};
  session.go(place);
  const QStringList words =
      QProcess::splitCommand(picture_command(session, {640, 480}, true, "Ops").replace("'", "\""));
  const DashboardOptions options = parse_options(words.mid(1));
  EXPECT_EQ(options.theme, "dark");
  EXPECT_EQ(options.size, QSize(640, 480));
  EXPECT_EQ(options.tab, "Ops");
  EXPECT_NEAR(options.range_begin_ms, 2, 1e-9);
  EXPECT_NEAR(options.range_end_ms, 7.5, 1e-9);
  EXPECT_THAT(options.side_b.toStdString(), HasSubstr(open.data.ceilings.run.id));
}

/// Every view is looked at, and none may bring the window down.
void look_at_every_view(MainWindow& window) {
  for (const QString& name : window.view_names()) {
    window.go_to(name);
    QTest::qWait(1);
    EXPECT_FALSE(window.grab().isNull()) << name.toStdString();
    EXPECT_FALSE(window.current_view()->rows().empty()) << name.toStdString();
  }
}

TEST(Everywhere, ADatabaseThatCannotBeReadIsAPageAndNoCrash) {
  const ThreeRuns data;
  const auto size = std::filesystem::file_size(data.database);
  const auto spoilt = [&](const std::string& name, auto&& spoil) {
    const auto path = data.folder / (name + ".db");
    std::filesystem::copy_file(data.database, path);
    spoil(path);
    return path;
  };
  const auto nothing =
      spoilt("nothing", [](const auto& path) { std::filesystem::resize_file(path, 0); });
  const auto text = spoilt("text", [](const auto& path) {
    std::ofstream(path) << "this is no database, but it is long enough to be looked at twice\n";
  });
  const auto half =
      spoilt("half", [&](const auto& path) { std::filesystem::resize_file(path, size / 2); });
  const auto newer = spoilt("newer", [](const auto& path) {
    SQLite::Database(path.string(), SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 9999");
  });
  for (const auto& path : {nothing, text, half, newer, data.folder / "missing.db",
                           std::filesystem::path(data.folder / "")}) {
    SCOPED_TRACE(path.string());
    OpenWindow open(path);
    look_at_every_view(open.window);
    const bool says = open.window.message_page() != nullptr ||
                      std::ranges::any_of(open.window.view_names(), [&](const QString& name) {
                        return !open.window.view(name)->message().isEmpty();
                      });
    EXPECT_TRUE(says);
  }
}

TEST(Everywhere, ADatabaseThatIsHeldByAnotherProcessSaysSo) {
  const ThreeRuns data;
  SQLite::Database holder(data.database.string(), SQLite::OPEN_READWRITE);
  holder.exec("PRAGMA locking_mode = EXCLUSIVE");
  holder.exec("BEGIN EXCLUSIVE");
  OpenWindow open(data.database);
  ASSERT_NE(open.window.message_page(), nullptr);
  EXPECT_THAT(open.window.message_page()->text().toStdString(), HasSubstr("locked"));
  for (const QString& name : open.window.view_names()) open.window.go_to(name);
  EXPECT_FALSE(open.window.grab().isNull());
}

TEST(Everywhere, RecordsThatAreDamagedLeaveAllElseReadable) {
  OpenProfiles open;
  {
    SQLite::Database database(open.data.database.string(), SQLite::OPEN_READWRITE);
    database.exec("UPDATE traces SET trace = x'525054320000'");
    database.exec("UPDATE series SET samples = x'00ff00ff'");
  }
  open.window.session().reopen();
  ASSERT_TRUE(wait_until([&] { return !open.window.session().loading(); }));
  open.window.session().choose_run(open.data.after.run.id);
  look_at_every_view(open.window);
  open.window.go_to("runs");
  EXPECT_EQ(static_cast<RunsView*>(open.window.view("runs"))->model().fitting(), 3);
}

TEST(Everywhere, ARunThatIsBeingMeasuredIsFollowed) {
  const ThreeRuns data;
  OpenWindow open(data.database);
  RunWithRecords live = op_run("live", {1.0, 1.2}, 31);
  const Record second = live.records.back();
  live.records.pop_back();
  live.run.status = "running";
  Store store(data.database, OpenMode::read_write);
  const std::vector<Case> planned{live.records.front().subject, second.subject};
  store.begin_run(live.run, planned);
  store.add_record(live.records.front());
  const auto cases = [&] {
    open.window.session().look();
    return open.window.session().run(live.run.id).value == nullptr
               ? 0
               : open.window.session().run(live.run.id).value->records.size();
  };
  ASSERT_TRUE(wait_until([&] { return cases() == 1; }));
  open.window.session().choose_run(live.run.id);
  look_at_every_view(open.window);
  store.add_record(second);
  EXPECT_TRUE(wait_until([&] { return cases() == 2; }));
  look_at_every_view(open.window);
  EXPECT_EQ(open.window.session().place().run, live.run.id) << "what was chosen stays";
}

TEST(Pictures, AreOfEveryViewAndTabInEachThemeAndSize) {
  OpenProfiles open;
  const QString folder = QString::fromStdString((open.data.folder / "pictures").string());
  draw_every_view(open.window, folder, {.themes = {"light", "dark"}, .sizes = {{1000, 640}}});
  const QStringList files = QDir(folder).entryList(QDir::Files);
  for (const QString& view : open.window.view_names()) {
    for (const char* theme : {"light", "dark"}) {
      EXPECT_TRUE(files.contains(QString("%1-%2-1000x640.png").arg(view, theme)))
          << view.toStdString();
    }
  }
  EXPECT_TRUE(files.contains("machines-ceilings-dark-1000x640.png"))
      << files.join(" ").toStdString();
  EXPECT_TRUE(files.contains("compare-environment-light-1000x640.png"));
  EXPECT_EQ(QImage(folder + "/wall-light-1000x640.png").size(), QSize(1000, 640));
  apply_theme(*qApp, "light");
}

/// Words that have less room than they need, of what is in sight.
QStringList cut_off(const QWidget& window) {
  QStringList found;
  for (const QLabel* label : window.findChildren<QLabel*>()) {
    if (!label->isVisible() || label->text().isEmpty()) continue;
    const bool fits = label->wordWrap() ? label->heightForWidth(label->width()) <= label->height()
                                        : label->sizeHint().width() <= label->width();
    if (!fits) found.append("label: " + label->text().left(80));
  }
  for (const QAbstractButton* button : window.findChildren<QAbstractButton*>()) {
    if (!button->isVisible() || button->text().isEmpty()) continue;
    const int needs = button->fontMetrics().horizontalAdvance(QString(button->text()).remove('&'));
    if (needs > button->width()) found.append("button: " + button->text());
  }
  for (const QTabBar* tabs : window.findChildren<QTabBar*>()) {
    if (tabs->isVisible() && tabs->sizeHint().width() > tabs->width()) {
      found.append("tabs: " + tabs->tabText(0));
    }
  }
  return found;
}

TEST(Everywhere, NoWordsAreCutOffAtEitherSize) {
  OpenProfiles open;
  for (const QSize size : {QSize(1280, 720), QSize(3840, 2160)}) {
    open.window.resize(size);
    open.in_every_view(
        [&](View&) { EXPECT_EQ(cut_off(open.window).join("\n").toStdString(), ""); });
  }
}

/// What nobody names things, and what numbers hardly are.
struct HostileRuns {
  TemporaryFolder folder;
  std::filesystem::path database = folder / "hostile.db";
  RunWithRecords many = started_at(op_run("", std::vector<double>(200, 1.0), 41, 2, 3), 0);
  RunWithRecords numbers = started_at(op_run("numbers", std::vector<double>(6, 1.0), 43), 1);
  RunWithRecords one = started_at(profiled_run("one case", 1), 2);
  RunWithRecords none = started_at(finished_run("nothing measured"), 3);

  HostileRuns() {
    std::string label;
    for (int i = 0; i < 40; ++i)
      label += "ein sehr langes Etikett \u2013 \u975e\u5e38\u306b\u9577\u3044 ";
    many.run.label = label;
    many.run.git_branch = std::string(200, 'b');
    many.run.command = "ridgepoint run " + std::string(3000, 'x');
    many.run.marks.note =
        "\u202e\u05e9\u05dc\u05d5\u05dd \U0001F680\n\ttwo\nlines <b>not bold</b> & %1 %2";
    many.run.marks.tags = {{"\u6a21\u578b", true, 1}, {std::string(40, 't'), true, 1}};
    for (int i = 0; i < 3000; ++i) {
      many.run.marks.tags.push_back({"tag-" + std::to_string(i), true, 1});
    }
    for (std::size_t i = 0; i < many.records.size(); i += 3) {
      many.records[i].outcome = i % 2 == 0 ? Outcome::failed : Outcome::timed_out;
      many.records[i].reason =
          std::string(500, 'w') + " <i>why</i> \xff\xfe " + std::string(500, 'y');
      many.records[i].measurement = {};
    }
    const double odd[] = {5e-324, 1e-300, 0, 1e300, std::numeric_limits<double>::infinity(), -1};
    for (std::size_t i = 0; i < numbers.records.size(); ++i) {
      numbers.records[i].measurement.metrics = {{"run_ns", odd[i]}, {"gflops", odd[5 - i]}};
    }
    one.records[0].measurement.op_times[0].work_flops = 1e300;
    one.records[0].measurement.op_times[1].time_ns = 0;
    one.records[0].measurement.op_times[2].op_id = "\u5c42.0." + std::string(300, 'o');
    store_run(database, started_at(ceilings_run(), 0));
    for (const auto* run : {&many, &numbers, &one, &none}) store_run(database, *run);
  }
};

TEST(Everywhere, HostileNamesAndNumbersAreDrawnWithinTheWindow) {
  const HostileRuns data;
  OpenWindow open(data.database);
  // Kept to be looked at.
  const QString folder = QStringLiteral(RIDGEPOINT_BINARY_DIR "/dashboard-pictures-hostile");
  ASSERT_TRUE(QDir().mkpath(folder));
  int pair = 0;
  for (const auto& [baseline, run] :
       {std::pair(&data.numbers, &data.many), std::pair(&data.many, &data.numbers),
        std::pair(&data.none, &data.one), std::pair(&data.one, &data.none)}) {
    open.window.session().pin_baseline({});
    open.window.session().pin_baseline(baseline->run.id);
    open.window.session().choose_run(run->run.id);
    ++pair;
    for (const QString& name : open.window.view_names()) {
      open.window.go_to(name);
      QTest::qWait(1);
      EXPECT_TRUE(open.window.save_picture(QString("%1/%2-%3.png").arg(folder, name).arg(pair)));
      EXPECT_EQ(open.window.size(), QSize(1280, 720)) << name.toStdString();
      EXPECT_EQ(cut_off(open.window).join("\n").toStdString(), "") << name.toStdString();
      EXPECT_FALSE(open.window.current_view()->rows().empty());
    }
  }
}

TEST(Everywhere, HostileNamesAreGroupedAndSearched) {
  const HostileRuns data;
  OpenWindow open(data.database);
  auto& runs = *static_cast<RunsView*>(open.window.view("runs"));
  for (int by = 0; by <= static_cast<int>(RunTableModel::Grouping::day); ++by) {
    runs.group_by(static_cast<RunTableModel::Grouping>(by));
    EXPECT_GE(runs.model().rowCount(), 5) << by;
    EXPECT_FALSE(open.window.grab().isNull());
    EXPECT_EQ(open.window.size(), QSize(1280, 720));
  }
  runs.group_by(RunTableModel::Grouping::none);
  for (const char* text : {"tag:tag-2999", "\u202e\u05e9", "tag:\u6a21", "-tag:tag-1", "is:", ":::",
                           "((((", "a:b:c", "-", "\"", "rows:999999999999999999999"}) {
    runs.search_box()->setText(QString::fromUtf8(text));
    EXPECT_FALSE(open.window.grab().isNull()) << text;
  }
  runs.search_box()->setText("tag:tag-2999");
  EXPECT_EQ(runs.model().fitting(), 1);
}

TEST(Everywhere, ADatabaseThatIsDeletedWhileItIsLookedAtIsAPageUntilItIsBack) {
  OpenProfiles open;
  for (const QString& name : open.window.view_names()) {
    SCOPED_TRACE(name.toStdString());
    open.window.go_to(name);
    const auto away = open.data.folder / "away.db";
    SQLite::Database(open.data.database.string(), SQLite::OPEN_READWRITE)
        .exec("PRAGMA wal_checkpoint(TRUNCATE)");
    std::filesystem::rename(open.data.database, away);
    // Before anybody looks, whatever is clicked has to live without it.
    open.window.session().choose_run(open.data.ceilings.run.id);
    open.window.session().choose_run(open.data.after.run.id);
    EXPECT_FALSE(open.window.grab().isNull());
    open.window.session().look();
    ASSERT_NE(open.window.message_page(), nullptr);
    EXPECT_EQ(open.window.message_page()->title(), "The database is gone");
    std::filesystem::rename(away, open.data.database);
    open.window.session().look();
    ASSERT_TRUE(wait_until([&] { return !open.window.session().loading(); }));
    EXPECT_EQ(open.window.message_page(), nullptr);
    EXPECT_EQ(open.window.current_view()->name(), name);
    EXPECT_TRUE(open.window.current_view()->message().isEmpty())
        << open.window.current_view()->message().toStdString();
  }
}

/// Whoever only types at random must not bring the window down.
TEST(Everywhere, KeysAtRandomAreSurvived) {
  OpenProfiles open;
  constexpr Qt::Key kKeys[] = {
      Qt::Key_W,      Qt::Key_A,       Qt::Key_S,    Qt::Key_D,     Qt::Key_F,
      Qt::Key_Comma,  Qt::Key_Period,  Qt::Key_R,    Qt::Key_Tab,   Qt::Key_BracketLeft,
      Qt::Key_Escape, Qt::Key_Return,  Qt::Key_Up,   Qt::Key_Down,  Qt::Key_BracketRight,
      Qt::Key_Left,   Qt::Key_Right,   Qt::Key_Home, Qt::Key_End,   Qt::Key_B,
      Qt::Key_C,      Qt::Key_Space,   Qt::Key_G,    Qt::Key_Slash, Qt::Key_Backspace,
      Qt::Key_PageUp, Qt::Key_PageDown};
  constexpr Qt::KeyboardModifiers kModifiers[] = {{}, {}, {}, Qt::ShiftModifier, Qt::AltModifier};
  std::uint32_t random = 20261122;
  const auto next = [&random](std::uint32_t below) {
    random = random * 1664525U + 1013904223U;
    return (random >> 8) % below;
  };
  open.in_every_view([&](View& view) {
    view.first_focus()->setFocus();
    for (int i = 0; i < 150; ++i) {
      QWidget* now = QApplication::focusWidget();
      if (now == nullptr || now->window() != &open.window) now = view.first_focus();
      QTest::keyClick(now, kKeys[next(std::size(kKeys))], kModifiers[next(std::size(kModifiers))]);
      if (QApplication::activePopupWidget() != nullptr) QApplication::activePopupWidget()->close();
    }
    EXPECT_FALSE(open.window.grab().isNull());
  });
}

TEST(NewRun, ShowsHowFarItIsAndIsInterruptedWithWhatItMeasured) {
  const TemporaryFolder folder;
  Session session;
  session.open(folder / "runs.db");
  NewRun run(session);
  if (!std::filesystem::exists(utf8(NewRun::program()))) GTEST_SKIP() << "it was not built";
  run.set_arguments(
      "run --op matrix_product --rows 1 --in 64 --out 64 --backend reference "
      "--precision-percent 0.001 --case-budget-seconds 60");
  run.start();
  const auto patiently = [](const std::function<bool()>& holds) {
    for (int i = 0; i < 6 && !holds(); ++i) wait_until(holds);  // other work may take the cores
    return holds();
  };
  ASSERT_TRUE(patiently([&] { return run.cases_begun() == 1; })) << run.output().toStdString();
  run.cancel();
  ASSERT_TRUE(patiently([&] { return !run.running(); }));
  EXPECT_THAT(run.status().toStdString(), StartsWith("Interrupted")) << run.output().toStdString();
  session.look();
  ASSERT_TRUE(
      wait_until([&] { return session.runs()->complete && !session.runs()->runs.empty(); }));
  EXPECT_EQ(session.runs()->runs.front().run().status, "interrupted");
}

TEST(MainWindow, RemembersItsLayoutAndItsTheme) {
  const TemporaryFolder settings;
  QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope,
                     QString::fromStdString((settings / "").string()));
  const ThreeRuns data;
  QList<int> sizes;
  {
    MainWindow window(true);
    window.open({data.database});
    window.show();
    window.resize(1111, 777);
    window.session().choose_run(data.after.run.id);
    QTest::qWait(1);
    auto* halves = window.findChild<QSplitter*>("runs");
    halves->setSizes({200, 400});
    sizes = halves->sizes();
    const auto dark = std::ranges::find(window.commands(), "Dark", &Command::title);
    dark->run();
    window.close();
  }
  MainWindow window(true);
  window.open({data.database});
  window.show();
  window.session().choose_run(data.after.run.id);
  QTest::qWait(1);
  EXPECT_EQ(window.size(), QSize(1111, 777));
  EXPECT_EQ(window.findChild<QSplitter*>("runs")->sizes(), sizes);
  EXPECT_EQ(MainWindow::remembered_theme(), "dark");
  apply_theme(*qApp, "light");
}

}  // namespace
}  // namespace ridgepoint
