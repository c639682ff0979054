// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/views/view.h"

#include <QStackedLayout>
#include <exception>
#include <utility>

#include "dashboard/charts/zoomable.h"
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
  problem_.clear();
  try {
    show_place();
    shown_settings_ = settings();
    show_extents();
  } catch (const std::exception& problem) {
    problem_ = QString::fromUtf8(problem.what());
    say("This cannot be shown", problem_);
  }
}

QStringList View::setting_names() const {
  QStringList names;
  for (const auto& [name, value] : settings()) names.append(name);
  return names;
}

QStringList View::zoomable_names() const {
  QStringList names;
  for (const auto& [name, chart] : zoomables_) names.append(name);
  return names;
}

void View::take_settings() {
  const QString prefix = name_ + '.';
  std::map<QString, QString> wanted;
  for (const auto& [name, value] : session_.place().settings) {
    if (name.startsWith(prefix)) wanted[name.mid(prefix.size())] = value;
  }
  if (!wanted.empty() && wanted != settings()) apply_settings(wanted);
}

void View::settings_changed() {
  const auto named = [this](const std::map<QString, QString>& settings) {
    std::map<QString, QString> full;
    for (const auto& [name, value] : settings) full[name_ + '.' + name] = value;
    return full;
  };
  const std::map<QString, QString> now = settings();
  session_.choose_settings(named(shown_settings_), named(now));
  shown_settings_ = now;
}

void View::remember_extent(Zoomable& chart, const QString& name) {
  const QString full = name_ + '.' + name;
  zoomables_.emplace_back(full, &chart);
  chart.when_zoomed([this, &chart, full] { session_.choose_extent(full, chart.extent()); });
}

void View::show_extents() {
  const auto& extents = session_.place().extents;
  for (const auto& [name, chart] : zoomables_) {
    const auto found = extents.find(name);
    chart->show_extent(found == extents.end() ? std::nullopt : std::optional(found->second));
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
