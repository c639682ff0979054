// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/app/dashboard.h"

#include <fmt/format.h>

#include <QApplication>
#include <QTabWidget>
#include <cmath>
#include <cstdio>
#include <exception>
#include <string_view>

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

/// Of the traced case of the place.
void choose_range(Session& session, const DashboardOptions& options) {
  const auto run = session.run(session.traced_run());
  if (run.value == nullptr) throw Error(utf8(run.problem));
  const Record* record = traced_record_of(*run.value, session.place().case_hash);
  if (record == nullptr) throw Error("--range: no op of this run was traced; choose another --run");
  const auto traced = session.trace(*record);
  if (traced.value == nullptr) throw Error(utf8(traced.problem));
  const auto ns_at = [&](double ms) {
    return traced.value->timeline.begin_ns + std::llround(ms * 1e6);
  };
  Place place = session.place();
  place.range = TraceRange{record->id, ns_at(options.range_begin_ms), ns_at(options.range_end_ms),
                           record->run_id};
  session.go(place);
}

/// The place that the options name; Error where a run is not there.
void go_where_asked(Session& session, const DashboardOptions& options) {
  Place place = session.place();
  if (!options.view.isEmpty()) place.view = options.view;
  if (!options.run.isEmpty() || !options.baseline.isEmpty()) {
    if (session.state() == Session::State::older) wait_until_read(session);
    if (session.state() == Session::State::unreadable) throw Error(utf8(session.problem()));
    const Store store(session.path(), OpenMode::read_only, session.options());
    if (!options.run.isEmpty()) place.run = store.resolve_run(utf8(options.run));
    if (!options.baseline.isEmpty()) place.baseline = store.resolve_run(utf8(options.baseline));
  }
  place.filter = options.filter;
  place.case_hash = utf8(options.case_hash);
  place.side_a = utf8(options.side_a);
  place.side_b = utf8(options.side_b);
  place.scenario = options.scenario;
  place.metric = utf8(options.metric);
  place.op = utf8(options.op);
  place.settings = options.settings;
  place.extents = options.extents;
  session.go(place);
  if (options.has_range) choose_range(session, options);
}

/// Brings a tab of the view to the front; Error where it has none of this title.
void open_tab(View& view, const QString& title) {
  QStringList titles;
  for (QTabWidget* tabs : view.findChildren<QTabWidget*>()) {
    for (int i = 0; i < tabs->count(); ++i) {
      titles.append(tabs->tabText(i).remove('&'));  // the mark of its key
      if (!titles.back().startsWith(title, Qt::CaseInsensitive)) continue;
      tabs->setCurrentIndex(i);
      return;
    }
  }
  throw Error(utf8(QString("--tab: %1 has no '%2'; there are: %3")
                       .arg(view.title(), title, titles.isEmpty() ? "none" : titles.join(", "))));
}

/// Error for what no view has, and for what a control of the view in sight cannot be set to.
void check_settings(const MainWindow& window, const DashboardOptions& options) {
  for (const auto& [name, value] : options.settings) {
    const View* view = window.view(name.section('.', 0, 0));
    if (view == nullptr) throw Error(utf8("--set: no view '" + name.section('.', 0, 0) + "'"));
    if (view != window.current_view() || window.message_page() != nullptr) continue;
    const std::map<QString, QString> settings = view->settings();
    const auto found = settings.find(name.section('.', 1));
    if (found == settings.end()) {
      QStringList known;
      for (const auto& [each, is] : settings) known.append(view->name() + '.' + each);
      throw Error(utf8(QString("--set: no '%1'; there are: %2").arg(name, known.join(", "))));
    }
    // Of numbers the nearest is taken.
    bool is_number = false, was_number = false;
    found->second.toDouble(&is_number);
    value.toDouble(&was_number);
    if (found->second != value && !(is_number && was_number)) {
      throw Error(utf8(QString("--set: %1 cannot be '%2'").arg(name, value)));
    }
  }
  for (const auto& [name, extent] : options.extents) {
    const View* view = window.view(name.section('.', 0, 0));
    const QStringList known = view == nullptr ? QStringList() : view->zoomable_names();
    if (!known.contains(name)) {
      throw Error(
          utf8(QString("--extent: no chart '%1'%2")
                   .arg(name, known.isEmpty() ? QString() : "; there are: " + known.join(", "))));
    }
  }
}

int draw(MainWindow& window, const DashboardOptions& options) {
  wait_until_read(window.session());
  if (options.every_view) {
    PictureOptions pictures;
    if (!options.theme.isEmpty()) pictures.themes = {options.theme};
    if (!options.size.isEmpty()) pictures.sizes = {options.size};
    draw_every_view(window, options.screenshot, pictures);
    return 0;
  }
  if (!window.save_picture(options.screenshot)) {
    throw Error(utf8(options.screenshot + ": cannot be written; choose another place"));
  }
  return 0;
}

/// Pictures can be drawn, and the help printed, where there is no display.
bool needs_no_display(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with("--screenshot") || argument == "--help" || argument == "-h")
      return true;
  }
  return false;
}

int start(int argc, char** argv) {
  if (needs_no_display(argc, argv)) qputenv("QT_QPA_PLATFORM", "offscreen");
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
  const bool picture = !options.screenshot.isEmpty();
  apply_theme(application,
              picture || !options.theme.isEmpty() ? options.theme : MainWindow::remembered_theme());
  MainWindow window(!picture);
  if (!options.view.isEmpty() && window.view(options.view) == nullptr) {
    throw Error(utf8(
        QString("no view '%1'; there are: %2").arg(options.view, window.view_names().join(", "))));
  }
  if (!options.size.isEmpty()) window.resize(options.size);
  window.open(databases_of(options));
  go_where_asked(window.session(), options);
  window.show();
  if (!options.tab.isEmpty()) open_tab(*window.current_view(), options.tab);
  check_settings(window, options);
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
