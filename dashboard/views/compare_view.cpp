// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/views/compare_view.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTabWidget>
#include <QTableView>
#include <QTableWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "dashboard/charts/two_sides_chart.h"
#include "dashboard/models/csv_text.h"
#include "dashboard/models/text.h"
#include "dashboard/views/interval_delegate.h"
#include "dashboard/views/splitter.h"
#include "dashboard/views/table.h"
#include "results/report/attribution_text.h"
#include "results/report/comparison_text.h"
#include "results/report/table.h"
#include "workloads/shell_quote.h"

namespace ridgepoint {
namespace {

/// Letters of what people call their runs, and of a line above the table.
constexpr int kLongestTitle = 60, kLongestLine = 300, kLongestLegend = 24;

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
      QString(letter == "A"
                  ? "the pinned baseline"
                  : "the runs kept with C in Runs, and the chosen one. Several sides stand "
                    "apart by ';'"));
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
      candidates_(new CandidatesModel(this)),
      a_(side_box_of("A")),
      b_(side_box_of("B")),
      swap_(new QPushButton(QString::fromUtf8("⇄"))),
      all_(new QCheckBox("Memory, exactness and quality within tolerance as rows too")),
      verdict_(new QLabel),
      facts_(new QLabel),
      table_(make_table("Cases compared", model_, this)),
      candidates_table_(make_table("Cases compared with several candidates", candidates_, this)),
      below_(new QTabWidget),
      why_(reading_text("Why the chosen row is what it is")),
      ops_(new OpDifferenceTable(this)),
      ops_say_(new QLabel),
      ops_table_(make_table("Where the difference lies, op by op", ops_, this)),
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
    label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    label->setFocusPolicy(Qt::StrongFocus);
  }
  table_->setItemDelegateForColumn(ComparisonModel::interval,
                                   new IntervalDelegate(IntervalDelegate::Text::none, table_));
  candidates_table_->setItemDelegate(
      new IntervalDelegate(IntervalDelegate::Text::beside, candidates_table_));
  candidates_table_->setSelectionBehavior(QAbstractItemView::SelectItems);
  candidates_table_->horizontalHeader()->setStretchLastSection(false);
  environment_->setAccessibleName("What differs in environment");
  environment_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  environment_->setFrameShape(QFrame::NoFrame);
  environment_->setShowGrid(false);
  environment_->verticalHeader()->hide();
  below_->addTab(why_, "Why");
  QWidget* const of_ops = table_under_words(ops_say_, "What the table of ops is of", ops_table_);
  below_->addTab(of_ops, "Ops");
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
  auto* left = new Splitter(Qt::Vertical, "compare_left", "the cases and what is said of one");
  auto* rows = new QWidget;
  auto* rows_lines = new QVBoxLayout(rows);
  rows_lines->setContentsMargins(0, 0, 0, 0);
  rows_lines->addWidget(table_, 1);
  rows_lines->addWidget(candidates_table_, 1);
  rows_lines->addWidget(all_);
  left->addWidget(rows);
  left->addWidget(below_);
  left->setStretchFactor(0, 3);
  left->setStretchFactor(1, 2);
  auto* right = new Splitter(Qt::Vertical, "compare_right", "the values and the percentiles");
  right->addWidget(ecdf_);
  right->addWidget(percentiles_);
  auto* halves = new Splitter(Qt::Horizontal, "compare", "the cases and the charts");
  halves->addWidget(left);
  halves->addWidget(right);
  halves->setStretchFactor(0, 3);
  halves->setStretchFactor(1, 2);
  left->setSizes({420, 220});
  halves->setSizes({770, 390});
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
    candidates_->show_all(on);
    if (showing_) return;
    settings_changed();
    refresh();
  });
  remember_extent(*ecdf_, "values");
  remember_extent(*percentiles_, "percentiles");
  QObject::connect(ops_table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
                   [this](const QModelIndex& now) {
                     if (showing_ || !now.isValid()) return;
                     this->session().choose_op(ops_->op_at(now.row()));
                   });
  for (QTableView* table : {table_, candidates_table_}) {
    QObject::connect(table->selectionModel(), &QItemSelectionModel::currentChanged, this,
                     &CompareView::choose);
  }
}

QString CompareView::ops_say() const {
  return ops_say_->text();
}

