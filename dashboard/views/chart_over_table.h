// SPDX-License-Identifier: GPL-3.0-or-later
// The layout of views of one traced case: a bar, a line that says what is seen, a chart, and a
// table below it, with a border between them that can be dragged.
#pragma once

#include <QLayout>
#include <QString>
#include <QWidget>

namespace ridgepoint {

struct ChartOverTable {
  QString name;  ///< under which the border's place is remembered
  QLayout* bar = nullptr;
  QWidget* summary = nullptr;
  QWidget* chart = nullptr;
  QWidget* table = nullptr;
  int chart_height = 0, table_height = 0;  ///< at first
};

/// Fills `content`, which takes them over.
void lay_out(QWidget& content, const ChartOverTable& parts);

}  // namespace ridgepoint
