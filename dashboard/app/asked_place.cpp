// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/app/asked_place.h"

#include <QTabWidget>
#include <algorithm>
#include <array>
#include <cmath>

#include "dashboard/app/pictures.h"
#include "dashboard/models/text.h"
#include "dashboard/models/variants.h"
#include "dashboard/views/view.h"
#include "results/metric.h"
#include "results/store/history_query.h"
#include "results/store/store.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

/// Of the traced case of the place.
void choose_range(Session& session, const DashboardOptions& options) {
  const auto run = session.run(session.traced_run());
  if (run.value == nullptr) throw Error(utf8(run.problem));
  const Record* record = traced_record_of(*run.value, session.place().case_hash);
  if (record == nullptr) throw Error("--range: no op of this run was traced; choose another --run");
  const auto traced = session.trace(*record);
  if (traced.value == nullptr) throw Error(utf8(traced.problem));
  const TimelineIndex& timeline = traced.value->timeline;
  const auto ns_at = [&](double ms) { return timeline.begin_ns + std::llround(ms * 1e6); };
  if (ns_at(options.range_begin_ms) >= timeline.end_ns) {
    throw Error(
        utf8(QString("--range: this trace is %1 ms long, and nothing of it lies from %2 ms on")
                 .arg(static_cast<double>(timeline.end_ns - timeline.begin_ns) * 1e-6, 0, 'g', 6)
                 .arg(options.range_begin_ms, 0, 'g', 6)));
  }
  Place place = session.place();
  place.range = TraceRange{record->id, ns_at(options.range_begin_ms),
                           std::min<std::int64_t>(ns_at(options.range_end_ms), timeline.end_ns),
                           record->run_id};
  session.go(place);
}

bool any_has_metric(const HistoryQuery& query, const std::string& metric) {
  const std::vector<MeasuredCase> cases = query.cases();
  return std::ranges::any_of(cases, [&](const MeasuredCase& measured) {
    return query.values_by_metric(measured.hash).contains(metric);
  });
}

/// Names of what is stored.
void require_stored(const Session& session, const DashboardOptions& options) {
  if (!options.case_hash.isEmpty()) {
    const Store store(session.path(), OpenMode::read_only, session.options());
    const std::vector<Case> known = store.known_cases();
    const std::string asked = utf8(options.case_hash);
    if (std::ranges::none_of(known, [&](const Case& each) { return case_hash(each) == asked; })) {
      throw Error(utf8(QString("--case: no case '%1' in %2; Ctrl+Shift+D in the window copies an "
                               "option with a hash")
                           .arg(options.case_hash, qt(session.path().string()))));
    }
  }
  const std::string metric = utf8(options.metric);
  if (!metric.empty() && find_metric(metric) == nullptr &&
      !any_has_metric(HistoryQuery(session.path(), session.options()), metric)) {
    throw Error("--metric: no metric '" + metric +
                "' is known or stored; names are as in tpot_ns, kl_mean or run_ns");
  }
  if (!options.scenario.isEmpty()) {
    const Variants variants = read_variants(session.path(), *session.runs(), options.scenario,
                                            "kl_mean", session.options());
    if (!variants.scenarios.contains(options.scenario)) {
      throw Error(utf8(QString("--scenario: nobody asked '%1' of a model; there are: %2")
                           .arg(options.scenario, variants.scenarios.isEmpty()
                                                      ? QString("none")
                                                      : variants.scenarios.join("; "))));
    }
  }
  if (!options.op.isEmpty() && !has_op(session, utf8(options.op))) {
    throw Error(utf8("--op: neither the run nor the baseline traced an op '" + options.op + "'"));
  }
}

