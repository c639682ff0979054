// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/charts/sweep_chart.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "dashboard/charts/log_axis.h"
#include "dashboard/models/text.h"
#include "results/report/table.h"

namespace ridgepoint {

SweepChart::SweepChart(QWidget* parent) : Chart(parent) {
  setAccessibleName("Bandwidth over the working set");
  axisRect()->insetLayout()->setInsetAlignment(0, Qt::AlignTop | Qt::AlignRight);
}

void SweepChart::show_sweep(const std::optional<roofline::Roofs>& roofs, double step_bytes) {
  const bool other =
      roofs.has_value() != roofs_.has_value() || (roofs && roofs->run_id != roofs_->run_id);
  if (!other && step_bytes == step_bytes_ && roofs) return;
  roofs_ = roofs;
  step_bytes_ = step_bytes;
  set_message(roofs_ ? QString()
                     : QString("No sweep of working sets is stored.\n\nridgepoint roofline\n\n"
                               "measures one."));
  redraw();
  fit();
}

std::vector<const roofline::BandwidthCurve*> SweepChart::loads() const {
  std::vector<const roofline::BandwidthCurve*> found;
  if (!roofs_) return found;
  for (const auto& curve : roofs_->curves) {
    if (curve.what == "load" && !curve.points.empty()) found.push_back(&curve);
  }
  return found;
}

void SweepChart::draw(const Theme& theme) {
  use_log_axis(xAxis, "bytes walked through again and again");
  use_log_axis(yAxis, "bytes loaded a second");
  std::size_t kind = 0;
  bool named_level = false;
  for (const auto* curve : loads()) {
    const QColor colour = theme.kinds[kind++ % theme.kinds.size()];
    QVector<double> x, y, low, high;
    for (const auto& point : curve->points) {
      x.append(std::log10(point.bytes));
      y.append(std::log10(std::max(1.0, point.bytes_per_second.value)));
      low.append(std::log10(std::max(1.0, point.bytes_per_second.low)));
      high.append(std::log10(std::max(1.0, point.bytes_per_second.high)));
    }
    QColor band = colour;
    band.setAlpha(50);
    QCPGraph* edges[2] = {addGraph(), addGraph()};
    edges[0]->setData(x, low, true);
    edges[1]->setData(x, high, true);
    for (QCPGraph* edge : edges) {
      edge->setPen(Qt::NoPen);
      edge->removeFromLegend();
    }
    edges[1]->setBrush(band);
    edges[1]->setChannelFillGraph(edges[0]);
    QCPGraph* line = addGraph();
    line->setName(curve->streams == 1 ? QString("one stream a thread")
                                      : QString("%1 streams").arg(curve->streams));
    line->setPen(QPen(colour, 1.5));
    line->setData(x, y, true);
    // The levels that were found: as far as each reaches, at its height.
    for (const auto& level : curve->levels) {
      QCPGraph* flat = addGraph();
      flat->setName("a level that was found");
      if (named_level) flat->removeFromLegend();
      named_level = true;
      flat->setPen(QPen(theme.text, 3));
      const double height = std::log10(std::max(1.0, level.bytes_per_second.value));
      flat->setData({std::log10(level.from_bytes), std::log10(level.to_bytes)}, {height, height},
                    true);
    }
  }
  if (step_bytes_ > 0) {
    auto* step = new QCPItemStraightLine(this);
    step->point1->setCoords(std::log10(step_bytes_), 0);
    step->point2->setCoords(std::log10(step_bytes_), 1);
    step->setPen(QPen(theme.b, 1.5, Qt::DashLine));
    QCPGraph* sample = addGraph();
    sample->setName("a step of the model");
    sample->setPen(QPen(theme.b, 1.5, Qt::DashLine));
  }
  legend->setVisible(true);
}

void SweepChart::find_ranges() {
  double left = std::numeric_limits<double>::max(), right = -left, low = left, high = -left;
  for (const auto* curve : loads()) {
    for (const auto& point : curve->points) {
      left = std::min(left, std::log10(point.bytes));
      right = std::max(right, std::log10(point.bytes));
      low = std::min(low, std::log10(std::max(1.0, point.bytes_per_second.low)));
      high = std::max(high, std::log10(std::max(1.0, point.bytes_per_second.high)));
    }
  }
  if (left > right) return;
  if (step_bytes_ > 0) right = std::max(right, std::log10(step_bytes_));
  pad(xAxis, left, right, 0.04);
  pad(yAxis, low, high, 0.08);
  make_room_for_legend();
}

std::vector<QPointF> SweepChart::drawn_at() const {
  std::vector<QPointF> pixels;
  for (const auto* curve : loads()) {
    std::optional<QPointF> before;
    for (const auto& point : curve->points) {
      const double y = std::log10(std::max(1.0, point.bytes_per_second.value));
      const QPointF at(xAxis->coordToPixel(std::log10(point.bytes)), yAxis->coordToPixel(y));
      add_drawn_line(pixels, before.value_or(at), at);
      before = at;
    }
  }
  return pixels;
}

QString SweepChart::text_at(const QPointF& at) const {
  if (!axisRect()->rect().contains(at.toPoint())) return {};
  const double bytes = std::pow(10.0, xAxis->pixelToCoord(at.x()));
  const auto found = roofs_ ? roofs_->bandwidth_at(bytes, roofline::Access::read) : std::nullopt;
  if (!found) return {};
  return QString("%1: %2, %3")
      .arg(qt(format_value(bytes, "bytes")),
           qt(format_value(found->bytes_per_second.value, "bytes/s")), qt(found->level));
}

std::vector<QStringList> SweepChart::rows() const {
  std::vector<QStringList> table{{"streams", "bytes", "bytes/s", "low", "high"}};
  for (const auto* curve : loads()) {
    for (const auto& point : curve->points) {
      const auto& rate = point.bytes_per_second;
      table.push_back({QString::number(curve->streams), QString::number(point.bytes, 'g', 12),
                       QString::number(rate.value, 'g', 10), QString::number(rate.low, 'g', 10),
                       QString::number(rate.high, 'g', 10)});
    }
  }
  return table;
}

}  // namespace ridgepoint
