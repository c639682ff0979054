// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/views/runs_view.h"

#include <QComboBox>
#include <QCompleter>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>

#include "dashboard/charts/theme.h"
#include "dashboard/models/csv_text.h"
#include "dashboard/models/text.h"
#include "dashboard/views/mark_editor.h"
#include "dashboard/views/run_details.h"
#include "dashboard/views/splitter.h"
#include "dashboard/views/table.h"

namespace ridgepoint {

RunsView::RunsView(Session& session, QWidget* parent)
    : View(session, "runs", "Runs", parent),
      model_(new RunTableModel(this)),
      search_(new QLineEdit),
      grouping_(new QComboBox),
      found_(new QLabel),
      problem_(new QLabel),
      table_(make_table("Runs", model_, this)),
      marks_(new MarkEditor(session)),
      details_(new RunDetails(session)) {
  search_->setPlaceholderText(
      "Search: words, key:value, -key:value; as in  branch:main tag:best is:failing");
  search_->setClearButtonEnabled(true);
  search_->setAccessibleName("Search runs");
  search_->installEventFilter(this);
  grouping_->setAccessibleName("Group runs by");
  using Grouping = RunTableModel::Grouping;
  for (const auto& [title, by] :
       std::initializer_list<std::pair<const char*, Grouping>>{{"No groups", Grouping::none},
                                                               {"By label", Grouping::label},
                                                               {"By tag", Grouping::tag},
                                                               {"By model", Grouping::model},
                                                               {"By suite", Grouping::suite},
                                                               {"By commit", Grouping::commit},
                                                               {"By branch", Grouping::branch},
                                                               {"By machine", Grouping::machine},
                                                               {"By day", Grouping::day}}) {
    grouping_->addItem(title, static_cast<int>(by));
  }
  table_->horizontalHeader()->setSortIndicator(RunTableModel::started, Qt::DescendingOrder);
  table_->setSortingEnabled(true);
  table_->installEventFilter(this);
  table_->setContextMenuPolicy(Qt::CustomContextMenu);

  auto* bar = new QHBoxLayout;
  bar->setContentsMargins(8, 8, 8, 4);
  bar->addWidget(search_, 1);
  bar->addWidget(grouping_);
  bar->addWidget(found_);
  problem_->setWordWrap(true);
  problem_->setTextFormat(Qt::PlainText);
  problem_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  problem_->setFocusPolicy(Qt::StrongFocus);
  problem_->setAccessibleName("What is wrong with the search");
  problem_->setContentsMargins(8, 0, 8, 4);
  problem_->hide();
  auto* top = new QWidget;
  auto* top_lines = new QVBoxLayout(top);
  top_lines->setContentsMargins(0, 0, 0, 0);
  top_lines->addLayout(bar);
  top_lines->addWidget(problem_);
  top_lines->addWidget(table_, 1);
  top_lines->addWidget(marks_);
  auto* halves = new Splitter(Qt::Vertical, "runs", "the runs and the chosen one");
  halves->addWidget(top);
  halves->addWidget(details_);
  halves->setStretchFactor(0, 1);
  halves->setStretchFactor(1, 1);
  auto* lines = new QVBoxLayout(&content());
  lines->setContentsMargins(0, 0, 0, 0);
  lines->addWidget(halves);

  QObject::connect(search_, &QLineEdit::textChanged, this, [this](const QString& text) {
    if (showing_) return;
    Place next = this->session().place();
    next.filter = text;
    this->session().amend(next);
  });
  QObject::connect(grouping_, &QComboBox::currentIndexChanged, this, [this] {
    model_->set_grouping(static_cast<Grouping>(grouping_->currentData().toInt()));
    mark_headings();
    if (showing_) return;
    settings_changed();
    refresh();
  });
  QObject::connect(table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
                   [this](const QModelIndex& now) {
                     const QString id = now.data(RunTableModel::run_id_role).toString();
                     if (!showing_ && !id.isEmpty()) this->session().choose_run(utf8(id));
                   });
  QObject::connect(model_, &QAbstractItemModel::modelReset, this, &RunsView::mark_headings);
  QObject::connect(marks_, &MarkEditor::left, table_, [this] { table_->setFocus(); });
  QObject::connect(table_, &QTableView::customContextMenuRequested, this, [this](QPoint at) {
    if (this->session().place().run.empty()) return;
    QMenu* menu = run_menu();
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->popup(table_->viewport()->mapToGlobal(at));
  });
}

QMenu* RunsView::run_menu() {
  const std::string run = session().place().run;
  auto* menu = new QMenu(this);
  menu->addAction("Tags\tT", this, [this, run] { marks_->edit(run, MarkEditor::What::tags); });
  menu->addAction("Note\tN", this, [this, run] { marks_->edit(run, MarkEditor::What::note); });
  menu->addSeparator();
  menu->addAction(session().place().baseline == run ? "Unpin baseline\tB" : "Pin as baseline\tB",
                  this, [this, run] { session().pin_baseline(run); });
  menu->addAction(std::ranges::count(session().place().candidates, run) > 0
                      ? "Keep for comparison no more\tC"
                      : "Keep for comparison\tC",
                  this, [this, run] { session().keep_candidate(run); });
  menu->addAction("Compare with baseline\tEnter", this, &RunsView::compare_with_baseline);
  return menu;
}

void RunsView::compare_with_baseline() {
  Place next = session().place();
  next.view = "compare";
  next.side_a.clear();
  next.side_b.clear();
  session().go(next);
}

/// Most people mark nothing, and the columns need the room.
void RunsView::show_marked_columns() {
  bool tagged = false, noted = false;
  for (const RunEntry& entry : shown_->runs) {
    const RunMarks& marks = entry.run().marks;
    noted = noted || !marks.note.empty();
    tagged = tagged || std::ranges::any_of(marks.tags, &RunTag::present);
  }
  const bool appears = (tagged && table_->isColumnHidden(RunTableModel::tags)) ||
                       (noted && table_->isColumnHidden(RunTableModel::note));
  table_->setColumnHidden(RunTableModel::tags, !tagged);
  table_->setColumnHidden(RunTableModel::note, !noted);
  if (appears) fitted_ = false;
}

void RunsView::group_by(RunTableModel::Grouping grouping) {
  grouping_->setCurrentIndex(grouping_->findData(static_cast<int>(grouping)));
}

void RunsView::mark_headings() {
  table_->clearSpans();
  if (grouping_->currentIndex() <= 0) return;
  for (int row = 0; row < model_->rowCount(); ++row) {
    if (model_->is_heading(row)) table_->setSpan(row, 0, 1, RunTableModel::count);
  }
}

void RunsView::sort_by_next(bool other_way) {
  const QHeaderView& heading = *table_->horizontalHeader();
  const Qt::SortOrder order = heading.sortIndicatorOrder();
  int column = heading.sortIndicatorSection();
  if (other_way) {
    table_->sortByColumn(column,
                         order == Qt::AscendingOrder ? Qt::DescendingOrder : Qt::AscendingOrder);
    return;
  }
  const int columns = model_->columnCount();
  do {
    column = (column + 1) % columns;
  } while (table_->isColumnHidden(column));
  table_->sortByColumn(column, order);
}

void RunsView::search(const QString& text) {
  const RunFilter filter = RunFilter::parse(text);
  model_->set_filter(filter);
  searched_ = text;
  say_how_many(filter.problem());
}

void RunsView::say_how_many(const QString& problem) {
  const RunList& list = *session().runs();
  QPalette colours = palette();
  problem_->setText(with_plain_direction(problem));
  problem_->setVisible(!problem.isEmpty());
  if (!problem.isEmpty()) {
    found_->clear();
    colours.setColor(QPalette::WindowText, theme_of(colours).bad);
    problem_->setPalette(colours);
  } else {
    const QString all = QString("%L1%2").arg(list.runs.size()).arg(list.complete ? "" : "+");
    found_->setText(searched_.trimmed().isEmpty()
                        ? all + (list.runs.size() == 1 ? " run" : " runs")
                        : QString("%L1 of %2").arg(model_->fitting()).arg(all));
    colours.setColor(QPalette::WindowText, theme_of(colours).muted);
  }
  found_->setPalette(colours);
}

void RunsView::show_place() {
  showing_ = true;
  take_settings();
  const Place& place = session().place();
  if (search_->text() != place.filter) search_->setText(place.filter);
  if (searched_ != place.filter) search(place.filter);
  if (shown_ != session().runs()) {
    shown_ = session().runs();
    model_->set_runs(shown_);
    say_how_many(RunFilter::parse(place.filter).problem());
    show_marked_columns();
    if (!fitted_ && !shown_->runs.empty()) {
      fit_columns(*table_, 260);
      // Room for the mark of a baseline that is pinned later.
      table_->setColumnWidth(RunTableModel::id,
                             table_->columnWidth(RunTableModel::id) +
                                 fontMetrics().horizontalAdvance(QString::fromUtf8("◆ ")));
      fitted_ = true;
      let_give_way(*table_, RunTableModel::label, 90);
    }
  }
  model_->set_baseline(place.baseline);
  model_->set_candidates(place.candidates);
  // A run may stand under several headings: the row that was clicked stays the chosen one.
  const QModelIndex current = table_->currentIndex();
  const bool stays = !place.run.empty() && current.isValid() &&
                     utf8(current.data(RunTableModel::run_id_role).toString()) == place.run;
  const int row = stays ? current.row() : model_->row_of(place.run);
  if (row >= 0) {
    if (table_->currentIndex().row() != row || !table_->selectionModel()->hasSelection()) {
      table_->selectRow(row);
    }
    table_->scrollTo(model_->index(row, 0));
  } else {
    table_->clearSelection();
    table_->setCurrentIndex({});
  }
  details_->show_place();
  showing_ = false;
}

bool RunsView::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::KeyPress) {
    const auto* key = static_cast<QKeyEvent*>(event);
    const std::string chosen = session().place().run;
    if (watched == search_ && (key->key() == Qt::Key_Down || key->key() == Qt::Key_Return)) {
      table_->setFocus();
      if (!table_->currentIndex().isValid() && model_->rowCount() > 0) {
        table_->selectRow(model_->is_heading(0) ? 1 : 0);
      }
      return true;
    }
    if (watched == table_ && key->key() == Qt::Key_S && !(key->modifiers() & Qt::ControlModifier)) {
      sort_by_next(key->modifiers().testFlag(Qt::ShiftModifier));
      return true;
    }
    if (watched == table_ && !chosen.empty()) {
      if (key->key() == Qt::Key_B) {
        session().pin_baseline(chosen);
        return true;
      }
      if (key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter) {
        compare_with_baseline();
        return true;
      }
      if (key->key() == Qt::Key_C && key->modifiers() == Qt::NoModifier) {
        session().keep_candidate(chosen);
        return true;
      }
      if (key->key() == Qt::Key_T || key->key() == Qt::Key_N) {
        marks_->edit(chosen,
                     key->key() == Qt::Key_T ? MarkEditor::What::tags : MarkEditor::What::note);
        return true;
      }
    }
  }
  return View::eventFilter(watched, event);
}