void CompareView::choose(const QModelIndex& index) {
  if (showing_ || !index.isValid()) return;
  Place next = session().place();
  next.case_hash = utf8(index.data(ComparisonModel::case_hash_role).toString());
  next.metric = utf8(index.data(ComparisonModel::metric_role).toString());
  const int candidate = index.column() - CandidatesModel::first_candidate;
  if (index.model() == candidates_ && candidate >= 0 && shown_many_ != nullptr) {
    next.candidate = shown_many_->candidates.at(static_cast<std::size_t>(candidate)).side;
  }
  session().go(next);
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
  take_settings();
  const Place& place = session().place();
  a_->setText(qt(place.side_a));
  b_->setText(qt(place.side_b));
  a_->setPlaceholderText(place.baseline.empty() ? "pin a run as baseline, or type one here"
                                                : "baseline " + title_of(place.baseline));
  b_->setPlaceholderText(place.run.empty() ? "choose a run in Runs, or type one here"
                                           : "run " + title_of(place.run));
  const std::vector<std::string> sides = session().sides_b();
  const bool many = sides.size() > 1;
  if (many && place.side_b.empty()) {
    b_->setPlaceholderText(QString("%1 runs kept for the comparison").arg(sides.size()));
  }
  table_->setVisible(!many);
  candidates_table_->setVisible(many);
  swap_->setEnabled(!many);
  if (many) {
    show_candidates();
  } else {
    show_pair();
  }
  showing_ = false;
}

void CompareView::show_verdict(const QString& text, const QColor& colour) {
  verdict_->setText(shortened(text, kLongestLine));
  QPalette colours = palette();
  colours.setColor(QPalette::WindowText, colour);
  verdict_->setPalette(colours);
  colours.setColor(QPalette::WindowText, theme_of(colours).muted);
  facts_->setPalette(colours);
}

void CompareView::show_problem(const QString& problem) {
  show_verdict(problem, theme_of(palette()).muted);
  QString what_to_do;
  if (session().side_a().empty()) {
    what_to_do =
        "Pin a baseline with B in Runs and choose another run, or keep several with C; or type "
        "both sides above, as in  run:41d5db26 backend:reference  and  run:41d5db26 backend:cpu";
  } else if (session().sides_b().empty() || session().side_a() == session().side_b()) {
    what_to_do =
        "Choose another run in Runs, or keep several there with C; or type side B above, as in  "
        "run:41d5db26 backend:cpu";
  }
  facts_->setText(what_to_do);
  environment_->setRowCount(0);
  notes_->clear();
  all_->hide();
  show_finding(nullptr, nullptr);
}

void CompareView::show_pair() {
  shown_many_ = nullptr;
  const Place& place = session().place();
  const auto compared = session().comparison();
  model_->show(compared.value);
  if (compared.value == nullptr) return show_problem(compared.problem);
  const Comparison& comparison = compared.value->comparison;
  show_verdict(qt(verdict_sentence(comparison)), theme_of(palette()).of(comparison.verdict));
  all_->setVisible(model_->left_out() > 0 || all_->isChecked());
  show_facts(comparison);
  show_environment(comparison);
  notes_->setPlainText(with_plain_direction(notes_text(comparison)));
  fit_columns(*table_, 225);
  table_->setColumnHidden(ComparisonModel::memory, !model_->has_beside(ComparisonModel::memory));
  table_->setColumnHidden(ComparisonModel::quality, !model_->has_beside(ComparisonModel::quality));
  let_give_way(*table_, ComparisonModel::name, 150);
  int row = model_->row_of(place.case_hash, place.metric);
  if (row < 0) row = model_->row_of(place.case_hash, {});
  // Nothing was chosen: the row that the verdict names.
  const bool any_differs =
      comparison.verdict == Verdict::slower || comparison.verdict == Verdict::faster;
  const std::vector<std::size_t> telling = rows_with(comparison, comparison.verdict);
  if (row < 0 && any_differs && !telling.empty()) {
    const ComparisonRow& worst = comparison.rows[telling.front()];
    row = model_->row_of(case_hash(worst.subject), worst.metric);
  }
  if (row < 0 && model_->rowCount() > 0) row = 0;
  if (row >= 0) {
    table_->selectRow(row);
    table_->scrollTo(model_->index(row, 0));
  }
  show_finding(compared.value.get(), model_->at(row));
}

