// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/views/message_page.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace ridgepoint {

MessagePage::MessagePage(QWidget* parent)
    : QWidget(parent), title_(new QLabel), text_(new QLabel), buttons_(new QHBoxLayout) {
  QFont large = font();
  large.setPointSizeF(large.pointSizeF() * 1.35);
  large.setBold(true);
  title_->setFont(large);
  for (QLabel* label : {title_, text_}) {
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    label->setFocusPolicy(Qt::StrongFocus);
  }
  title_->setAccessibleName("What is the matter");
  text_->setAccessibleName("Details, and what to do");

  auto* column = new QWidget;
  column->setMaximumWidth(760);
  auto* lines = new QVBoxLayout(column);
  lines->setSpacing(14);
  lines->addWidget(title_);
  lines->addWidget(text_);
  lines->addLayout(buttons_);
  auto* across = new QHBoxLayout;
  across->addStretch(1);
  across->addWidget(column, 8);
  across->addStretch(1);
  auto* down = new QVBoxLayout(this);
  down->addStretch(2);
  down->addLayout(across);
  down->addStretch(3);
}

void MessagePage::show_message(const QString& title, const QString& text,
                               const std::vector<Action>& actions) {
  title_->setText(title);
  text_->setText(text);
  while (QLayoutItem* item = buttons_->takeAt(0)) {
    delete item->widget();
    delete item;
  }
  for (const auto& [name, action] : actions) {
    auto* button = new QPushButton(name);
    QObject::connect(button, &QPushButton::clicked, this, action);
    buttons_->addWidget(button);
  }
  buttons_->addStretch(1);
}

QString MessagePage::title() const {
  return title_->text();
}

QString MessagePage::text() const {
  return text_->text();
}

}  // namespace ridgepoint
