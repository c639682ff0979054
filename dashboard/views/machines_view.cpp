// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/views/machines_view.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QTabWidget>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>
#include <set>

#include "dashboard/models/csv_text.h"
#include "dashboard/models/text.h"
#include "dashboard/models/unfinished_ceilings.h"
#include "dashboard/views/new_run.h"
#include "dashboard/views/program_text.h"
#include "dashboard/views/table.h"
#include "results/roofline/ceilings_suite.h"
#include "results/store/ab_store.h"

namespace ridgepoint {
namespace {

constexpr std::size_t kMostPassports = 3;  ///< that a window is wide enough for

/// Ids of the newest passport of each environment, newest first. Its sessions are labelled
/// "passport ID CASE".
std::vector<std::string> newest_passports(const Session& session, std::size_t most) {
  std::vector<std::string> ids;
  std::set<std::string> environments;
  const AbStore store(session.path(), OpenMode::read_only, session.options());
  for (const AbSession& each : store.list()) {  // newest first
    const QStringList words = qt(each.label).split(' ');
    if (words.size() < 3 || words.front() != "passport" || ids.size() == most) continue;
    if (environments.insert(each.environment_hash).second) ids.push_back(utf8(words[1]));
  }
  return ids;
}

}  // namespace

MachinesView::MachinesView(Session& session, QWidget* parent)
    : View(session, "machines", "Machines", parent),
      model_(new EnvironmentTable(this)),
      ceilings_(new CeilingTable(this)),
      only_differing_(new QCheckBox("Only what differs")),
      summary_(new QLabel),
      table_(make_table("Environments side by side", model_, nullptr)),
      ceiling_table_(make_table("Ceilings side by side", ceilings_, nullptr)),
      no_ceilings_(new QLabel),
      passport_page_(new QWidget),
      passports_{new ProgramText("Noise passport")},
      tabs_(new QTabWidget) {
  no_ceilings_->setAlignment(Qt::AlignCenter);
  no_ceilings_->setWordWrap(true);
  no_ceilings_->setTextFormat(Qt::PlainText);
  auto* bar = new QHBoxLayout;
  bar->setContentsMargins(8, 8, 8, 4);
  bar->addWidget(summary_, 1);
  bar->addWidget(only_differing_);
  auto* environments = new QWidget;
  auto* environment_lines = new QVBoxLayout(environments);
  environment_lines->setContentsMargins(0, 0, 0, 0);
  environment_lines->addLayout(bar);
  environment_lines->addWidget(table_, 1);
  auto* limits = new QWidget;
  auto* limit_lines = new QVBoxLayout(limits);
  limit_lines->setContentsMargins(0, 4, 0, 0);
  limit_lines->addWidget(ceiling_table_, 1);
  limit_lines->addWidget(no_ceilings_, 1);
  tabs_->addTab(environments, "&Environments");
  tabs_->addTab(limits, "&Ceilings");
  auto* passport_lines = new QHBoxLayout(passport_page_);
  passport_lines->setContentsMargins(0, 0, 0, 0);
  passport_lines->addWidget(passports_.front());
  tabs_->addTab(passport_page_, "&Noise passport");
  tabs_->setDocumentMode(true);
  auto* lines = new QVBoxLayout(&content());
  lines->setContentsMargins(0, 4, 0, 0);
  lines->addWidget(tabs_, 1);
  QObject::connect(tabs_, &QTabWidget::currentChanged, this, &View::refresh);
  QObject::connect(only_differing_, &QCheckBox::toggled, this, [this] {
    if (showing_) return;
    settings_changed();
    refresh();
  });
  for (QTableView* table : {table_, ceiling_table_}) {
    table->setSelectionBehavior(QAbstractItemView::SelectItems);
    QObject::connect(table->selectionModel(), &QItemSelectionModel::currentColumnChanged, this,
                     [this, table](const QModelIndex& now) {
                       if (!showing_) choose_run_of(*table, now.column());
                     });
  }
}

void MachinesView::show_ceilings() {
  // Read only when looked at: each run of ceilings has a hundred records.
  if (tabs_->currentWidget() != ceiling_table_->parentWidget()) return;
  ceilings_->show(session().path(), *session().runs(), session().options(),
                  session().place().baseline);
  choose_column(*ceiling_table_, ceilings_->column_of(session().place().run));
  const bool some = ceilings_->rowCount() > 0;
  ceiling_table_->setVisible(some);
  no_ceilings_->setVisible(!some);
  if (!some) {
    const Store store(session().path(), OpenMode::read_only, session().options());
    QString why = unfinished_ceilings(store, kCeilingsSuite);
    why = why.isEmpty() ? QString("No ceilings are stored.")
                        : "No whole run of ceilings is stored: " + why + ".";
    no_ceilings_->setText(why +
                          "\n\nridgepoint roofline\n\nmeasures what this machine can do "
                          "at the most.");
  }
  fit_columns_to_room(*ceiling_table_, 360);
}

void MachinesView::choose_run_of(const QTableView& table, int column) {
  const std::string run =
      &table == table_ ? model_->newest_run_at(column) : ceilings_->run_at(column);
  if (!run.empty()) session().choose_run(run);
}

void MachinesView::choose_column(QTableView& table, int column) {
  const int row = std::max(0, table.currentIndex().row());
  table.setCurrentIndex(column < 1 ? QModelIndex() : table.model()->index(row, column));
}

std::vector<ProgramText*> MachinesView::passports() const {
  return {passports_.begin(), passports_.begin() + static_cast<std::ptrdiff_t>(passports_shown_)};
}

void MachinesView::show_passport() {
  if (tabs_->currentWidget() != passport_page_) return;
  std::vector<std::string> ids = newest_passports(session(), kMostPassports);
  if (ids.empty()) ids.emplace_back("latest");  // the program says how one is made
  passports_shown_ = ids.size();
  while (passports_.size() < ids.size()) {
    passports_.push_back(new ProgramText(QString("Noise passport %1").arg(passports_.size() + 1)));
    passport_page_->layout()->addWidget(passports_.back());
  }
  for (std::size_t i = 0; i < passports_.size(); ++i) {
    passports_[i]->setVisible(i < ids.size());
    if (i >= ids.size()) continue;
    passports_[i]->show_answer(
        NewRun::program(),
        {"passport", "--show", qt(ids[i]), "--db", qt(session().path().string())},
        session().generation());
  }
}

void MachinesView::show_place() {
  showing_ = true;
  take_settings();
  show_ceilings();
  showing_ = false;
  show_passport();
  const RunList& runs = *session().runs();
  showing_ = true;
  model_->show(runs, only_differing_->isChecked(), session().place().baseline);
  const RunEntry* chosen = runs.find(session().place().run);
  choose_column(*table_,
                chosen == nullptr ? -1 : model_->column_of(chosen->run().environment_hash));
  showing_ = false;
  if (model_->environments() == 0) {
    say("No environment on record",
        "Runs that were imported from other programs bring none along.");
    return;
  }
  QString text = model_->environments() == 1
                     ? QString("One environment: machine and build of every run")
                     : QString("%1 environments, newest first").arg(model_->environments());
  if (model_->left_out() > 0) text += QString("; %1 older ones left out").arg(model_->left_out());
  if (!session().place().baseline.empty()) {
    text += QString::fromUtf8("; ◆ is the baseline's, and what differs from it is in colour");
  }
  summary_->setText(text);
  only_differing_->setEnabled(model_->environments() > 1);
  table_->horizontalHeader()->setStretchLastSection(model_->environments() < 3);
  fit_columns_to_room(*table_, 380);
}

std::vector<QStringList> MachinesView::rows() const {
  if (tabs_->currentWidget() == passport_page_) {
    std::vector<QStringList> lines;
    for (const ProgramText* passport : passports()) {
      for (const QString& line : passport->toPlainText().split('\n')) lines.push_back({line});
    }
    return lines;
  }
  const bool limits = tabs_->currentWidget() == ceiling_table_->parentWidget();
  return limits ? rows_of(*ceilings_) : rows_of(*model_);
}

QString MachinesView::command_line() const {
  if (tabs_->currentWidget() == passport_page_) return ridgepoint("passport --show latest");
  const bool limits = tabs_->currentWidget() == ceiling_table_->parentWidget();
  if (!limits || ceilings_->columnCount() < 2) return ridgepoint("list runs");
  return ridgepoint("show " + ceilings_->run_at(1).substr(0, 8));
}

std::map<QString, QString> MachinesView::settings() const {
  return {{"only_differing", only_differing_->isChecked() ? "yes" : "no"}};
}

void MachinesView::apply_settings(const std::map<QString, QString>& settings) {
  const auto found = settings.find("only_differing");
  if (found != settings.end()) only_differing_->setChecked(found->second == "yes");
}

QString MachinesView::range_here() const {
  return "It does not apply here: what machines are, and what they can do, is not taken from "
         "spans.";
}

QWidget* MachinesView::first_focus() {
  return table_;
}

}  // namespace ridgepoint