void CompareView::show_candidates() {
  const Place& place = session().place();
  const auto loaded = session().comparisons();
  shown_many_ = loaded.value;
  QStringList titles, findings;
  if (shown_many_ != nullptr) {
    for (const auto& candidate : shown_many_->candidates) {
      titles.append(title_of(candidate.side));
      findings.append(candidate.compared == nullptr
                          ? candidate.problem
                          : qt(verdict_sentence(candidate.compared->comparison)));
    }
  }
  candidates_->show(shown_many_, titles, findings);
  if (shown_many_ == nullptr) return show_problem(loaded.problem);

  // The worst first, as in the table below.
  std::map<Verdict, QStringList> by_verdict;
  QStringList without, notes;
  const Comparison* any = nullptr;
  for (std::size_t i = 0; i < shown_many_->candidates.size(); ++i) {
    const auto& compared = shown_many_->candidates[i].compared;
    const auto at = static_cast<qsizetype>(i);
    notes.append(titles[at] + ": " + findings[at]);
    if (compared == nullptr) {
      without.append(titles[at]);
      continue;
    }
    any = &compared->comparison;
    by_verdict[any->verdict].append(titles[at]);
    const QString noted = notes_text(*any);
    if (!noted.isEmpty()) notes.back() += "\n" + noted;
  }
  QStringList verdicts;
  QColor colour = theme_of(palette()).muted;
  for (const Verdict verdict : {Verdict::slower, Verdict::undecided, Verdict::incomparable,
                                Verdict::faster, Verdict::same}) {
    const auto found = by_verdict.find(verdict);
    if (found == by_verdict.end()) continue;
    if (verdicts.isEmpty()) colour = theme_of(palette()).of(verdict);
    verdicts.append(qt(name_of(verdict)) + ": " + found->second.join(", "));
  }
  if (!without.isEmpty()) verdicts.append("no comparison: " + without.join(", "));
  show_verdict(verdicts.join("; "), colour);
  facts_->setText(
      any == nullptr
          ? QString()
          : QString("Baseline: %1.\nThreshold %2; alpha %3 is the chance of any false slower "
                    "or faster: Holm's correction is over the %4 tests of all candidates.")
                .arg(shortened(qt(side_text(any->a)), kLongestLine), qt(share_text(any->threshold)),
                     qt(share_text(any->alpha)))
                .arg(shown_many_->tests));
  notes_->setPlainText(notes.join("\n\n"));
  all_->setVisible(candidates_->left_out() > 0 || all_->isChecked());
  fit_columns(*candidates_table_, 270);
  let_give_way(*candidates_table_, CandidatesModel::name, 150);

  int row = candidates_->row_of(place.case_hash, place.metric);
  if (row < 0) row = candidates_->row_of(place.case_hash, {});
  if (row < 0 && candidates_->rowCount() > 0) row = 0;
  const auto* chosen = shown_many_->find(place.candidate);
  if (chosen == nullptr) chosen = &shown_many_->candidates.front();
  const int column =
      CandidatesModel::first_candidate + static_cast<int>(chosen - shown_many_->candidates.data());
  if (row >= 0) candidates_table_->setCurrentIndex(candidates_->index(row, column));
  if (chosen->compared == nullptr) {
    environment_->setRowCount(0);
    below_->setTabText(below_->indexOf(environment_), "Environment");
    show_finding(nullptr, nullptr);
    why_->setPlainText(chosen->problem);
    return;
  }
  show_environment(chosen->compared->comparison);
  show_finding(chosen->compared.get(), candidates_->at(row, column), "baseline",
               shortened(title_of(chosen->side), kLongestLegend));
}

QString CompareView::title_of(const std::string& side) const {
  const RunEntry* entry = session().runs()->find(side);
  if (entry == nullptr) return qt(side);
  return short_id(side) + (entry->run().label.empty()
                               ? QString()
                               : " " + shortened(qt(entry->run().label), kLongestTitle));
}

void CompareView::show_facts(const Comparison& comparison) {
  QStringList facts;
  facts.append(shortened("A: " + qt(side_text(comparison.a)), kLongestLine));
  facts.append(shortened("B: " + qt(side_text(comparison.b)), kLongestLine));
  facts.append(qt(machine_line(comparison)) + " " + qt(method_text(comparison)));
  facts_->setText(facts.join('\n'));
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
        auto* item =
            new QTableWidgetItem(with_plain_direction(qt(cells[static_cast<std::size_t>(column)])));
        item->setToolTip(item->text());
        environment_->setItem(row - 1, column, item);
      }
    }
  }
  fit_columns(*environment_, 260);
  environment_->horizontalHeader()->setStretchLastSection(true);
  const int differing = rows.empty() ? 0 : static_cast<int>(rows.size()) - 1;
  below_->setTabText(below_->indexOf(environment_),
                     differing == 0 ? QString("Environment: same")
                                    : QString("Environment: %1 differ").arg(differing));
}

