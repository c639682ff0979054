// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/app/dashboard.h"

#include <fmt/format.h>

#include <QApplication>
#include <QElapsedTimer>
#include <QThread>
#include <cstdio>
#include <exception>
#include <string_view>

#include "dashboard/app/main_window.h"
#include "dashboard/app/options.h"
#include "dashboard/charts/theme.h"
#include "dashboard/models/text.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

constexpr int kBadInput = 2;
constexpr qint64 kPatience_ms = 60'000;

std::vector<std::filesystem::path> databases_of(const DashboardOptions& options) {
  std::vector<std::filesystem::path> paths;
  for (const QString& path : options.databases) paths.emplace_back(utf8(path));
  if (paths.empty()) paths.push_back(default_database_path());
  return paths;
}

/// The place that the options name; Error where a run is not there.
void go_where_asked(Session& session, const DashboardOptions& options) {
  Place place = session.place();
  if (!options.view.isEmpty()) place.view = options.view;
  if (!options.run.isEmpty() || !options.baseline.isEmpty()) {
    const Store store(session.path(), OpenMode::read_only, session.options());
    if (!options.run.isEmpty()) place.run = store.resolve_run(utf8(options.run));
    if (!options.baseline.isEmpty()) place.baseline = store.resolve_run(utf8(options.baseline));
  }
  place.filter = options.filter;
  place.case_hash = utf8(options.case_hash);
  place.side_a = utf8(options.side_a);
  place.side_b = utf8(options.side_b);
  place.scenario = options.scenario;
  session.go(place);
}

void wait_until_read(Session& session) {
  QElapsedTimer waited;
  waited.start();
  while (session.loading() && waited.elapsed() < kPatience_ms) {
    QApplication::processEvents();
    QThread::msleep(2);
  }
  // What is drawn late: charts queue their painting.
  for (int i = 0; i < 5; ++i) QApplication::processEvents();
}

int draw(MainWindow& window, const DashboardOptions& options) {
  wait_until_read(window.session());
  if (!window.save_picture(options.screenshot)) {
    throw Error(utf8(options.screenshot + ": cannot be written; choose another place"));
  }
  return 0;
}

/// Without a display, pictures can be drawn all the same.
bool wants_picture(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]).starts_with("--screenshot")) return true;
  }
  return false;
}

int start(int argc, char** argv) {
  if (wants_picture(argc, argv)) qputenv("QT_QPA_PLATFORM", "offscreen");
  if (qEnvironmentVariable("QT_QPA_PLATFORM") == QLatin1String("offscreen")) {
    // It warns of what only matters where there is a display.
    qInstallMessageHandler([](QtMsgType type, const QMessageLogContext&, const QString& message) {
      if (type != QtCriticalMsg && type != QtFatalMsg) return;
      fmt::print(stderr, "ridgepoint-dashboard: {}\n", utf8(message));
    });
  }
  QApplication application(argc, argv);
  QApplication::setApplicationName("ridgepoint-dashboard");
  const DashboardOptions options = parse_options(QApplication::arguments());
  if (!options.help.isEmpty()) {
    fmt::print("{}", utf8(options.help));
    return 0;
  }
  apply_theme(application, options.theme);
  const bool picture = !options.screenshot.isEmpty();
  MainWindow window(!picture);
  if (!options.view.isEmpty() && window.view(options.view) == nullptr) {
    throw Error(utf8(
        QString("no view '%1'; there are: %2").arg(options.view, window.view_names().join(", "))));
  }
  if (!options.size.isEmpty()) window.resize(options.size);
  window.open(databases_of(options));
  go_where_asked(window.session(), options);
  window.show();
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