/// Both sides, where one was typed and the comparison is to be seen.
void require_sides(const Session& session, const DashboardOptions& options) {
  const bool typed = !options.side_a.isEmpty() || !options.side_b.isEmpty();
  if (!typed || (session.place().view != "compare" && !options.every_view)) return;
  if (session.sides_b().size() < 2) {
    const auto compared = session.comparison();
    if (compared.value == nullptr) throw Error("--a, --b: " + utf8(compared.problem));
    return;
  }
  const auto many = session.comparisons();
  if (many.value == nullptr) throw Error("--a, --b: " + utf8(many.problem));
  for (const auto& candidate : many.value->candidates) {
    if (candidate.compared == nullptr) {
      throw Error("--b: " + candidate.side + ": " + utf8(candidate.problem));
    }
  }
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

/// As it was asked for, but for the digits that a control shows.
bool is_set_to(const QString& is, const QString& asked) {
  if (is == asked) return true;
  bool is_number = false, was_number = false;
  const double shown = is.toDouble(&is_number);
  const double wanted = asked.toDouble(&was_number);
  constexpr double kDigits = 0.01;
  return is_number && was_number && std::abs(shown - wanted) <= kDigits * std::abs(wanted);
}

void require_settings_of(const View& view, const DashboardOptions& options) {
  const std::map<QString, QString> settings = view.settings();
  for (const auto& [name, value] : options.settings) {
    if (name.section('.', 0, 0) != view.name()) continue;
    const QStringList known = view.setting_names();
    const QString control = name.section('.', 1);
    if (!known.contains(control)) {
      QStringList full;
      for (const QString& each : known) full.append(view.name() + '.' + each);
      throw Error(utf8(QString("--set: no '%1'; there are: %2")
                           .arg(name, full.isEmpty() ? QString("none") : full.join(", "))));
    }
    const auto found = settings.find(control);
    if (found == settings.end() || !is_set_to(found->second, value)) {
      throw Error(utf8(QString("--set: %1 cannot be '%2'%3")
                           .arg(name, value,
                                found == settings.end()
                                    ? QString()
                                    : QString("; the nearest is '%1'").arg(found->second))));
    }
  }
}

void require_settings(MainWindow& window, const DashboardOptions& options) {
  const QString view_before = window.session().place().view;
  for (const auto& [name, value] : options.settings) {
    const QString of = name.section('.', 0, 0);
    View* view = window.view(of);
    if (view == nullptr) {
      throw Error(utf8(
          QString("--set: no view '%1'; there are: %2").arg(of, window.view_names().join(", "))));
    }
    // Its controls are set when it comes into sight.
    Place place = window.session().place();
    place.view = of;
    if (of != window.session().place().view) window.session().amend(place);
    require_settings_of(*view, options);
  }
  Place place = window.session().place();
  place.view = view_before;
  if (window.session().place().view != view_before) window.session().amend(place);
}

void require_extents(const MainWindow& window, const DashboardOptions& options) {
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

}  // namespace

bool has_op(const Session& session, const std::string& op_id) {
  const std::array runs{session.traced_run(), session.place().baseline};
  return std::ranges::any_of(runs, [&](const std::string& id) {
    const auto run = id.empty() ? Loaded<RunWithRecords>{} : session.run(id);
    if (run.value == nullptr) return false;
    return std::ranges::any_of(run.value->records, [&](const Record& record) {
      return std::ranges::find(record.measurement.op_times, op_id, &OpTime::op_id) !=
             record.measurement.op_times.end();
    });
  });
}

void go_where_asked(MainWindow& window, const DashboardOptions& options) {
  Session& session = window.session();
  Place place = session.place();
  if (!options.view.isEmpty()) place.view = options.view;
  const bool names_stored = !options.run.isEmpty() || !options.baseline.isEmpty() ||
                            !options.case_hash.isEmpty() || !options.metric.isEmpty() ||
                            !options.op.isEmpty() || !options.scenario.isEmpty() ||
                            !options.side_a.isEmpty() || !options.side_b.isEmpty();
  if (names_stored) {
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
  if (names_stored) {
    if (!options.scenario.isEmpty() || !options.op.isEmpty()) wait_until_read(session);
    require_stored(session, options);
    require_sides(session, options);
  }
  if (options.has_range) choose_range(session, options);
}

void require_as_asked(MainWindow& window, const DashboardOptions& options) {
  if (!options.tab.isEmpty()) open_tab(*window.current_view(), options.tab);
  if (window.message_page() == nullptr) require_settings(window, options);
  require_extents(window, options);
  if (!options.size.isEmpty() && window.size() != options.size) {
    throw Error(utf8(QString("--size: %1x%2 is too small for what stands in the window; at least "
                             "%3x%4")
                         .arg(options.size.width())
                         .arg(options.size.height())
                         .arg(window.width())
                         .arg(window.height())));
  }
}

}  // namespace ridgepoint