void CompareView::show_finding(const Compared* compared, const ComparisonRow* chosen,
                               const QString& name_a, const QString& name_b) {
  if (compared == nullptr || chosen == nullptr) {
    why_->clear();
    ecdf_->set_message("Choose a row of the table to see its distributions.");
    percentiles_->set_message(" ");
    show_ops(nullptr, nullptr, {});
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
  why_->setPlainText(with_plain_direction(lines.join('\n')));
  const Record* a = compared->find(chosen->a.record_id);
  const Record* b = compared->find(chosen->b.record_id);
  const auto of = [&](const Record* record, auto&& values) {
    return record == nullptr || chosen->metric.empty() ? Distribution{}
                                                       : values(*record, chosen->metric);
  };
  for (TwoSidesChart* chart : {ecdf_, percentiles_}) {
    chart->set_subject(
        qt(chosen->a.record_id + '\n' + chosen->b.record_id + '\n' + chosen->metric));
  }
  ecdf_->show(of(a, repetitions_of), of(b, repetitions_of), name_a, name_b);
  percentiles_->show(of(a, samples_of), of(b, samples_of), name_a, name_b);
  show_ops(a, b, chosen->metric);
}

/// Ops of the phase that the metric times; within the range of the timeline on the side it is of.
void CompareView::show_ops(const Record* a, const Record* b, const std::string& metric) {
  std::vector<OpDifference> ops;
  QString words;
  std::string phase(phase_of(metric));
  if (metric.empty() && b != nullptr) {
    // An outcome stands against another; what was traced is worth seeing all the same.
    for (const OpTime& op : b->measurement.op_times) phase = op.phase;
  }
  if (a == nullptr || b == nullptr) {
    words = "Choose a row of the table that both sides have.";
  } else if (phase.empty()) {
    words = "This metric is not the time of a phase, so no op accounts for it.";
  } else {
    const auto of_a = session().within_range(*a);
    const auto of_b = session().within_range(*b);
    ops = op_differences(of_a->measurement.op_times, of_b->measurement.op_times, phase);
    const auto traced = [&](const Record& record) {
      return std::ranges::any_of(record.measurement.op_times,
                                 [&](const OpTime& op) { return op.phase == phase; });
    };
    if (!traced(*of_a) || !traced(*of_b)) {
      words = QString("Side %1 has no times of single ops%2.")
                  .arg(traced(*of_a)   ? "B"
                       : traced(*of_b) ? "A"
                                       : "A, like side B,",
                       session().place().range ? " (within the range)" : "");
    } else {
      double sum = 0;
      for (const OpDifference& op : ops) sum += op.difference_ns();
      words = QString("Times of one %1 pass: ops differ by %2%3 in all.")
                  .arg(qt(phase), sum < 0 ? QString::fromUtf8("−") : QString("+"),
                       qt(format_value(std::abs(sum), "ns")));
    }
    const auto& range = session().place().range;
    for (const auto& [record, letter] : {std::pair(a, 'A'), std::pair(b, 'B')}) {
      if (!range || range->record_id != record->id) continue;
      words += QString(" Those of %1 are of the range that was chosen in the timeline.")
                   .arg(QChar(letter));
    }
  }
  ops_say_->setText(words);
  ops_->show(std::move(ops));
  fit_columns(*ops_table_, 260);
  const int row = ops_->row_of(session().place().op);
  ops_table_->setCurrentIndex(row < 0 ? QModelIndex() : ops_->index(row, 0));
}

std::map<QString, QString> CompareView::settings() const {
  return {{"within_tolerance", all_->isChecked() ? "yes" : "no"}};
}

void CompareView::apply_settings(const std::map<QString, QString>& settings) {
  const auto found = settings.find("within_tolerance");
  if (found != settings.end()) all_->setChecked(found->second == "yes");
}

QString CompareView::verdict() const {
  return verdict_->text();
}

QString CompareView::why() const {
  return why_->toPlainText();
}

std::vector<QStringList> CompareView::rows() const {
  if (shown_many_ == nullptr) return rows_of(*model_);
  // What a cell draws, in words.
  std::vector<QStringList> rows = rows_of(*candidates_);
  for (int row = 0; row < candidates_->rowCount(); ++row) {
    for (int column = CandidatesModel::first_candidate; column < candidates_->columnCount();
         ++column) {
      const ComparisonRow* found = candidates_->at(row, column);
      if (found == nullptr) continue;
      QString& cell = rows[static_cast<std::size_t>(row) + 1][column];
      const QString verdict = qt(row_verdict_text(*found));
      if (cell != verdict) cell += " " + verdict;
    }
  }
  return rows;
}

QString CompareView::command_line() const {
  const std::string a = session().side_a();
  const std::vector<std::string> sides = session().sides_b();
  if (a.empty() || sides.empty()) return {};
  // The command knows pairs only, and corrects each for itself.
  QStringList lines;
  for (const std::string& b : sides) {
    lines.append(ridgepoint("compare " + shell_quote(a) + " " + shell_quote(b)));
  }
  return lines.join("; ");
}

std::vector<Chart*> CompareView::charts() const {
  return {ecdf_, percentiles_};
}

QString CompareView::facts() const {
  return facts_->text();
}

QString CompareView::range_here() const {
  return "Times of its ops are of this stretch (Ops, below); verdicts are made of passes that were "
         "not traced, and stay.";
}

QWidget* CompareView::first_focus() {
  return candidates_table_->isVisibleTo(this) ? candidates_table_ : table_;
}

std::vector<std::pair<QString, QString>> CompareView::keys() const {
  return {{"Up, Down", "the next case and metric"},
          {"Left, Right", "the next candidate, where there are several"}};
}

}  // namespace ridgepoint
