// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/views/run_details.h"

#include <QFontDatabase>
#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTabWidget>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "dashboard/models/text.h"
#include "dashboard/views/splitter.h"
#include "dashboard/views/table.h"
#include "results/report/case_report.h"
#include "results/report/case_tables.h"
#include "results/report/table.h"

namespace ridgepoint {
namespace {

/// Of the lines above the cases; `show` prints them whole.
constexpr int kLongestHeadLine = 220;

}  // namespace

RunDetails::RunDetails(Session& session, QWidget* parent)
    : QWidget(parent),
      session_(session),
      cases_(new CaseTableModel(this)),
      head_(new QLabel),
      pin_(new QPushButton),
      compare_(new QPushButton("Compare with baseline")),
      table_(make_table("Cases of the run", cases_, this)),
      report_(new QPlainTextEdit),
      tabs_(new QTabWidget),
      ops_say_(new QLabel),
      ops_(new RangeTable(this)),
      ops_table_(make_table("Ops of the case", ops_, this)) {
  head_->setTextFormat(Qt::PlainText);
  head_->setWordWrap(true);
  head_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  head_->setFocusPolicy(Qt::StrongFocus);
  head_->setAccessibleName("What the run was");
  report_->setReadOnly(true);
  report_->setAccessibleName("The chosen case in full");
  report_->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
  report_->setLineWrapMode(QPlainTextEdit::WidgetWidth);
  report_->setFrameShape(QFrame::NoFrame);

  ops_table_->setTextElideMode(Qt::ElideMiddle);  // the end tells ops apart
  auto* top = new QHBoxLayout;
  top->addWidget(head_, 1);
  top->addWidget(pin_, 0, Qt::AlignTop);
  top->addWidget(compare_, 0, Qt::AlignTop);
  auto* halves = new Splitter(Qt::Horizontal, "run_details", "the cases and the chosen one");
  halves->addWidget(table_);
  QWidget* const of_ops = table_under_words(ops_say_, "What the table of ops is of", ops_table_);
  tabs_->setDocumentMode(true);
  tabs_->addTab(report_, "Case");
  tabs_->addTab(of_ops, "Ops");
  halves->addWidget(tabs_);
  halves->setStretchFactor(0, 3);
  halves->setStretchFactor(1, 2);
  auto* lines = new QVBoxLayout(this);
  lines->setContentsMargins(8, 6, 8, 0);
  lines->addLayout(top);
  lines->addWidget(halves, 1);

  QObject::connect(
      table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
      [this](const QModelIndex& now) {
        if (showing_ || !now.isValid()) return;
        show_case(now.row());
        session_.choose_case(utf8(now.data(CaseTableModel::case_hash_role).toString()));
      });
  QObject::connect(tabs_, &QTabWidget::currentChanged, this, [this] { show_ops(); });
  QObject::connect(ops_table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
                   [this](const QModelIndex& now) {
                     if (showing_ || !now.isValid()) return;
                     session_.choose_op(ops_->op_at(now.row()));
                   });
  QObject::connect(pin_, &QPushButton::clicked, this,
                   [this] { session_.pin_baseline(session_.place().run); });
  QObject::connect(compare_, &QPushButton::clicked, this, [this] {
    Place next = session_.place();
    next.view = "compare";
    next.side_a.clear();
    next.side_b.clear();
    session_.go(next);
  });
}

void RunDetails::show_place() {
  const Place& place = session_.place();
  setVisible(!place.run.empty());
  if (place.run.empty()) return;
  showing_ = true;
  const auto run = session_.run(place.run);
  const bool pinned = place.run == place.baseline;
  pin_->setText(pinned ? "Unpin baseline" : "Pin as baseline");
  pin_->setEnabled(run.value != nullptr);
  compare_->setEnabled(run.value != nullptr && !place.baseline.empty() && !pinned);
  compare_->setToolTip(compare_->isEnabled() ? "Opens the comparison of this run with the baseline"
                                             : "Pin another run as baseline first");
  QStringList head;
  if (run.value == nullptr) {
    head.append(run.problem);
    cases_->show(nullptr, nullptr);
    head_->setPalette(palette());
  } else {
    const std::vector<std::string> lines = run_head(*run.value);
    for (const std::string& line : lines) head.append(shortened(qt(line), kLongestHeadLine));
    if (!run.value->run.command.empty()) {
      head.append(shortened("$ " + qt(run.value->run.command), kLongestHeadLine));
    }
    const bool against =
        !place.baseline.empty() && !pinned && place.side_a.empty() && place.side_b.empty();
    const auto compared = against ? session_.comparison() : Loaded<Compared>{};
    if (against && compared.value == nullptr)
      head.append(shortened("Against the baseline: " + compared.problem, kLongestHeadLine));
    cases_->show(run.value, compared.value);
  }
  head_->setText(head.join('\n'));
  table_->setColumnHidden(CaseTableModel::change, place.baseline.empty() || pinned);
  fit_columns(*table_, 225);
  // The name of a case is long, and is said again beside the table.
  let_give_way(*table_, CaseTableModel::name, 130);
  const int row = std::max(0, cases_->row_of(place.case_hash));
  if (cases_->rowCount() > 0) table_->selectRow(row);
  show_case(cases_->rowCount() > 0 ? row : -1);
  showing_ = false;
}

void RunDetails::show_case(int row) {
  const Record* record = cases_->record(row);
  const auto run = session_.run(session_.place().run);
  record_ = run.value == nullptr ? nullptr : record;
  show_ops();
  if (record == nullptr || run.value == nullptr) {
    report_->setPlainText(run.value == nullptr || row < 0 ? QString()
                                                          : QString("This case was not measured."));
    return;
  }
  report_->setPlainText(with_plain_direction(qt(case_report(run.value->run, *record))));
}

/// Spans of a case may be millions: they are read only while somebody looks at its ops.
void RunDetails::show_ops() {
  const auto& range = session_.place().range;
  const bool within = record_ != nullptr && range && range->record_id == record_->id;
  tabs_->setTabText(1, within ? "Ops in the range" : "Ops");
  if (tabs_->currentIndex() != 1) return;
  const bool was_showing = std::exchange(showing_, true);
  Loaded<TracedRecord> traced;
  if (record_ == nullptr || record_->measurement.op_times.empty()) {
    traced.problem = "No op of this case was traced; a run that traces: ridgepoint profile";
  } else {
    traced = session_.trace(*record_);
  }
  if (traced.value == nullptr) {
    ops_say_->setText(traced.problem);
    ops_->show(nullptr, 0, 0);
  } else {
    const TimelineIndex& timeline = traced.value->timeline;
    const std::int64_t from = within ? range->begin_ns : timeline.begin_ns;
    const std::int64_t to = within ? range->end_ns : timeline.end_ns;
    const auto baseline = session_.baseline_trace(*record_);
    ops_->show(traced.value, from, to, baseline.value);
    ops_table_->setColumnHidden(RangeTable::change, !ops_->has_baseline());
    QString words =
        QString("%1: %2, ops take %3 of it.")
            .arg(within ? "Within the range that was chosen in the timeline" : "The whole trace",
                 qt(format_value(static_cast<double>(to - from), "ns")),
                 qt(format_value(static_cast<double>(ops_->busy_ns()), "ns")));
    if (baseline.value != nullptr) {
      words += QString(" Change: against the trace of the baseline (%1)%2.")
                   .arg(short_id(session_.place().baseline),
                        naming_other_case(baseline.value->record, *record_));
    }
    if (!baseline.problem.isEmpty()) words += " No baseline here: " + baseline.problem;
    ops_say_->setText(words);
    fit_columns(*ops_table_, 260);
    let_give_way(*ops_table_, RangeTable::op, 170);  // shorter, all names look the same
    const int row = ops_->row_of(session_.place().op);
    ops_table_->setCurrentIndex(row < 0 ? QModelIndex() : ops_->index(row, 0));
  }
  showing_ = was_showing;
}

QString RunDetails::ops_say() const {
  return ops_say_->text();
}

QString RunDetails::report() const {
  return report_->toPlainText();
}

}  // namespace ridgepoint
