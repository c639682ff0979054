// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/views/machines_view.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QTableView>
#include <QVBoxLayout>

#include "dashboard/models/csv_text.h"
#include "dashboard/models/text.h"
#include "dashboard/views/table.h"

namespace ridgepoint {

MachinesView::MachinesView(Session& session, QWidget* parent)
    : View(session, "machines", "Machines", parent),
      model_(new EnvironmentTable(this)),
      only_differing_(new QCheckBox("Only what differs")),
      summary_(new QLabel),
      table_(make_table("Environments side by side", model_, this)) {
  auto* bar = new QHBoxLayout;
  bar->setContentsMargins(8, 8, 8, 4);
  bar->addWidget(summary_, 1);
  bar->addWidget(only_differing_);
  auto* lines = new QVBoxLayout(&content());
  lines->setContentsMargins(0, 0, 0, 0);
  lines->addLayout(bar);
  lines->addWidget(table_, 1);
  QObject::connect(only_differing_, &QCheckBox::toggled, this, &View::refresh);
}

void MachinesView::show_place() {
  const RunList& runs = *session().runs();
  model_->show(runs, only_differing_->isChecked());
  if (model_->columns() == 0) {
    say("No environment on record",
        "Runs that were imported from other programs bring none along.");
    return;
  }
  QString text = model_->columns() == 1
                     ? QString("One environment: machine and build of every run")
                     : QString("%1 environments, newest first").arg(model_->columns());
  if (model_->left_out() > 0) text += QString("; %1 older ones left out").arg(model_->left_out());
  summary_->setText(text);
  only_differing_->setEnabled(model_->columns() > 1);
  table_->horizontalHeader()->setStretchLastSection(model_->columns() < 3);
  fit_columns(*table_, 380);
}

std::vector<QStringList> MachinesView::rows() const {
  return rows_of(*model_);
}

QString MachinesView::command_line() const {
  return ridgepoint("list runs");
}

QWidget* MachinesView::first_focus() {
  return table_;
}

}  // namespace ridgepoint
