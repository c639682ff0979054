// SPDX-License-Identifier: GPL-3.0-or-later
// What stands on the dashboard's command line.
#pragma once

#include <QSize>
#include <QString>
#include <QStringList>
#include <map>

#include "dashboard/models/place.h"

namespace ridgepoint {

struct DashboardOptions {
  QStringList databases;    ///< empty: the default one
  QString theme;            ///< light, dark; empty: what the desktop has
  QSize size;               ///< empty: as it was left
  QString view;             ///< to begin with; of a screenshot: the one to draw
  QString screenshot;       ///< file to write; empty: a window
  bool every_view = false;  ///< screenshot is a folder, for pictures of all
  /// Where to begin: as typed for `ridgepoint show`, words of the search box, hash of a case.
  QString run, baseline, filter, case_hash, side_a, side_b, scenario, metric, op;
  QString tab;             ///< of the view, by the beginning of its title
  bool has_range = false;  ///< milliseconds from the beginning of the trace
  double range_begin_ms = 0, range_end_ms = 0;
  /// Of the views' own controls, and what is in view of their charts, each by view and name.
  std::map<QString, QString> settings{};
  std::map<QString, Extent> extents{};
  QString answer;  ///< help or version: text to print in place of everything
};

/// Error, one line, for what nobody can mean. Needs no application.
DashboardOptions parse_options(const QStringList& arguments);

/// What was typed, without what Qt takes for itself (-platform, -style and the like).
struct OwnArguments {
  QStringList words;
  bool names_display = false;  ///< -platform or -display is among what Qt takes
};
OwnArguments own_arguments(const QStringList& arguments);

}  // namespace ridgepoint
