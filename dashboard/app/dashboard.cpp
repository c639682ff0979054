// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/app/dashboard.h"

#include <fmt/format.h>

#include <QApplication>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "dashboard/app/asked_place.h"
#include "dashboard/app/main_window.h"
#include "dashboard/app/options.h"
#include "dashboard/app/pictures.h"
#include "dashboard/charts/theme.h"
#include "dashboard/models/text.h"
#include "dashboard/views/view.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

constexpr int kBadInput = 2;

std::vector<std::filesystem::path> databases_of(const DashboardOptions& options) {
  std::vector<std::filesystem::path> paths;
  for (const QString& path : options.databases) paths.emplace_back(utf8(path));
  if (paths.empty()) paths.push_back(default_database_path());
  return paths;
}

/// One is shown at a time, and a picture is of the first; the others stand in the bar at the top.
void require_all_there(const std::vector<std::filesystem::path>& databases) {
  for (std::size_t i = 1; i < databases.size(); ++i) {
    std::error_code ignored;
    if (std::filesystem::exists(databases[i], ignored)) continue;
    throw Error(databases[i].string() +
                ": no such database; the picture is of the first, leave this one out");
  }
}

/// Why the picture is not of what was asked for; empty: it is.
QString problem_in_sight(MainWindow& window) {
  const Session& session = window.session();
  const QString path = qt(session.path().string());
  switch (session.state()) {
    case Session::State::missing:
      return path + ": no such database; the picture says so. Name one, or measure something first";
    case Session::State::unreadable:
      return session.problem();
    case Session::State::older:
      return path + ": it is still being brought up to date; try again later";
    case Session::State::empty:
    case Session::State::ready:
      break;
  }
  return window.current_view()->problem();
}

int draw(MainWindow& window, const DashboardOptions& options) {
  wait_until_read(window.session());
  QString problem;
  if (options.every_view) {
    PictureOptions pictures;
    if (!options.theme.isEmpty()) pictures.themes = {options.theme};
    if (!options.size.isEmpty()) pictures.sizes = {options.size};
    problem = draw_every_view(window, options.screenshot, pictures);
  } else {
    wait_for_programs(window);
    if (!window.save_picture(options.screenshot)) {
      throw Error(utf8(options.screenshot + ": cannot be written; choose another place"));
    }
  }
  // The picture of a problem may be wanted; whoever asked for one of a view has to hear of it.
  if (problem.isEmpty()) problem = problem_in_sight(window);
  if (!problem.isEmpty()) throw Error(utf8(problem.simplified()));
  return 0;
}

bool has_display() {
  const bool named =
      !qEnvironmentVariableIsEmpty("DISPLAY") || !qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY");
  return named || !qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM");
}

/// What Qt said while it was opening the display, which matters where that fails.
QString said_first;
bool is_open = false;

/// Where Qt cannot open a window it ends the process by a signal, with a page of advice of its own.
void say_in_one_line(QtMsgType type, const QMessageLogContext&, const QString& message) {
  if (!is_open && type != QtFatalMsg) {
    if (said_first.isEmpty()) said_first = message;
    return;
  }
  const bool offscreen = qEnvironmentVariable("QT_QPA_PLATFORM") == QLatin1String("offscreen");
  // Offscreen it warns of what only matters where there is a display.
  if (offscreen && type != QtCriticalMsg && type != QtFatalMsg) return;
  if (type != QtFatalMsg) {
    fmt::print(stderr, "ridgepoint-dashboard: {}\n", utf8(message));
    return;
  }
  fmt::print(stderr,
             "ridgepoint-dashboard: no window can be opened: {} (--screenshot VIEW FILE draws "
             "without a display)\n",
             utf8((said_first.isEmpty() ? message : said_first).section('\n', 0, 0).simplified()));
  std::_Exit(kBadInput);
}

int start(int argc, char** argv) {
  QStringList typed;
  for (int i = 0; i < argc; ++i) typed.append(QString::fromLocal8Bit(argv[i]));
  const OwnArguments own = own_arguments(typed);
  const DashboardOptions options = parse_options(own.words);
  if (!options.answer.isEmpty()) {
    fmt::print("{}", utf8(options.answer));
    return 0;
  }
  const bool picture = !options.screenshot.isEmpty();
  if (picture) {
    qputenv("QT_QPA_PLATFORM", "offscreen");
  } else if (!own.names_display && !has_display()) {
    throw Error(
        "there is no display to open a window on (DISPLAY, WAYLAND_DISPLAY and "
        "QT_QPA_PLATFORM are empty); --screenshot VIEW FILE draws without one");
  }
  qInstallMessageHandler(say_in_one_line);
  QApplication application(argc, argv);
  is_open = true;
  QApplication::setApplicationName("ridgepoint-dashboard");
  apply_theme(application,
              picture || !options.theme.isEmpty() ? options.theme : MainWindow::remembered_theme());
  MainWindow window(!picture);
  if (!options.view.isEmpty() && window.view(options.view) == nullptr) {
    throw Error(utf8(
        QString("no view '%1'; there are: %2").arg(options.view, window.view_names().join(", "))));
  }
  if (!options.size.isEmpty()) window.resize(options.size);
  const std::vector<std::filesystem::path> databases = databases_of(options);
  if (picture) require_all_there(databases);
  window.open(databases);
  go_where_asked(window, options);
  window.show();
  require_as_asked(window, options);
  if (picture) return draw(window, options);
  window.session().set_following(true);
  return QApplication::exec();
}

}  // namespace

int run_dashboard(int argc, char** argv) {
  try {
    return start(argc, argv);
  } catch (const std::exception& problem) {
    fmt::print(stderr, "ridgepoint-dashboard: {}\n", problem.what());
    return kBadInput;
  }
}

}  // namespace ridgepoint
