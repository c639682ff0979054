// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/app/command_palette.h"

#include <QCoreApplication>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QVBoxLayout>

#include "dashboard/models/run_filter.h"
#include "dashboard/models/text.h"
#include "results/report/time_text.h"

namespace ridgepoint {
namespace {

constexpr std::size_t kMostRuns = 12;

}  // namespace

CommandPalette::CommandPalette(Session& session, const std::vector<Command>& commands,
                               QWidget* parent)
    : QDialog(parent),
      session_(session),
      commands_(commands),
      box_(new QLineEdit),
      list_(new QListWidget) {
  setWindowTitle("Commands");
  setAttribute(Qt::WA_DeleteOnClose);
  resize(620, 420);
  box_->setPlaceholderText("What to do, or which run");
  box_->setAccessibleName("Find a command or a run");
  list_->setAccessibleName("Commands and runs found");
  list_->setFrameShape(QFrame::NoFrame);
  auto* lines = new QVBoxLayout(this);
  lines->addWidget(box_);
  lines->addWidget(list_, 1);
  box_->installEventFilter(this);
  QObject::connect(box_, &QLineEdit::textChanged, this, &CommandPalette::find);
  QObject::connect(box_, &QLineEdit::returnPressed, this, &CommandPalette::take);
  QObject::connect(list_, &QListWidget::itemActivated, this, &CommandPalette::take);
  QObject::connect(list_, &QListWidget::itemClicked, this, &CommandPalette::take);
  find({});
  box_->setFocus();
}

void CommandPalette::find(const QString& text) {
  list_->clear();
  actions_.clear();
  for (const Command* command : commands_for(commands_, text)) {
    const QString keys = command->keys.toString(QKeySequence::NativeText);
    list_->addItem(keys.isEmpty() ? command->title : QString("%1    %2").arg(command->title, keys));
    actions_.push_back(command->run);
  }
  const RunFilter filter = RunFilter::parse(text);
  if (!filter.asks_nothing() && filter.problem().isEmpty()) {
    const SharedRuns runs = session_.runs();
    std::size_t shown = 0;
    for (const std::uint32_t i : filter.apply(*runs)) {
      if (++shown > kMostRuns) break;
      const Run& run = runs->runs[i].run();
      list_->addItem(QString("Run %1  %2  %3")
                         .arg(short_id(run.id), qt(time_text(run.started_unix_ns)),
                              qt(run.label.empty() ? run.suite : run.label)));
      actions_.push_back([session = &session_, id = run.id] { session->choose_run(id); });
    }
  }
  list_->setCurrentRow(0);
}

void CommandPalette::take() {
  const int row = list_->currentRow();
  if (row < 0 || row >= static_cast<int>(actions_.size())) return;
  const auto action = actions_[static_cast<std::size_t>(row)];
  accept();
  action();
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
  if (watched == box_ && event->type() == QEvent::KeyPress) {
    const int key = static_cast<QKeyEvent*>(event)->key();
    if (key == Qt::Key_Down || key == Qt::Key_Up || key == Qt::Key_PageDown ||
        key == Qt::Key_PageUp) {
      QCoreApplication::sendEvent(list_, event);
      return true;
    }
  }
  return QDialog::eventFilter(watched, event);
}

}  // namespace ridgepoint
