// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures of a window, to be looked at: one view, or every view, light and dark, at two sizes,
// with every tab of it at the smaller one.
#pragma once

#include <QSize>
#include <QString>
#include <vector>

#include "dashboard/app/main_window.h"

namespace ridgepoint {

/// Until the list of runs has been read and what is drawn late has been.
void wait_until_read(Session& session);

/// Until the programs whose answers the window shows, such as the noise passport, have said them,
/// or for a few seconds.
void wait_for_programs(const QWidget& window);

struct PictureOptions {
  std::vector<QString> themes{"light", "dark"};
  std::vector<QSize> sizes{{1280, 720}, {3840, 2160}};  ///< tabs at the first
};

/// FOLDER/VIEW[-TAB]-THEME-WIDTHxHEIGHT.png. Error where one cannot be written. What comes back is
/// the first view that could not be read, and why; empty: all could.
QString draw_every_view(MainWindow& window, const QString& folder, const PictureOptions& options);

}  // namespace ridgepoint
