// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/charts/front_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "dashboard/models/text.h"
#include "results/metric.h"
#include "results/report/table.h"

namespace ridgepoint {
namespace {

constexpr double kReach = 10;

QString axis_title(std::string_view metric) {
  const MetricSpec* spec = find_metric(metric);
  return qt(spec == nullptr ? metric : spec->short_name);
}

}  // namespace

FrontChart::FrontChart(QWidget* parent) : Chart(parent) {
  setAccessibleName("Quality against speed");
  axisRect()->insetLayout()->setInsetAlignment(0, Qt::AlignTop | Qt::AlignLeft);
  QObject::connect(this, &QCustomPlot::afterLayout, this, &FrontChart::place_names);
}

void FrontChart::show(Variants variants, const VariantBudget& budget,
                      const std::string& chosen_case) {
  names_.clear();  // they go with what was drawn
  variants_ = std::move(variants);
  budget_ = budget;
  chosen_ = chosen_case;
  set_message(variants_.points.empty()
                  ? QStringLiteral(
                        "No variant has both a speed for this and a quality.\n\n"
                        "ridgepoint quality --with-speed --transform none --transform q8_0 ...\n\n"
                        "measures both in one run.")
                  : QString());
  redraw();
  fit();
}

void FrontChart::draw(const Theme& theme) {
  names_.clear();
  name_boxes_.clear();
  use_unit(xAxis, axis_title(variants_.speed_metric).remove(" tok/s"), "tokens/s");
  use_unit(yAxis, axis_title(variants_.quality_metric), "1");

  QVector<double> front_x, front_y;
  for (const VariantPoint& point : variants_.points) {
    if (!point.on_front) continue;
    front_x.prepend(point.speed);
    front_y.prepend(point.quality);
  }
  QCPGraph* front = addGraph();
  front->setName("front: no other is faster and as good");
  front->setPen(QPen(theme.muted, 1.5, Qt::DashLine));
  front->setData(front_x, front_y, true);
  if (front_x.size() < 2) front->removeFromLegend();

  std::map<std::string, std::vector<std::size_t>> by_backend;
  for (std::size_t i = 0; i < variants_.points.size(); ++i) {
    by_backend[variants_.points[i].backend].push_back(i);
  }
  static constexpr std::array kShapes{QCPScatterStyle::ssDisc, QCPScatterStyle::ssSquare,
                                      QCPScatterStyle::ssDiamond, QCPScatterStyle::ssTriangle};
  std::size_t kind = 0;
  for (const auto& [backend, places] : by_backend) {
    const QColor colour = theme.kinds[kind % theme.kinds.size()];
    const auto shape = kShapes[kind % kShapes.size()];
    ++kind;
    QCPGraph* graph = addGraph();
    graph->setName(qt(backend));
    graph->setLineStyle(QCPGraph::lsNone);
    graph->setScatterStyle(QCPScatterStyle(shape, colour, colour, 9));
    auto* errors = new QCPErrorBars(xAxis, yAxis);
    errors->removeFromLegend();
    errors->setDataPlottable(graph);
    errors->setPen(QPen(colour, 1));
    QVector<double> x, y, e;
    for (const std::size_t i : places) {
      const VariantPoint& point = variants_.points[i];
      x.append(point.speed);
      y.append(point.quality);
      e.append(point.error.value_or(0));
    }
    // In the order of x, as the graph keeps them.
    std::vector<int> order(static_cast<std::size_t>(x.size()));
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i);
    std::ranges::stable_sort(order, {}, [&](int i) { return x[i]; });
    QVector<double> sorted_e;
    for (const int i : order) sorted_e.append(e[i]);
    graph->setData(x, y);
    errors->setData(sorted_e);
  }
  bool named_baseline = false;
  for (const VariantPoint& point : variants_.points) {
    auto* name = new QCPItemText(this);
    name->position->setType(QCPItemPosition::ptAbsolute);
    name->setText(point.name);
    name->setFont(small_font(*this));
    name->setColor(within_budget(point) ? theme.text : theme.muted);
    name->setBrush(theme.base);  // lines pass behind it
    name->setPadding(QMargins(2, 0, 2, 0));
    names_.push_back(name);
    if (point.before) {
      auto* arrow = new QCPItemLine(this);
      arrow->start->setCoords(point.before->speed, point.before->quality.value_or(point.quality));
      arrow->end->setCoords(point.speed, point.quality);
      arrow->setHead(QCPLineEnding(QCPLineEnding::esSpikeArrow, 9, 11));
      arrow->setPen(QPen(theme.text, 1.4));
      auto* before = addGraph();
      before->setLineStyle(QCPGraph::lsNone);
      before->setScatterStyle(
          QCPScatterStyle(QCPScatterStyle::ssDiamond, QPen(theme.text, 1.6), Qt::NoBrush, 11));
      before->setData({point.before->speed}, {point.before->quality.value_or(point.quality)}, true);
      before->setName("baseline");
      if (std::exchange(named_baseline, true)) before->removeFromLegend();
    }
    if (point.case_hash == chosen_) {
      auto* ring = addGraph();
      ring->setName("chosen");
      ring->setLineStyle(QCPGraph::lsNone);
      ring->setScatterStyle(
          QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(theme.text, 2), Qt::NoBrush, 16));
      ring->setData({point.speed}, {point.quality}, true);
    }
  }
  if (budget_.quality) {
    auto* border = new QCPItemStraightLine(this);
    border->point1->setCoords(0, *budget_.quality);
    border->point2->setCoords(1, *budget_.quality);
    border->setPen(QPen(theme.warning, 1.5));
  }
  legend->setVisible(true);
}