std::vector<QStringList> RunsView::rows() const {
  return rows_of(*model_);
}

QString RunsView::command_line() const {
  const std::string& run = session().place().run;
  return ridgepoint(run.empty() ? "list runs" : "show " + run.substr(0, 8));
}

std::map<QString, QString> RunsView::settings() const {
  return {{"groups", grouping_->currentText()}};
}

void RunsView::apply_settings(const std::map<QString, QString>& settings) {
  const auto found = settings.find("groups");
  if (found == settings.end()) return;
  const int at = grouping_->findText(found->second, Qt::MatchFixedString);
  if (at >= 0) grouping_->setCurrentIndex(at);
}

QString RunsView::range_here() const {
  return "The ops of its case are those of this stretch (Ops, below right); figures of cases are "
         "of "
         "passes that were not traced, and stay.";
}

QWidget* RunsView::first_focus() {
  return table_;
}

std::vector<std::pair<QString, QString>> RunsView::keys() const {
  return {{"Ctrl+F", "type into the search box; Down goes on to the table"},
          {"B", "pin the chosen run as the baseline, or unpin it"},
          {"Enter", "compare the chosen run with the baseline"},
          {"C", "keep the chosen run for a comparison of several with the baseline, or no more"},
          {"S, Shift+S", "sort by the next column, the other way round"},
          {"T, N", "change the tags of the chosen run, or the note to it"}};
}

}  // namespace ridgepoint
