// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/views/view.h"

#include <QStackedLayout>
#include <exception>
#include <utility>

#include "dashboard/models/text.h"
#include "dashboard/views/message_page.h"
#include "results/store/store.h"
#include "workloads/shell_quote.h"

namespace ridgepoint {

View::View(Session& session, QString name, QString title, QWidget* parent)
    : QWidget(parent),
      session_(session),
      name_(std::move(name)),
      title_(std::move(title)),
      layers_(new QStackedLayout(this)),
      content_(new QWidget),
      message_page_(new MessagePage) {
  layers_->addWidget(content_);
  layers_->addWidget(message_page_);
  setAccessibleName(title_);
}

void View::refresh() {
  layers_->setCurrentWidget(content_);
  try {
    show_place();
  } catch (const std::exception& problem) {
    say("This cannot be shown", QString::fromUtf8(problem.what()));
  }
}

void View::say(const QString& title, const QString& text) {
  message_page_->show_message(title, text);
  layers_->setCurrentWidget(message_page_);
}

QString View::message() const {
  return layers_->currentWidget() == message_page_
             ? message_page_->title() + '\n' + message_page_->text()
             : QString();
}

QString View::ridgepoint(const std::string& arguments) const {
  std::string line = "ridgepoint " + arguments;
  bool usual = false;
  try {
    usual = session_.path() == default_database_path();
  } catch (const std::exception&) {
    // Without a home there is no usual place.
  }
  if (!usual) line += " --db " + shell_quote(session_.path().string());
  return qt(line);
}

}  // namespace ridgepoint
