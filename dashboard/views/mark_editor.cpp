// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/views/mark_editor.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>

#include "dashboard/charts/theme.h"
#include "dashboard/models/text.h"

namespace ridgepoint {

MarkEditor::MarkEditor(Session& session, QWidget* parent)
    : QWidget(parent),
      session_(session),
      asked_(new QLabel),
      line_(new QLineEdit),
      problem_(new QLabel) {
  asked_->setBuddy(line_);
  line_->setAccessibleName("Tags of the run, or the note to it");
  problem_->setTextFormat(Qt::PlainText);
  problem_->setWordWrap(true);
  problem_->setAccessibleName("Why it was not stored");
  line_->installEventFilter(this);
  auto* across = new QHBoxLayout(this);
  across->setContentsMargins(8, 4, 8, 4);
  across->addWidget(asked_);
  across->addWidget(line_, 2);
  across->addWidget(problem_, 1);
  hide();
  QObject::connect(line_, &QLineEdit::returnPressed, this, &MarkEditor::store);
}

void MarkEditor::edit(const std::string& run_id, What what) {
  const RunEntry* entry = session_.runs()->find(run_id);
  if (entry == nullptr) return;
  run_ = run_id;
  what_ = what;
  const RunMarks& marks = entry->run().marks;
  tags_before_.clear();
  for (const std::string& tag : marks.tag_names()) tags_before_.append(qt(tag));
  const bool tags = what == What::tags;
  asked_->setText(QString(tags ? "Tags of %1:" : "Note to %1:").arg(short_id(run_id)));
  line_->setAccessibleName(asked_->text());
  line_->setPlaceholderText(tags ? "words apart by blanks; Enter stores, Escape leaves it as it was"
                                 : "Enter stores, Escape leaves it as it was");
  line_->setText(tags ? tags_before_.join(' ') : qt(marks.note));
  problem_->clear();
  problem_->hide();
  show();
  line_->setFocus();
  line_->end(false);
}

void MarkEditor::leave() {
  hide();
  Q_EMIT left();
}

void MarkEditor::store() {
  const QString problem =
      what_ == What::tags ? session_.change_tags(run_, tags_before_,
                                                 line_->text().simplified().replace(',', ' ').split(
                                                     ' ', Qt::SkipEmptyParts))
                          : session_.write_note(run_, line_->text().trimmed());
  if (problem.isEmpty()) return leave();
  QPalette colours = palette();
  colours.setColor(QPalette::WindowText, theme_of(colours).bad);
  problem_->setPalette(colours);
  problem_->setText(problem);
  problem_->show();
}

QString MarkEditor::problem() const {
  return problem_->text();
}

bool MarkEditor::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::KeyPress &&
      static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape) {
    leave();
    return true;
  }
  return QWidget::eventFilter(watched, event);
}

}  // namespace ridgepoint
