// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/views/timeline_view.h"

#include <fmt/format.h>

#include <QComboBox>
#include <QHBoxLayout>
#include <QItemSelectionModel>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QTableView>
#include <QToolButton>

#include "dashboard/charts/timeline_chart.h"
#include "dashboard/models/csv_text.h"
#include "dashboard/models/text.h"
#include "dashboard/views/chart_over_table.h"
#include "dashboard/views/table.h"
#include "dashboard/views/traced_cases.h"
#include "results/report/table.h"

namespace ridgepoint {
namespace {

QToolButton* step_button(const QString& text, const QString& name) {
  auto* button = new QToolButton;
  button->setText(text);
  button->setToolTip(name);
  button->setAccessibleName(name);
  button->setAutoRaise(true);
  return button;
}

}  // namespace

TimelineView::TimelineView(Session& session, QWidget* parent)
    : View(session, "timeline", "Timeline", parent),
      cases_(make_traced_cases()),
      rows_(new QComboBox),
      search_(new QLineEdit),
      found_(new QLabel),
      summary_(new QLabel),
      chart_(new TimelineChart),
      model_(new RangeTable(this)),
      table_(make_table("Ops within the range", model_, nullptr)) {
  rows_->addItems({"By thread and stream", "By op"});
  rows_->setAccessibleName("What a row of the timeline is");
  search_->setPlaceholderText("Find ops");
  search_->setAccessibleName("Find ops");
  search_->setClearButtonEnabled(true);
  search_->installEventFilter(this);
  found_->setAccessibleName("Spans that were found");
  summary_->setWordWrap(true);
  summary_->setTextFormat(Qt::PlainText);
  summary_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  summary_->setFocusPolicy(Qt::StrongFocus);
  summary_->setAccessibleName("What lies in the range");
  auto* before = step_button(QString::fromUtf8("↑"), "The span before (Shift+F3)");
  auto* next = step_button(QString::fromUtf8("↓"), "The next span (F3)");

  auto* bar = new QHBoxLayout;
  bar->addWidget(cases_, 2);
  bar->addWidget(rows_);
  bar->addWidget(search_, 1);
  bar->addWidget(before);
  bar->addWidget(next);
  bar->addWidget(found_);
  lay_out(content(), {.name = "timeline",
                      .bar = bar,
                      .summary = summary_,
                      .chart = chart_,
                      .table = table_,
                      .chart_height = 450,
                      .table_height = 190});

  QObject::connect(cases_, &QComboBox::activated, this,
                   [this] { this->session().choose_case(utf8(cases_->currentData().toString())); });
  QObject::connect(rows_, &QComboBox::currentIndexChanged, this, [this] {
    if (showing_) return;
    settings_changed();
    const auto extent = chart_->extent();
    arrange_rows();
    chart_->show_trace(shown_, chart_->message());
    chart_->show_extent(extent);
    refresh();
  });
  remember_extent(*chart_, "chart");
  QObject::connect(search_, &QLineEdit::textChanged, this, &TimelineView::search);
  QObject::connect(before, &QToolButton::clicked, this, [this] { step(false); });
  QObject::connect(next, &QToolButton::clicked, this, [this] { step(true); });
  QObject::connect(chart_, &TimelineChart::range_chosen, this,
                   [this](qint64 from_ns, qint64 to_ns) { choose_range(from_ns, to_ns); });
  QObject::connect(chart_, &TimelineChart::range_moved, this,
                   [this](qint64 from_ns, qint64 to_ns) { choose_range(from_ns, to_ns, true); });
  QObject::connect(chart_, &TimelineChart::span_clicked, this,
                   [this](std::size_t lane, std::size_t span) {
                     choose_span({lane, span});
                   });
  QObject::connect(table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
                   [this](const QModelIndex& now) {
                     if (showing_ || !now.isValid()) return;
                     this->session().choose_op(model_->op_at(now.row()));
                   });
}

void TimelineView::show_place() {
  showing_ = true;
  const int rows_before = rows_->currentIndex();
  take_settings();
  const std::string run_id = session().traced_run();
  const auto run = session().run(run_id);
  const Record* record =
      run.value == nullptr ? nullptr : traced_record_of(*run.value, session().place().case_hash);
  Loaded<TracedRecord> traced;
  if (run.value == nullptr) {
    traced.problem = run.problem;
  } else if (record == nullptr) {
    traced.problem =
        "No op of this run was traced. A run that keeps its spans:\n\n"
        "ridgepoint profile --model byte-llama-6m";
  } else {
    traced = session().trace(*record);
    list_traced_cases(*cases_, *run.value, record->id);
  }
  if (traced.value == nullptr) cases_->clear();
  if (traced.is_damaged) set_problem(traced.problem);
  const bool is_other = traced.value != traced_ || rows_->currentIndex() != rows_before;
  traced_ = traced.value;
  if (is_other) arrange_rows();
  chart_->set_subject(traced_ == nullptr ? QString() : qt(traced_->record.id));
  chart_->show_trace(shown_, traced.problem);
  highlight();
  show_range();
  summarise();
  showing_ = false;
}

void TimelineView::arrange_rows() {
  at_.reset();
  highlighted_.clear();
  matches_.reset();
  shown_ = traced_;
  if (traced_ == nullptr || rows_->currentIndex() == 0) return;
  // It shares counters with traced_, which stays as long.
  shown_ = std::make_shared<const TracedRecord>(
      TracedRecord{traced_->record, traced_->timeline.by_op()});
}

void TimelineView::highlight() {
  if (traced_ == nullptr) {
    found_->setText({});
    return;
  }
  const QString text = search_->text().trimmed();
  const std::string& op = session().place().op;
  // Words that are typed come before the op that was chosen elsewhere.
  const QString wanted = text.isEmpty() ? "op " + qt(op) : "text " + text;
  if (wanted != highlighted_ || matches_ == nullptr) {
    highlighted_ = wanted;
    matches_ = std::make_shared<const TimelineMatches>(
        text.isEmpty() ? timeline().find_op(op) : timeline().find(utf8(text)));
    chart_->set_matches(matches_);
  }
  found_->setText(matches_->any()  ? QString("%1 spans").arg(matches_->count)
                  : text.isEmpty() ? QString()
                                   : QString("none"));
}

void TimelineView::search(const QString&) {
  at_.reset();
  chart_->point_at_span(std::nullopt);
  highlight();
}

void TimelineView::step(bool forward) {
  if (traced_ == nullptr || matches_ == nullptr) return;
  const TimelineIndex& timeline = this->timeline();
  std::int64_t from = forward ? static_cast<std::int64_t>(chart_->from_ns())
                              : static_cast<std::int64_t>(chart_->to_ns());
  if (at_) from = timeline.lanes[at_->lane].begin_ns[at_->span];
  auto found = timeline.next_match(*matches_, from, forward);
  // Past the last comes the first.
  if (!found) {
    found = timeline.next_match(*matches_, forward ? timeline.begin_ns - 1 : timeline.end_ns + 1,
                                forward);
  }
  if (!found) return;
  at_ = found;
  chart_->point_at_span(at_);
  session().choose_extent("timeline.chart", chart_->extent());
  summarise();
}

void TimelineView::choose_range(qint64 from_ns, qint64 to_ns, bool moved) {
  Place place = session().place();
  place.range.reset();
  if (to_ns > from_ns && traced_ != nullptr) {
    place.range = TraceRange{traced_->record.id, from_ns, to_ns, traced_->record.run_id};
  }
  if (moved) {
    session().amend(place);
  } else {
    session().go(place);
  }
}

void TimelineView::choose_span(const TimelineSpan& span) {
  at_ = span;
  chart_->point_at_span(at_);
  const TimelineLane& lane = timeline().lanes[span.lane];
  const TracedPart* part = timeline().part_at(lane.begin_ns[span.span]);
  Place next = session().place();
  next.op = timeline().names[lane.names[span.span]];
  next.phase = part == nullptr ? std::string() : part->name;
  // What is in view may have moved to it.
  next.extents.erase("timeline.chart");
  if (const auto extent = chart_->extent()) next.extents["timeline.chart"] = *extent;
  session().go(next);
  summarise();
}

void TimelineView::show_range() {
  if (traced_ == nullptr) {
    model_->show(nullptr, 0, 0);
    return;
  }
  const Place& place = session().place();
  const TimelineIndex& timeline = traced_->timeline;
  const bool chosen = place.range && place.range->record_id == traced_->record.id;
  const std::int64_t from = chosen ? place.range->begin_ns : timeline.begin_ns;
  const std::int64_t to = chosen ? place.range->end_ns : timeline.end_ns;
  chart_->set_range(chosen ? std::optional(std::pair(from, to)) : std::nullopt);
  const auto baseline = session().baseline_trace(traced_->record);
  no_baseline_ = baseline.problem;
  model_->show(traced_, from, to, baseline.value);
  table_->setColumnHidden(RangeTable::change, !model_->has_baseline());
  fit_columns(*table_, 420);
  const int row = model_->row_of(place.op);
  table_->setCurrentIndex(row < 0 ? QModelIndex() : model_->index(row, 0));
  if (row >= 0) table_->scrollTo(model_->index(row, 0));
}

void TimelineView::summarise() {
  if (traced_ == nullptr) {
    summary_->clear();
    return;
  }
  const Place& place = session().place();
  const TimelineIndex& timeline = this->timeline();
  const bool chosen = place.range && place.range->record_id == traced_->record.id;
  const std::int64_t length =
      chosen ? place.range->end_ns - place.range->begin_ns : timeline.end_ns - timeline.begin_ns;
  QString words = QString("%1: %2, %3 spans begin in it, ops take %4 of it.")
                      .arg(chosen ? "Range" : "Whole trace",
                           qt(format_value(static_cast<double>(length), "ns")))
                      .arg(model_->spans())
                      .arg(qt(format_value(static_cast<double>(model_->busy_ns()), "ns")));
  if (timeline.dropped > 0) {
    words += QString(" %1 further spans had no room and were dropped.").arg(timeline.dropped);
  }
  if (model_->has_baseline()) {
    words += QString(" Change: against the trace of the baseline (%1)%2.")
                 .arg(short_id(place.baseline),
                      naming_other_case(model_->baseline()->record, traced_->record));
  } else if (!no_baseline_.isEmpty()) {
    words += " No baseline here: " + no_baseline_;
  }
  if (at_) {
    const TimelineLane& lane = timeline.lanes[at_->lane];
    words +=
        QString(" Framed: %1, %2.")
            .arg(
                qt(timeline.names[lane.names[at_->span]]),
                qt(format_value(
                    static_cast<double>(lane.end_ns[at_->span] - lane.begin_ns[at_->span]), "ns")));
  }
  summary_->setText(words);
}

std::map<QString, QString> TimelineView::settings() const {
  return {{"rows", rows_->currentIndex() == 0 ? "lines" : "ops"}};
}

void TimelineView::apply_settings(const std::map<QString, QString>& settings) {
  const auto found = settings.find("rows");
  if (found != settings.end()) rows_->setCurrentIndex(found->second == "ops" ? 1 : 0);
}

QString TimelineView::summary() const {
  return summary_->text();
}

bool TimelineView::eventFilter(QObject* watched, QEvent* event) {
  if (watched == search_ && event->type() == QEvent::KeyPress) {
    const auto* key = static_cast<QKeyEvent*>(event);
    if (key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter || key->key() == Qt::Key_F3) {
      step(!key->modifiers().testFlag(Qt::ShiftModifier));
      return true;
    }
    if (key->key() == Qt::Key_Escape) {
      search_->clear();
      chart_->setFocus();
      return true;
    }
  }
  return View::eventFilter(watched, event);
}

std::vector<QStringList> TimelineView::rows() const {
  return rows_of(*model_);
}

QString TimelineView::command_line() const {
  if (traced_ == nullptr) return {};
  return ridgepoint(fmt::format("trace {}/{} -o trace.pftrace", traced_->record.run_id.substr(0, 8),
                                traced_->record.ordinal));
}

QString TimelineView::range_here() const {
  const auto& range = session().place().range;
  const bool applies = range && traced_ != nullptr && range->record_id == traced_->record.id;
  return applies ? QString("The table below sums what begins within it.")
                 : QString("The case that is shown here is another one.");
}

QWidget* TimelineView::first_focus() {
  return chart_;
}

std::vector<std::pair<QString, QString>> TimelineView::keys() const {
  return {{"W, S, wheel", "nearer, farther, at the cursor"},
          {"A, D, Shift+drag", "earlier, later"},
          {"F", "the chosen range, or all of it"},
          {"drag", "measure a range, and take times from it everywhere"},
          {"comma, period", "frame and choose the span before, the next one in its row"},
          {"Up, Down", "to the row above, below"},
          {"R", "a range over the framed span, else over all that is in view"},
          {"], Shift+]", "the end of the range earlier, later"},
          {"[, Shift+[", "the begin of the range later, earlier"},
          {"Escape", "no range"},
          {"Enter, Shift+Enter in the search box", "the next span, the one before"},
          {"double click", "one span over the whole width"}};
}

}  // namespace ridgepoint
