// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/views/history_view.h"

#include <fmt/format.h>

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QVBoxLayout>
#include <algorithm>
#include <tuple>

#include "dashboard/charts/history_chart.h"
#include "dashboard/models/brief_names.h"
#include "dashboard/models/csv_text.h"
#include "dashboard/models/text.h"
#include "dashboard/views/splitter.h"
#include "dashboard/views/table.h"
#include "results/compare/case_names.h"
#include "results/history/replay_label.h"
#include "results/report/history_text.h"
#include "results/report/table.h"
#include "results/store/ab_store.h"

namespace ridgepoint {
namespace {

/// What a replay said of a change stands in a line of its own (replay_sentence).
QString without_confirmation(const std::string& sentence) {
  return qt(sentence).remove(" (not confirmed)").remove(", not confirmed");
}

/// What people ask of a model first, where it has a value as often as any; else whatever has most.
/// Empty: as `ridgepoint history` chooses.
std::string metric_to_begin_with(const HistoryQuery& query, const std::string& case_hash) {
  const auto values = query.values_by_metric(case_hash);
  std::string most;
  std::int64_t most_values = 0;
  for (const char* metric : {"decode_tokens_per_second", "tpot_ns", "ttft_ns"}) {
    const auto found = values.find(metric);
    if (found == values.end() || found->second <= most_values) continue;
    most = metric;
    most_values = found->second;
  }
  return most;
}

/// What the newest replay of a change said, in the words of the session as a whole: which of its
/// figures said so is for `ridgepoint history` to say.
QString replay_sentence(const History& history, const HistoryChange& change,
                        const std::vector<AbSession>& sessions) {
  const std::string label = replay_label(history, change);
  const auto found = std::ranges::find(sessions, label, &AbSession::label);  // newest first
  if (found == sessions.end()) return "   No replay of it is stored.";
  if (found->status == "running") {
    return qt(fmt::format("   A replay of it was begun (A/B session {}).", found->id.substr(0, 8)));
  }
  return qt(fmt::format("   Its replay, pair by pair, says: {} (A/B session {}).",
                        name_of(found->verdict), found->id.substr(0, 8)));
}

QColor colour_of_history(const History& history, const Theme& theme) {
  if (history.changes.empty()) return theme.text;
  switch (history.changes.back().direction) {
    case ChangeDirection::worse:
      return theme.bad;
    case ChangeDirection::better:
      return theme.good;
    case ChangeDirection::neither:
      break;
  }
  return theme.warning;
}

}  // namespace

HistoryView::HistoryView(Session& session, QWidget* parent)
    : View(session, "history", "History", parent),
      search_(new QLineEdit),
      cases_(new QListWidget),
      metrics_(new QComboBox),
      headline_(new QLabel),
      subject_(new QLabel),
      chart_(new HistoryChart),
      changes_(new QPlainTextEdit) {
  search_->setPlaceholderText("Find a case");
  search_->setAccessibleName("Find a case");
  search_->setClearButtonEnabled(true);
  cases_->setAccessibleName("Cases that were measured");
  cases_->setFrameShape(QFrame::NoFrame);
  cases_->setUniformItemSizes(true);
  cases_->setItemDelegate(new ToneDelegate(cases_));
  metrics_->setAccessibleName("Metric");
  QFont large = font();
  large.setPointSizeF(large.pointSizeF() * 1.25);
  large.setBold(true);
  headline_->setFont(large);
  headline_->setAccessibleName("What the history says");
  subject_->setAccessibleName("What the history is of");
  for (QLabel* label : {headline_, subject_}) {
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    label->setFocusPolicy(Qt::StrongFocus);
  }
  changes_->setReadOnly(true);
  changes_->setFrameShape(QFrame::NoFrame);
  changes_->setAccessibleName("Changes of level");

  auto* left = new QWidget;
  auto* left_lines = new QVBoxLayout(left);
  left_lines->setContentsMargins(8, 8, 4, 0);
  left_lines->addWidget(search_);
  left_lines->addWidget(cases_, 1);
  auto* top = new QHBoxLayout;
  top->addWidget(headline_, 1);
  top->addWidget(metrics_, 0, Qt::AlignTop);
  auto* lower = new Splitter(Qt::Vertical, "history_right", "the chart and the changes of level");
  lower->addWidget(chart_);
  lower->addWidget(changes_);
  lower->setStretchFactor(0, 4);
  lower->setStretchFactor(1, 1);
  lower->setSizes({480, 130});
  auto* right = new QWidget;
  auto* right_lines = new QVBoxLayout(right);
  right_lines->setContentsMargins(8, 8, 8, 0);
  right_lines->addLayout(top);
  right_lines->addWidget(subject_);
  right_lines->addWidget(lower, 1);
  auto* halves = new Splitter(Qt::Horizontal, "history", "the cases and the history");
  halves->addWidget(left);
  halves->addWidget(right);
  halves->setStretchFactor(0, 1);
  halves->setStretchFactor(1, 3);
  halves->setSizes({320, 900});
  auto* lines = new QVBoxLayout(&content());
  lines->setContentsMargins(0, 0, 0, 0);
  lines->addWidget(halves);

  QObject::connect(search_, &QLineEdit::textChanged, this, &HistoryView::filter_cases);
  QObject::connect(cases_, &QListWidget::currentItemChanged, this, [this](QListWidgetItem* now) {
    if (!showing_ && now != nullptr) {
      this->session().choose_case(utf8(now->data(Qt::UserRole).toString()));
    }
  });
  QObject::connect(metrics_, &QComboBox::activated, this, [this] {
    Place next = this->session().place();
    next.metric = utf8(metrics_->currentData().toString());
    this->session().go(next);
  });
  QObject::connect(chart_, &HistoryChart::run_clicked, this,
                   [this](const std::string& run_id) { this->session().choose_run(run_id); });
  remember_extent(*chart_, "chart");
}

void HistoryView::read_cases() {
  if (cases_of_ == session().generation()) return;
  measured_ = HistoryQuery(session().path(), session().options()).cases();
  std::vector<Case> subjects;
  for (const MeasuredCase& measured : measured_) subjects.push_back(measured.subject);
  const std::vector<std::string> names = case_names(subjects);
  const auto brief = brief_names(names);
  cases_->clear();
  for (std::size_t i = 0; i < measured_.size(); ++i) {
    auto* item = new QListWidgetItem(qt(names[i]), cases_);
    item->setData(Qt::UserRole, qt(measured_[i].hash));
    item->setData(kBriefRole, qt_list(brief[i]));
    item->setToolTip(qt(to_command_line(measured_[i].subject)));
  }
  filter_cases(search_->text());
  cases_of_ = session().generation();
}

void HistoryView::filter_cases(const QString& text) {
  const QStringList words = text.split(' ', Qt::SkipEmptyParts);
  for (int i = 0; i < cases_->count(); ++i) {
    const QString name = cases_->item(i)->text() + ' ' + cases_->item(i)->toolTip();
    cases_->item(i)->setHidden(!std::ranges::all_of(
        words, [&](const QString& word) { return name.contains(word, Qt::CaseInsensitive); }));
  }
}

void HistoryView::show_place() {
  showing_ = true;
  try {
    read_cases();
    const Place& place = session().place();
    auto chosen = std::ranges::find(measured_, place.case_hash, &MeasuredCase::hash);
    const HistoryQuery query(session().path(), session().options());
    if (chosen == measured_.end() && !measured_.empty()) {
      chosen = measured_.begin() + static_cast<std::ptrdiff_t>(case_to_begin_with(query));
    }
    if (chosen == measured_.end()) {
      say("No case has been measured yet", "A history appears once a case has a record.");
    } else {
      cases_->setCurrentRow(static_cast<int>(chosen - measured_.begin()));
      show_case(query, *chosen);
    }
  } catch (...) {
    showing_ = false;
    throw;
  }
  showing_ = false;
}

std::size_t HistoryView::case_to_begin_with(const HistoryQuery& query) const {
  const auto successes = query.successes();
  const auto worth = [&](const MeasuredCase& measured) {
    const auto found = successes.find(measured.hash);
    const std::string& workload = measured.subject.workload;
    // A ceiling tells little by its history, and may be absent for good.
    const int kind = workload == "llm" ? 2 : workload == "ceiling" ? 0 : 1;
    const std::int64_t count = found == successes.end() ? 0 : found->second;
    return std::tuple(count > 0, kind, count);
  };
  const auto best = std::ranges::max_element(measured_, {}, worth);
  return static_cast<std::size_t>(best - measured_.begin());
}

void HistoryView::show_case(const HistoryQuery& query, const MeasuredCase& chosen) {
  const Place& place = session().place();
  const auto has = query.metrics_of_newest(chosen.hash);
  metrics_->clear();
  for (const std::string& metric : has) {
    const MetricSpec* spec = find_metric(metric);
    if (spec != nullptr && spec->better == Better::neither) continue;
    metrics_->addItem(spec == nullptr ? qt(metric) : qt(spec->short_name), qt(metric));
    if (spec != nullptr) {
      metrics_->setItemData(metrics_->count() - 1, qt(spec->definition), Qt::ToolTipRole);
    }
  }
  const bool asked = std::ranges::find(has, place.metric) != has.end();
  const std::string key = chosen.hash + '\n' + (asked ? place.metric : std::string()) + '\n' +
                          std::to_string(session().generation());
  if (key != shown_key_) {
    HistoryOptions options;
    options.metric = asked ? place.metric : metric_to_begin_with(query, chosen.hash);
    shown_.reset();
    shown_key_.clear();
    shown_ = std::make_shared<const History>(history_of(query, {chosen, {}}, options));
    shown_key_ = key;
  }
  metrics_->setCurrentIndex(metrics_->findData(qt(shown_->metric)));
  headline_->setText(with_plain_direction(without_confirmation(history_headline(*shown_))));
  QPalette colours = palette();
  colours.setColor(QPalette::WindowText, colour_of_history(*shown_, theme_of(colours)));
  headline_->setPalette(colours);
  colours.setColor(QPalette::WindowText, theme_of(colours).muted);
  subject_->setText(with_plain_direction(qt(history_subject(*shown_))) + against_baseline());
  subject_->setPalette(colours);
  chart_->set_subject(qt(chosen.hash + '\n' + shown_->metric));
  chart_->show(shown_, {}, place.run, place.baseline);
  QStringList words;
  std::vector<AbSession> replays;
  if (!shown_->changes.empty()) {
    replays = AbStore(session().path(), OpenMode::read_only, session().options()).list();
  }
  for (const HistoryChange& change : shown_->changes) {
    words.append(without_confirmation(change_sentence(*shown_, change)));
    words.append(replay_sentence(*shown_, change, replays));
  }
  for (const std::string& note : history_notes(*shown_)) words.append(qt(note));
  if (!shown_->changes.empty()) {
    words.append("To replay a change, or to see what confirms it: " + command_line());
  }
  changes_->setPlainText(words.join('\n'));
}

/// The chosen run, or else the newest one that counts, against the pinned baseline.
QString HistoryView::against_baseline() const {
  const Place& place = session().place();
  if (place.baseline.empty()) return {};
  const auto before = value_of_run(*shown_, place.baseline);
  if (!before || *before == 0) return "\nThe baseline has no value of this on this machine.";
  const auto& points = shown_->points;
  const auto newest = std::find_if(points.rbegin(), points.rend(), [](const HistoryPoint& point) {
    return point.gap.empty() && point.row.value;
  });
  const bool chosen = value_of_run(*shown_, place.run).has_value();
  if (!chosen && newest == points.rend()) return {};
  const std::string& run = chosen ? place.run : newest->row.run.id;
  if (run == place.baseline) return "\nThe run that is shown is the baseline.";
  return QString(
             "\nRun %1: %2 % against the baseline (%3 to %4). Whether that is more than noise, "
             "Compare says.")
      .arg(short_id(run),
           qt(fmt::format("{:+.2f}", 100 * (*value_of_run(*shown_, run) / *before - 1))),
           qt(format_value(*before, shown_->unit)),
           qt(format_value(*value_of_run(*shown_, run), shown_->unit)));
}

QString HistoryView::headline() const {
  return headline_->text();
}

QString HistoryView::subject() const {
  return subject_->text();
}

std::vector<QStringList> HistoryView::rows() const {
  return chart_->rows();
}

QString HistoryView::command_line() const {
  if (shown_ == nullptr) return {};
  return ridgepoint("history " + shown_->subject.hash.substr(0, 12) + " --metric " +
                    shown_->metric + " --last 0");
}

std::vector<Chart*> HistoryView::charts() const {
  return {chart_};
}

QString HistoryView::range_here() const {
  return "It does not apply here: a history is made of whole runs, from passes that were not "
         "traced.";
}

QWidget* HistoryView::first_focus() {
  return cases_;
}

}  // namespace ridgepoint
