// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/views/chart_over_table.h"

#include <QVBoxLayout>

#include "dashboard/views/splitter.h"

namespace ridgepoint {

void lay_out(QWidget& content, const ChartOverTable& parts) {
  auto* top = new QWidget;
  auto* top_lines = new QVBoxLayout(top);
  top_lines->setContentsMargins(8, 8, 8, 0);
  top_lines->addLayout(parts.bar);
  top_lines->addWidget(parts.summary);
  top_lines->addWidget(parts.chart, 1);
  auto* halves = new Splitter(Qt::Vertical, parts.name, "the chart and its table");
  halves->addWidget(top);
  halves->addWidget(parts.table);
  halves->setStretchFactor(0, 3);
  halves->setStretchFactor(1, 1);
  halves->setSizes({parts.chart_height, parts.table_height});
  auto* lines = new QVBoxLayout(&content);
  lines->setContentsMargins(0, 0, 0, 0);
  lines->addWidget(halves);
}

}  // namespace ridgepoint
