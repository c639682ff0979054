// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/views/compare_view.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSplitter>
#include <QTabWidget>
#include <QTableView>
#include <QTableWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <array>

#include "dashboard/charts/two_sides_chart.h"
#include "dashboard/models/csv_text.h"
#include "dashboard/models/text.h"
#include "dashboard/views/interval_delegate.h"
#include "dashboard/views/table.h"
#include "results/report/attribution_text.h"
#include "results/report/comparison_text.h"
#include "workloads/shell_quote.h"

namespace ridgepoint {
namespace {

QPlainTextEdit* reading_text(const QString& accessible_name) {
  auto* text = new QPlainTextEdit;
  text->setReadOnly(true);
  text->setFrameShape(QFrame::NoFrame);
  text->setAccessibleName(accessible_name);
  return text;
}

QLineEdit* side_box_of(const QString& letter) {
  auto* box = new QLineEdit;
  box->setAccessibleName("Side " + letter);
  box->setToolTip(
      "A run, a label, 'latest', a commit, or key:value words: as for `ridgepoint compare`. "
      "Empty: " +
      QString(letter == "A" ? "the pinned baseline" : "the chosen run"));
  return box;
}

/// Everything that is to be known beside the rows.
QString notes_text(const Comparison& comparison) {
  QStringList lines;
  for (const std::string& note : comparison.notes) lines.append(qt(note));
  for (const std::string& reason : reasons(
           comparison, std::array{Verdict::slower, Verdict::undecided, Verdict::incomparable})) {
    lines.append(qt(reason));
  }
  for (const auto& [side, letter] :
       {std::pair(&comparison.a, 'A'), std::pair(&comparison.b, 'B')}) {
    for (const std::string& name : side->unmatched) {
      lines.append(QString("only in %1: %2").arg(QChar(letter)).arg(qt(name)));
    }
  }
  return lines.join('\n');
}

}  // namespace

CompareView::CompareView(Session& session, QWidget* parent)
    : View(session, "compare", "Compare", parent),
      model_(new ComparisonModel(this)),
      a_(side_box_of("A")),
      b_(side_box_of("B")),
      swap_(new QPushButton(QString::fromUtf8("⇄"))),
      all_(new QCheckBox("Memory and exactness within tolerance too")),
      verdict_(new QLabel),
      facts_(new QLabel),
      table_(make_table("Cases compared", model_, this)),
      below_(new QTabWidget),
      why_(reading_text("Why the chosen row is what it is")),
      environment_(new QTableWidget),
      notes_(reading_text("Notes")),
      ecdf_(new TwoSidesChart(TwoSidesChart::Shape::ecdf)),
      percentiles_(new TwoSidesChart(TwoSidesChart::Shape::percentiles)) {
  swap_->setAccessibleName("Swap the sides");
  swap_->setToolTip("Swap the sides");
  swap_->setMaximumWidth(40);
  QFont large = font();
  large.setPointSizeF(large.pointSizeF() * 1.25);
  large.setBold(true);
  verdict_->setFont(large);
  verdict_->setAccessibleName("Verdict");
  facts_->setAccessibleName("What is compared");
  for (QLabel* label : {verdict_, facts_}) {
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
  }
  table_->setItemDelegateForColumn(ComparisonModel::interval, new IntervalDelegate(table_));
  environment_->setAccessibleName("What differs in environment");
  environment_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  environment_->setFrameShape(QFrame::NoFrame);
  environment_->setShowGrid(false);
  environment_->verticalHeader()->hide();
  below_->addTab(why_, "Why");
  below_->addTab(environment_, "Environment");
  below_->addTab(notes_, "Notes");
  below_->setDocumentMode(true);

  auto* sides = new QHBoxLayout;
  for (const auto& [letter, box] : {std::pair("A", a_), std::pair("B", b_)}) {
    auto* name = new QLabel(letter);
    QFont bold = name->font();
    bold.setBold(true);
    name->setFont(bold);
    sides->addWidget(name);
    sides->addWidget(box, 1);
    if (box == a_) sides->addWidget(swap_);
  }
  auto* head = new QVBoxLayout;
  head->setContentsMargins(8, 8, 8, 4);
  head->addLayout(sides);
  head->addWidget(verdict_);
  head->addWidget(facts_);
  auto* left = new QSplitter(Qt::Vertical);
  left->setObjectName("compare_left");
  auto* rows = new QWidget;
  auto* rows_lines = new QVBoxLayout(rows);
  rows_lines->setContentsMargins(0, 0, 0, 0);
  rows_lines->addWidget(table_, 1);
  rows_lines->addWidget(all_);
  left->addWidget(rows);
  left->addWidget(below_);
  left->setStretchFactor(0, 3);
  left->setStretchFactor(1, 2);
  auto* right = new QSplitter(Qt::Vertical);
  right->setObjectName("compare_right");
  right->addWidget(ecdf_);
  right->addWidget(percentiles_);
  auto* halves = new QSplitter(Qt::Horizontal);
  halves->setObjectName("compare");
  halves->addWidget(left);
  halves->addWidget(right);
  halves->setStretchFactor(0, 3);
  halves->setStretchFactor(1, 2);
  left->setSizes({420, 220});
  halves->setSizes({770, 390});
  for (QSplitter* splitter : {left, right, halves}) splitter->setChildrenCollapsible(false);
  auto* lines = new QVBoxLayout(&content());
  lines->setContentsMargins(0, 0, 0, 0);
  lines->addLayout(head);
  lines->addWidget(halves, 1);

  for (QLineEdit* box : {a_, b_}) {
    QObject::connect(box, &QLineEdit::editingFinished, this, &CompareView::take_sides);
  }
  QObject::connect(swap_, &QPushButton::clicked, this, &CompareView::swap_sides);
  QObject::connect(all_, &QCheckBox::toggled, this, [this](bool on) {
    model_->show_all(on);
    refresh();
  });
  QObject::connect(table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
                   [this](const QModelIndex& now) {
                     if (showing_ || !now.isValid()) return;
                     Place next = this->session().place();
                     next.case_hash = utf8(now.data(ComparisonModel::case_hash_role).toString());
                     next.metric = utf8(now.data(ComparisonModel::metric_role).toString());
                     this->session().go(next);
                   });
}

void CompareView::take_sides() {
  if (showing_) return;
  Place next = session().place();
  next.side_a = utf8(a_->text().trimmed());
  next.side_b = utf8(b_->text().trimmed());
  session().go(next);
}

void CompareView::swap_sides() {
  Place next = session().place();
  const std::string a = session().side_a();
  const std::string b = session().side_b();
  if (next.side_a.empty() && next.side_b.empty()) {
    std::swap(next.baseline, next.run);
  } else {
    next.side_a = b;
    next.side_b = a;
  }
  session().go(next);
}

void CompareView::show_place() {
  showing_ = true;
  const Place& place = session().place();
  const auto named = [this](const std::string& id) {
    const RunEntry* entry = session().runs()->find(id);
    if (entry == nullptr) return short_id(id);
    return short_id(id) + (entry->run().label.empty() ? QString() : " " + qt(entry->run().label));
  };
  a_->setText(qt(place.side_a));
  b_->setText(qt(place.side_b));
  a_->setPlaceholderText(place.baseline.empty() ? "pin a run as baseline, or type one here"
                                                : "baseline " + named(place.baseline));
  b_->setPlaceholderText(place.run.empty() ? "choose a run in Runs, or type one here"
                                           : "run " + named(place.run));
  const auto compared = session().comparison();
  shown_ = compared.value;
  model_->show(shown_);
  all_->setVisible(shown_ != nullptr && (model_->left_out() > 0 || all_->isChecked()));
  QPalette colours = palette();
  if (shown_ == nullptr) {
    verdict_->setText(compared.problem);
    facts_->setText(
        session().side_a().empty() || session().side_b().empty()
            ? "Pin a baseline with B in Runs and choose another run; or type both sides "
              "above, as in  run:41d5db26 backend:reference  and  run:41d5db26 backend:cpu"
            : QString());
    colours.setColor(QPalette::WindowText, theme_of(colours).muted);
    verdict_->setPalette(colours);
    environment_->setRowCount(0);
    notes_->clear();
    show_row(-1);
    showing_ = false;
    return;
  }
  const Comparison& comparison = shown_->comparison;
  verdict_->setText(qt(verdict_sentence(comparison)));
  colours.setColor(QPalette::WindowText, theme_of(colours).of(comparison.verdict));
  verdict_->setPalette(colours);
  show_facts(comparison);
  show_environment(comparison);
  notes_->setPlainText(notes_text(comparison));
  fit_columns(*table_, 225);
  let_give_way(*table_, ComparisonModel::name, 110);
  int row = model_->row_of(place.case_hash, place.metric);
  if (row < 0) row = model_->row_of(place.case_hash, {});
  if (row < 0 && model_->rowCount() > 0) row = 0;
  if (row >= 0) table_->selectRow(row);
  show_row(row);
  showing_ = false;
}

void CompareView::show_facts(const Comparison& comparison) {
  QStringList facts;
  facts.append("A: " + qt(side_text(comparison.a)));
  facts.append("B: " + qt(side_text(comparison.b)));
  facts.append(qt(machine_line(comparison)) + " " + qt(method_text(comparison)));
  facts_->setText(facts.join('\n'));
  QPalette colours = palette();
  colours.setColor(QPalette::WindowText, theme_of(colours).muted);
  facts_->setPalette(colours);
}

void CompareView::show_environment(const Comparison& comparison) {
  const auto rows = environment_table(comparison);
  environment_->clear();
  if (rows.empty()) {
    environment_->setColumnCount(1);
    environment_->setRowCount(1);
    environment_->horizontalHeader()->hide();
    environment_->setItem(0, 0, new QTableWidgetItem("Nothing differs that is on record."));
  } else {
    environment_->horizontalHeader()->show();
    environment_->setColumnCount(static_cast<int>(rows.front().size()));
    environment_->setRowCount(static_cast<int>(rows.size()) - 1);
    QStringList heading;
    for (const std::string& cell : rows.front()) heading.append(qt(cell));
    environment_->setHorizontalHeaderLabels(heading);
    for (int row = 1; row < static_cast<int>(rows.size()); ++row) {
      const auto& cells = rows[static_cast<std::size_t>(row)];
      for (int column = 0; column < static_cast<int>(cells.size()); ++column) {
        auto* item = new QTableWidgetItem(qt(cells[static_cast<std::size_t>(column)]));
        item->setToolTip(item->text());
        environment_->setItem(row - 1, column, item);
      }
    }
  }
  fit_columns(*environment_, 260);
  environment_->horizontalHeader()->setStretchLastSection(true);
  const int differing = rows.empty() ? 0 : static_cast<int>(rows.size()) - 1;
  below_->setTabText(1, differing == 0 ? QString("Environment: same")
                                       : QString("Environment: %1 differ").arg(differing));
}

void CompareView::show_row(int row) {
  const ComparisonRow* chosen = model_->at(row);
  if (chosen == nullptr) {
    why_->clear();
    ecdf_->set_message("Choose a row of the table to see its distributions.");
    percentiles_->set_message(" ");
    return;
  }
  QStringList lines;
  lines.append(qt(row_title(*chosen)));
  lines.append(qt(row_verdict_text(*chosen) + ": " + row_finding(*chosen)));
  if (!chosen->reason.empty() && !chosen->metric.empty()) lines.append(qt(chosen->reason));
  if (chosen->attribution) {
    lines.append(QString());
    for (const std::string& sentence : explain(*chosen->attribution)) lines.append(qt(sentence));
  }
  why_->setPlainText(lines.join('\n'));
  const Record* a = shown_->find(chosen->a.record_id);
  const Record* b = shown_->find(chosen->b.record_id);
  const auto of = [&](const Record* record, auto&& values) {
    return record == nullptr || chosen->metric.empty() ? Distribution{}
                                                       : values(*record, chosen->metric);
  };
  ecdf_->show(of(a, repetitions_of), of(b, repetitions_of));
  percentiles_->show(of(a, samples_of), of(b, samples_of));
}

QString CompareView::verdict() const {
  return verdict_->text();
}

QString CompareView::why() const {
  return why_->toPlainText();
}

std::vector<QStringList> CompareView::rows() const {
  return rows_of(*model_);
}

QString CompareView::command_line() const {
  const std::string a = session().side_a();
  const std::string b = session().side_b();
  if (a.empty() || b.empty()) return {};
  return ridgepoint("compare " + shell_quote(a) + " " + shell_quote(b));
}

std::vector<Chart*> CompareView::charts() const {
  return {ecdf_, percentiles_};
}

QWidget* CompareView::first_focus() {
  return table_;
}

std::vector<std::pair<QString, QString>> CompareView::keys() const {
  return {{"Up, Down", "the next case and metric"}};
}

}  // namespace ridgepoint
