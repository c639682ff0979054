// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/charts/two_sides_chart.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "dashboard/models/text.h"
#include "results/report/table.h"

namespace ridgepoint {
namespace {

/// More points than that leave no gaps that a legend would fit into.
constexpr std::size_t kMostJoined = 300;

QSharedPointer<QCPAxisTickerText> nines_ticker() {
  QSharedPointer<QCPAxisTickerText> ticker(new QCPAxisTickerText);
  ticker->addTick(0, "min");
  for (const double p : {0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999}) {
    ticker->addTick(nines(p), QString("p%1").arg(100 * p, 0, 'g', 8));
  }
  return ticker;
}

}  // namespace

TwoSidesChart::TwoSidesChart(Shape shape, QWidget* parent) : Chart(parent), shape_(shape) {
  setAccessibleName(shape == Shape::ecdf ? "Share of values below each value"
                                         : "Percentiles of both sides");
  axisRect()->insetLayout()->setInsetAlignment(
      0, shape == Shape::ecdf ? Qt::AlignBottom | Qt::AlignRight : Qt::AlignTop | Qt::AlignLeft);
}

void TwoSidesChart::show(const Distribution& a, const Distribution& b, const QString& name_a,
                         const QString& name_b) {
  const auto points = [this](const Distribution& side) {
    return shape_ == Shape::ecdf ? ecdf(side) : percentile_curve(side);
  };
  a_ = {name_a, points(a), a.values.size()};
  b_ = {name_b, points(b), b.values.size()};
  const Distribution& either = a.values.empty() ? b : a;
  what_ = either.what;
  bulk_ = bulk_of(a, b);
  unit_ = either.unit;
  if (a_.points.empty() && b_.points.empty()) {
    set_message(
        shape_ == Shape::ecdf || (a.values.empty() && b.values.empty())
            ? QStringLiteral("This figure is one number on each side: it has no distribution.")
            : QStringLiteral("Too few values for percentiles: five support a median."));
  } else {
    set_message({});
  }
  redraw();
  fit();
}

void TwoSidesChart::draw(const Theme& theme) {
  QCPAxis* value = shape_ == Shape::ecdf ? xAxis : yAxis;
  const std::size_t outside = bulk_.below + bulk_.above;
  const bool is_cut = shape_ == Shape::ecdf && outside > 0;
  use_unit(value, what_, unit_,
           is_cut
               ? QString("%1 of %2 values lie farther out").arg(outside).arg(a_.values + b_.values)
               : QString());
  if (shape_ == Shape::ecdf) {
    yAxis->setLabel("share of values");
    const QSharedPointer<QCPAxisTicker> ticker(new QCPAxisTicker);
    ticker->setTickCount(5);
    yAxis->setTicker(ticker);
  } else {
    xAxis->setLabel("percentile");
    xAxis->setTicker(nines_ticker());
  }
  for (const Side* side : {&a_, &b_}) {
    if (side->points.empty()) continue;
    QCPGraph* graph = addGraph();
    const bool first = side == &a_;
    graph->setName(QString("%1 (%2 %3)")
                       .arg(side->name)
                       .arg(side->values)
                       .arg(side->values == 1 ? "value" : "values"));
    graph->setPen(QPen(first ? theme.a : theme.b, 2, first ? Qt::SolidLine : Qt::DashLine));
    if (shape_ == Shape::ecdf) graph->setLineStyle(QCPGraph::lsStepLeft);
    QVector<double> x, y;
    for (const CurvePoint& point : side->points) {
      x.append(point.x);
      y.append(point.y);
    }
    graph->setData(x, y, true);  // sorted anew, ends of a vertical step might change places
  }
  legend->setVisible(graphCount() > 0);
}

void TwoSidesChart::find_ranges() {
  double low_x = std::numeric_limits<double>::max(), high_x = std::numeric_limits<double>::lowest();
  double low_y = low_x, high_y = high_x;
  for (const Side* side : {&a_, &b_}) {
    for (const CurvePoint& point : side->points) {
      low_x = std::min(low_x, point.x);
      high_x = std::max(high_x, point.x);
      low_y = std::min(low_y, point.y);
      high_y = std::max(high_y, point.y);
    }
  }
  if (low_x > high_x) return;
  if (shape_ == Shape::ecdf) {
    pad(xAxis, bulk_.low, bulk_.high, 0.04);
    yAxis->setRange(-0.02, 1.05);
  } else {
    pad(xAxis, low_x, high_x, 0.02);
    pad(yAxis, low_y, high_y, 0.08);
  }
}

std::vector<QPointF> TwoSidesChart::drawn_at() const {
  std::vector<QPointF> pixels;
  for (const Side* side : {&a_, &b_}) {
    std::optional<QPointF> before;
    for (const CurvePoint& point : side->points) {
      const QPointF at(xAxis->coordToPixel(point.x), yAxis->coordToPixel(point.y));
      if (before && side->points.size() <= kMostJoined) {
        // Shares of values go up in steps.
        const QPointF corner = shape_ == Shape::ecdf ? QPointF(at.x(), before->y()) : *before;
        if (shape_ == Shape::ecdf) add_drawn_line(pixels, *before, corner);
        add_drawn_line(pixels, corner, at);
      }
      pixels.push_back(at);
      before = at;
    }
  }
  return pixels;
}

QString TwoSidesChart::text_at(const QPointF& at) const {
  const double x = xAxis->pixelToCoord(at.x());
  QStringList lines;
  for (const Side* side : {&a_, &b_}) {
    const auto after = std::ranges::upper_bound(side->points, x, {}, &CurvePoint::x);
    if (after == side->points.begin()) continue;
    const CurvePoint& point = *std::prev(after);
    if (shape_ == Shape::ecdf) {
      lines.append(QString("%1: %2 % of values up to %3")
                       .arg(side->name)
                       .arg(100 * point.y, 0, 'f', 1)
                       .arg(qt(format_value(x, unit_))));
    } else if (after != side->points.end()) {
      lines.append(QString("%1: p%2 is %3")
                       .arg(side->name)
                       .arg(100 * (1 - std::pow(10.0, -point.x)), 0, 'f', 2)
                       .arg(qt(format_value(point.y, unit_))));
    }
  }
  return lines.join('\n');
}

std::vector<QStringList> TwoSidesChart::rows() const {
  const bool by_value = shape_ == Shape::ecdf;
  std::vector<QStringList> table{{"side",
                                  by_value ? what_ + " " + qt(unit_) : QString("percentile"),
                                  by_value ? QString("share of values") : what_ + " " + qt(unit_)}};
  for (const Side* side : {&a_, &b_}) {
    for (const CurvePoint& point : side->points) {
      const double x = by_value ? point.x : 100 * (1 - std::pow(10.0, -point.x));
      table.push_back({side->name, QString::number(x, 'g', 15), QString::number(point.y, 'g', 15)});
    }
  }
  return table;
}

}  // namespace ridgepoint