void FrontChart::place_names() {
  name_boxes_.clear();
  if (!message().isEmpty()) return;  // names are gone
  std::vector<QRectF> taken;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    const QPointF at = place_of(i);
    taken.emplace_back(at.x() - 6, at.y() - 6, 12, 12);
  }
  if (legend->visible()) taken.emplace_back(legend->outerRect());
  const QRectF frame = axisRect()->rect();
  for (std::size_t i = 0; i < names_.size(); ++i) {
    QCPItemText* name = names_[i];
    const QPointF at = place_of(i);
    const QSizeF size =
        QFontMetricsF(name->font()).boundingRect(name->text()).size() + QSizeF(6, 0);
    const std::array<QPointF, 4> places{
        QPointF(at.x() + 9, at.y() - size.height() / 2),
        QPointF(at.x() - 9 - size.width(), at.y() - size.height() / 2),
        QPointF(at.x() - size.width() / 2, at.y() - 10 - size.height()),
        QPointF(at.x() - size.width() / 2, at.y() + 10)};
    bool placed = false;
    for (const QPointF& corner : places) {
      const QRectF box(corner, size);
      const bool free =
          frame.contains(box) &&
          std::ranges::none_of(taken, [&](const QRectF& other) { return other.intersects(box); });
      if (!free) continue;
      name->setPositionAlignment(Qt::AlignLeft | Qt::AlignTop);
      name->position->setCoords(corner);
      taken.push_back(box);
      name_boxes_.push_back(box);
      placed = true;
      break;
    }
    name->setVisible(placed);  // its tooltip still has it
  }
}

void FrontChart::find_ranges() {
  double fast = 0, low = std::numeric_limits<double>::max(),
         high = std::numeric_limits<double>::lowest();
  double slow = std::numeric_limits<double>::max();
  for (const VariantPoint& point : variants_.points) {
    fast = std::max(fast, point.speed);
    slow = std::min(slow, point.speed);
    low = std::min(low, point.quality - point.error.value_or(0));
    high = std::max(high, point.quality + point.error.value_or(0));
    if (!point.before) continue;
    fast = std::max(fast, point.before->speed);
    slow = std::min(slow, point.before->speed);
    low = std::min(low, point.before->quality.value_or(low));
    high = std::max(high, point.before->quality.value_or(high));
  }
  if (low > high) return;
  pad(xAxis, slow, fast, 0.2);
  pad(yAxis, low, high, 0.2);
  // Nothing lies below zero where no value does.
  if (slow >= 0 && xAxis->range().lower < 0) xAxis->setRangeLower(0);
  if (low >= 0 && yAxis->range().lower < 0) yAxis->setRangeLower(-0.05 * yAxis->range().upper);
}

std::vector<QPointF> FrontChart::drawn_at() const {
  std::vector<QPointF> pixels;
  for (std::size_t i = 0; i < variants_.points.size(); ++i) pixels.push_back(place_of(i));
  return pixels;
}

QPointF FrontChart::place_of(std::size_t point) const {
  if (point >= variants_.points.size()) return {};
  return {xAxis->coordToPixel(variants_.points[point].speed),
          yAxis->coordToPixel(variants_.points[point].quality)};
}

int FrontChart::point_at(const QPointF& at) const {
  return nearest_place(at, kReach, 0, variants_.points.size(),
                       [this](std::size_t point) { return place_of(point); });
}

QString FrontChart::text_at(const QPointF& at) const {
  const int i = point_at(at);
  if (i < 0) return {};
  const VariantPoint& point = variants_.points[static_cast<std::size_t>(i)];
  const std::string unit = unit_of_metric(variants_.quality_metric);
  const std::string quality = point.error ? format_with_error(point.quality, *point.error)
                                          : format_value(point.quality, unit);
  QString text = QString("%1\n%2\n%3 %4%5")
                     .arg(point.name, qt(format_value(point.speed, "tokens/s")),
                          axis_title(variants_.quality_metric), qt(quality),
                          within_budget(point) ? "" : "\npast the budget");
  if (point.memory_bytes) text += "\nholds " + qt(format_value(*point.memory_bytes, "bytes"));
  if (point.before) {
    text += QString("\nbaseline: %1, %2 % in speed")
                .arg(qt(format_value(point.before->speed, "tokens/s")),
                     qt(fmt::format("{:+.1f}", 100 * (point.speed / point.before->speed - 1))));
    if (point.before->quality) {
      text += QString(", %1 %2").arg(axis_title(variants_.quality_metric),
                                     qt(format_value(*point.before->quality, unit)));
    }
  }
  return text;
}

void FrontChart::mouseReleaseEvent(QMouseEvent* event) {
  Chart::mouseReleaseEvent(event);
  const int i = point_at(event->position());
  if (i >= 0) Q_EMIT variant_clicked(static_cast<std::size_t>(i));
}

std::vector<QStringList> FrontChart::rows() const {
  std::vector<QStringList> table{{"variant", qt(variants_.speed_metric),
                                  qt(variants_.quality_metric), "standard error", "on the front",
                                  "run", "baseline", "bytes held", "within the budget"}};
  for (const VariantPoint& point : variants_.points) {
    table.push_back({point.name, QString::number(point.speed, 'g', 15),
                     QString::number(point.quality, 'g', 15),
                     point.error ? QString::number(*point.error, 'g', 15) : QString(),
                     point.on_front ? "yes" : "no", qt(point.run_id),
                     point.before ? QString::number(point.before->speed, 'g', 15) : QString(),
                     point.memory_bytes ? QString::number(*point.memory_bytes, 'g', 15) : QString(),
                     within_budget(point) ? "yes" : "no"});
  }
  return table;
}

}  // namespace ridgepoint
