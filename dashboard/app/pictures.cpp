// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/app/pictures.h"

#include <QApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QTabWidget>
#include <QThread>
#include <algorithm>

#include "dashboard/charts/theme.h"
#include "dashboard/models/text.h"
#include "dashboard/views/program_text.h"
#include "dashboard/views/view.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

constexpr qint64 kPatience_ms = 60'000;

/// Charts queue their painting.
void draw_what_is_late() {
  for (int i = 0; i < 5; ++i) QApplication::processEvents();
}

void draw_into(MainWindow& window, const QString& folder, const QString& name) {
  wait_for_programs(window);
  const QString path =
      QString("%1/%2-%3x%4.png").arg(folder, name).arg(window.width()).arg(window.height());
  if (!window.save_picture(path)) {
    throw Error(utf8(path + ": cannot be written; choose another place"));
  }
}

/// "Environment: 3 differ" is the tab "environment".
QString file_word(const QString& title) {
  return QString(title).remove('&').section(':', 0, 0).toLower().replace(' ', '-');
}

void draw_view(MainWindow& window, const QString& folder, const QString& theme, bool with_tabs) {
  const QString name = window.current_view()->name();
  draw_into(window, folder, name + "-" + theme);
  if (!with_tabs) return;
  for (QTabWidget* tabs : window.current_view()->findChildren<QTabWidget*>()) {
    if (!tabs->isVisible()) continue;
    const int before = tabs->currentIndex();
    for (int i = 0; i < tabs->count(); ++i) {
      if (i == before) continue;
      tabs->setCurrentIndex(i);
      draw_into(window, folder, name + "-" + file_word(tabs->tabText(i)) + "-" + theme);
    }
    tabs->setCurrentIndex(before);
  }
}

}  // namespace

void wait_until_read(Session& session) {
  QElapsedTimer waited;
  waited.start();
  while (session.loading() && waited.elapsed() < kPatience_ms) {
    QApplication::processEvents();
    QThread::msleep(2);
  }
  draw_what_is_late();
}

void wait_for_programs(const QWidget& window) {
  constexpr qint64 kShort_ms = 5000;
  QElapsedTimer waited;
  waited.start();
  const auto any_runs = [&] {
    return std::ranges::any_of(window.findChildren<ProgramText*>(), &ProgramText::busy);
  };
  while (any_runs() && waited.elapsed() < kShort_ms) {
    QApplication::processEvents();
    QThread::msleep(2);
  }
  draw_what_is_late();
}

QString draw_every_view(MainWindow& window, const QString& folder, const PictureOptions& options) {
  QString problem;
  if (!QDir().mkpath(folder)) {
    throw Error(utf8(folder + ": this folder cannot be made; choose another place"));
  }
  for (const QSize& size : options.sizes) {
    window.resize(size);
    for (const QString& theme : options.themes) {
      apply_theme(*qApp, theme);
      for (const QString& name : window.view_names()) {
        window.go_to(name);
        draw_view(window, folder, theme, size == options.sizes.front());
        if (problem.isEmpty()) problem = window.current_view()->problem();
      }
    }
  }
  return problem;
}

}  // namespace ridgepoint
