// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/charts/roofline_chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "dashboard/charts/log_axis.h"
#include "dashboard/charts/point_layer.h"
#include "dashboard/models/text.h"
#include "results/report/table.h"

namespace ridgepoint {
namespace {

using roofline::Bound;

constexpr double kPointReach = 6;
constexpr std::size_t kMostArrows = 300;
/// Decades that lines go on beyond what was measured. Polygons that reach much further take longer
/// to fill than a frame may.
constexpr double kFar = 6;
constexpr std::array kBounds{Bound::memory, Bound::compute, Bound::latency, Bound::overhead,
                             Bound::ambiguous};

float radius_of(const RooflinePoint& point) {
  if (point.is_phase()) return 8;
  return static_cast<float>(2.5 + 13 * std::sqrt(std::clamp(point.share, 0.0, 1.0)));
}

ChartPoint chart_point(const RooflinePoint& point, QRgb colour, PointShape shape) {
  return {.x = std::log10(point.intensity),
          .y = std::log10(point.rate.value),
          .low = std::log10(std::max(point.rate.low, point.rate.value * 1e-3)),
          .high = std::log10(std::max(point.rate.high, point.rate.value)),
          .radius = radius_of(point),
          .shape = shape,
          .colour = colour};
}

/// Of one device: the peak of its arithmetic, or the best bandwidth of its memory.
double highest_roof(const RooflineScene& scene, const std::string& device, bool of_memory) {
  double highest = 0;
  for (const RooflineRoof& roof : scene.roofs) {
    if (roof.device == device && roof.is_memory == of_memory) {
      highest = std::max(highest, roof.height.value);
    }
  }
  return highest;
}

/// Names of roofs say whose they are where there are several devices.
QString name_of_roof(const RooflineRoof& roof, bool several) {
  const QString name =
      QString("%1  %2").arg(qt(roof.name), qt(format_value(roof.height.value, roof.unit)));
  if (!several) return name;
  return QString("%1: %2").arg(roof.device.empty() ? QString("CPU") : qt(roof.device), name);
}

QCPGraph* add_line(QCustomPlot& plot, const QPen& pen, double from_x, double from_y, double to_x,
                   double to_y) {
  QCPGraph* graph = plot.addGraph();
  graph->removeFromLegend();
  graph->setPen(pen);
  graph->setData({from_x, to_x}, {from_y, to_y}, true);
  return graph;
}

/// With a little room to either side.
bool crosses(const QLineF& line, const QRectF& box) {
  const QRectF near = box.adjusted(-1, -1, 1, 1);
  if (near.contains(line.p1()) || near.contains(line.p2())) return true;
  const std::array sides{
      QLineF(near.topLeft(), near.topRight()), QLineF(near.topRight(), near.bottomRight()),
      QLineF(near.bottomRight(), near.bottomLeft()), QLineF(near.bottomLeft(), near.topLeft())};
  return std::ranges::any_of(sides, [&](const QLineF& side) {
    return line.intersects(side, nullptr) == QLineF::BoundedIntersection;
  });
}

}  // namespace

RooflineChart::RooflineChart(QWidget* parent) : Chart(parent) {
  setAccessibleName("Roofline");
  axisRect()->insetLayout()->setInsetAlignment(0, Qt::AlignBottom | Qt::AlignRight);
  setNotAntialiasedElements(QCP::aeAxes | QCP::aeGrid | QCP::aeSubGrid | QCP::aeFills);
  QObject::connect(this, &QCustomPlot::afterLayout, this, &RooflineChart::place_names);
}

QColor RooflineChart::colour_of(Bound bound, const Theme& theme) {
  switch (bound) {
    case Bound::memory:
      return theme.kinds[0];
    case Bound::compute:
      return theme.kinds[1];
    case Bound::latency:
      return theme.kinds[3];
    case Bound::overhead:
      return theme.kinds[5];
    case Bound::ambiguous:
      break;
  }
  return theme.muted;
}

void RooflineChart::show(std::shared_ptr<const RooflineScene> scene, const std::string& chosen_op,
                         const QString& message) {
  const bool same = scene == scene_ && message == this->message();
  names_.clear();  // they go with what was drawn
  scene_ = std::move(scene);
  chosen_ = chosen_op;
  set_message(scene_ == nullptr && message.isEmpty() ? QStringLiteral("Nothing was traced.")
                                                     : message);
  redraw();
  if (!same) fit();
}

RooflineChart::Ends RooflineChart::ends_of(const RooflineRoof& roof, double height) const {
  if (roof.is_memory) {
    const double top = highest_roof(*scene_, roof.device, false);
    const double end = top > 0 ? std::log10(top) - height : kFar;  // where the highest peak is met
    return {-kFar, height - kFar, end, height + end};
  }
  const double steepest = highest_roof(*scene_, roof.device, true);
  return {steepest > 0 ? height - std::log10(steepest) : -kFar, height, kFar, height};
}

QLineF RooflineChart::roof_line(std::size_t roof) const {
  const RooflineRoof& of = scene_->roofs.at(roof);
  const Ends ends = ends_of(of, std::log10(of.height.value));
  return {xAxis->coordToPixel(ends.from_x), yAxis->coordToPixel(ends.from_y),
          xAxis->coordToPixel(ends.to_x), yAxis->coordToPixel(ends.to_y)};
}

std::vector<QLineF> RooflineChart::error_bars() const {
  std::vector<QLineF> bars;
  if (layer_ == nullptr) return bars;
  for (const ChartPoint& point : layer_->points()) {
    const double x = xAxis->coordToPixel(point.x);
    bars.emplace_back(x, yAxis->coordToPixel(point.low), x, yAxis->coordToPixel(point.high));
  }
  return bars;
}

std::vector<QLineF> RooflineChart::arrow_lines() const {
  std::vector<QLineF> lines;
  if (layer_ == nullptr) return lines;
  for (const ChartArrow& arrow : layer_->arrows()) {
    lines.emplace_back(xAxis->coordToPixel(arrow.from_x), yAxis->coordToPixel(arrow.from_y),
                       xAxis->coordToPixel(arrow.to_x), yAxis->coordToPixel(arrow.to_y));
  }
  return lines;
}

void RooflineChart::draw_roofs(const Theme& theme) {
  const bool several = std::ranges::any_of(scene_->roofs, &RooflineRoof::is_other);
  for (std::size_t at = 0; at < scene_->roofs.size(); ++at) {
    const RooflineRoof& roof = scene_->roofs[at];
    const QColor colour = roof.is_memory && !roof.is_other ? theme.text : theme.muted;
    QColor band = colour;
    band.setAlpha(40);
    QCPGraph* edges[2] = {nullptr, nullptr};
    const std::array heights{roof.height.value, roof.height.low, roof.height.high};
    for (std::size_t i = 0; i < heights.size(); ++i) {
      if (!(heights[i] > 0)) continue;
      const Ends ends = ends_of(roof, std::log10(heights[i]));
      // Of one pixel: a wider line that is smooth takes Qt a millisecond.
      const QPen pen =
          i == 0 ? QPen(colour, 1, roof.is_other ? Qt::DashLine : Qt::SolidLine) : QPen(Qt::NoPen);
      QCPGraph* line = add_line(*this, pen, ends.from_x, ends.from_y, ends.to_x, ends.to_y);
      if (i > 0) edges[i - 1] = line;
    }
    if (edges[0] != nullptr && edges[1] != nullptr) {
      edges[1]->setBrush(band);
      edges[1]->setChannelFillGraph(edges[0]);
    }
    auto* name = new QCPItemText(this);
    name->position->setType(QCPItemPosition::ptAbsolute);
    name->setPositionAlignment(Qt::AlignLeft | Qt::AlignTop);
    name->setText(name_of_roof(roof, several));
    name->setFont(small_font(*this));
    name->setColor(colour);
    QColor behind = theme.base;
    behind.setAlpha(210);
    name->setBrush(behind);
    name->setPadding(QMargins(3, 0, 3, 0));
    names_.push_back({name, at});
  }
}

void RooflineChart::draw_points(const Theme& theme) {
  std::vector<ChartPoint> points;
  std::vector<ChartArrow> arrows;
  shown_.clear();
  arrows_ = 0;
  // Those of the baseline lie below, in the order in which arrows are drawn.
  std::vector<std::size_t> below;
  for (std::size_t i = 0; i < scene_->points.size(); ++i) {
    const RooflinePoint& now = scene_->points[i];
    if (now.before < 0 || !now.is_placed() || arrows_ == kMostArrows) continue;
    const RooflinePoint& then = scene_->before[static_cast<std::size_t>(now.before)];
    if (!then.is_placed()) continue;
    const bool slower = now.time_ns.low > then.time_ns.high;
    const bool faster = now.time_ns.high < then.time_ns.low;
    const QColor colour = slower ? theme.bad : faster ? theme.good : theme.muted;
    arrows.push_back({std::log10(then.intensity), std::log10(then.rate.value),
                      std::log10(now.intensity), std::log10(now.rate.value), colour.rgb(), true});
    points.push_back(chart_point(then, theme.muted.rgb(), PointShape::ring));
    below.push_back(i);
    ++arrows_;
  }
  shown_ = below;
  for (std::size_t i = 0; i < scene_->points.size(); ++i) {
    const RooflinePoint& point = scene_->points[i];
    if (!point.is_placed()) continue;
    const QRgb colour = colour_of(point.bound, theme).rgb();
    const auto shape = point.is_phase() ? PointShape::diamond : PointShape::disc;
    points.push_back(chart_point(point, colour, shape));
    shown_.push_back(i);
    if (point.counted_intensity) {
      // The same time over the bytes that were counted.
      ChartPoint counted = points.back();
      counted.x = std::log10(*point.counted_intensity);
      counted.shape = PointShape::ring;
      arrows.push_back({points.back().x, points.back().y, counted.x, counted.y, colour, false});
      points.push_back(counted);
      shown_.push_back(i);
    }
  }
  if (!chosen_.empty()) {
    for (std::size_t i = 0; i < scene_->points.size(); ++i) {
      const RooflinePoint& point = scene_->points[i];
      if (point.op_id != chosen_ || !point.is_placed()) continue;
      ChartPoint ring = chart_point(point, theme.text.rgb(), PointShape::ring);
      ring.radius += 4;
      ring.low = ring.high = ring.y;
      points.push_back(ring);
      shown_.push_back(i);
    }
  }
  layer_ = new PointLayer(xAxis, yAxis);
  layer_->set_points(std::move(points), std::move(arrows));
}

void RooflineChart::draw(const Theme& theme) {
  names_.clear();
  name_boxes_.clear();
  layer_ = nullptr;
  if (scene_ == nullptr) return;
  use_log_axis(xAxis, "FLOPs a byte");
  use_log_axis(yAxis, "FLOPs a second");
  draw_roofs(theme);
  draw_points(theme);
  std::set<Bound> found;
  for (const RooflinePoint& point : scene_->points) {
    if (point.is_placed()) found.insert(point.bound);
  }
  for (const Bound bound : kBounds) {
    if (!found.contains(bound)) continue;
    QCPGraph* sample = addGraph();
    sample->setName(qt(roofline::name_of(bound)));
    sample->setLineStyle(QCPGraph::lsNone);
    const QColor colour = colour_of(bound, theme);
    sample->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, colour, colour, 9));
  }
  // Shapes, in the order in which they are explained.
  const auto add_shape = [&](const char* name, QCPScatterStyle::ScatterShape shape) {
    QCPGraph* sample = addGraph();
    sample->setName(name);
    sample->setLineStyle(QCPGraph::lsNone);
    sample->setScatterStyle(QCPScatterStyle(shape, QPen(theme.muted, 1.5), Qt::NoBrush, 9));
  };
  const auto any = [&](auto&& holds) { return std::ranges::any_of(scene_->points, holds); };
  if (any([](const RooflinePoint& point) { return point.is_placed() && point.is_phase(); })) {
    add_shape("a phase", QCPScatterStyle::ssDiamond);
  }
  if (arrows_ > 0) add_shape("in the baseline", QCPScatterStyle::ssCircle);
  if (any([](const RooflinePoint& point) {
        return point.is_placed() && point.counted_intensity.has_value();
      })) {
    add_shape("bytes as counted", QCPScatterStyle::ssCircle);
  }
  legend->setVisible(!found.empty());
}

void RooflineChart::place_names() {
  name_boxes_.clear();
  named_roofs_.clear();
  if (!message().isEmpty()) return;  // names and points are gone
  const QRectF frame = axisRect()->rect();
  std::vector<QRectF> taken;
  std::vector<QLineF> lines;  // intervals and arrows
  if (legend->visible()) taken.emplace_back(legend->outerRect());
  constexpr std::size_t kMostAvoided = 2000;
  if (layer_ != nullptr && layer_->points().size() <= kMostAvoided) {
    for (std::size_t i = 0; i < layer_->points().size(); ++i) {
      const auto radius = static_cast<double>(layer_->points()[i].radius);
      taken.emplace_back(layer_->pixel_of(i) - QPointF(radius, radius),
                         QSizeF(2 * radius, 2 * radius));
    }
    lines = error_bars();
    const std::vector<QLineF> arrows = arrow_lines();
    lines.insert(lines.end(), arrows.begin(), arrows.end());
  }
  std::vector<QLineF> roofs;
  if (scene_ != nullptr) {
    for (std::size_t i = 0; i < scene_->roofs.size(); ++i) roofs.push_back(roof_line(i));
  }
  const auto is_free = [&](const QRectF& box, std::size_t own) {
    if (!frame.contains(box)) return false;
    const auto is_met = [&](const QLineF& line) { return crosses(line, box); };
    for (std::size_t i = 0; i < roofs.size(); ++i) {
      if (i != own && is_met(roofs[i])) return false;
    }
    return std::ranges::none_of(lines, is_met) &&
           std::ranges::none_of(taken, [&](const QRectF& other) { return other.intersects(box); });
  };
  for (const RoofName& name : names_) {
    const QSizeF size =
        QFontMetricsF(name.text->font()).boundingRect(name.text->text()).size() + QSizeF(8, 2);
    bool placed = false;
    for (const QPointF& corner : corners_along(name.roof, size)) {
      const QRectF box(corner, size);
      if (!is_free(box, name.roof)) continue;
      name.text->position->setCoords(corner);
      taken.push_back(box);
      name_boxes_.push_back(box);
      named_roofs_.push_back(name.roof);
      placed = true;
      break;
    }
    name.text->setVisible(placed);
  }
}

std::vector<QPointF> RooflineChart::corners_along(std::size_t roof, const QSizeF& size) const {
  const QRectF frame = axisRect()->rect();
  const RooflineRoof& of = scene_->roofs[roof];
  const double height = std::log10(of.height.value);
  const double width = size.width(), tall = size.height();
  std::vector<QPointF> corners;
  constexpr int kTries = 40;
  if (!of.is_memory) {
    const double y = yAxis->coordToPixel(height);
    for (const double above : {y - tall - 1, y + 1}) {
      for (int i = 0; i < kTries; ++i) {
        const double along = (i + 0.5) / kTries;
        corners.emplace_back(frame.right() - width - 4 - along * frame.width() * 0.7, above);
      }
    }
    return corners;
  }
  // On the line itself; where others lie close to it, at its upper left, at its lower right; of the
  // lowest line the other way round, so that the upper ones have room.
  const bool is_lowest = std::ranges::none_of(scene_->roofs, [&](const RooflineRoof& other) {
    return other.is_memory && other.height.value > 0 && other.height.value < of.height.value;
  });
  const QPointF on(0, -tall / 2), upper(-width - 2, -tall - 3), lower(3, 3);
  const double end = std::min(roof_line(roof).x2(), frame.right());
  for (const QPointF& shift : {on, is_lowest ? lower : upper, is_lowest ? upper : lower}) {
    for (int i = 0; i <= kTries; ++i) {
      const double x = frame.left() + (end - frame.left()) * i / kTries;
      if (shift == on && x + width > end) break;
      const double at = shift == on ? x + width / 2 : x;
      const double y = yAxis->coordToPixel(height + xAxis->pixelToCoord(at));
      corners.emplace_back(x + shift.x(), y + shift.y());
    }
  }
  return corners;
}

void RooflineChart::find_ranges() {
  if (scene_ == nullptr) return;
  double left = std::numeric_limits<double>::max(), right = -left, low = left, high = -left;
  const auto hold = [&](const RooflinePoint& point) {
    if (!point.is_placed()) return;
    left = std::min(left, std::log10(point.intensity));
    right = std::max(right, std::log10(point.intensity));
    low = std::min(low, std::log10(point.rate.value));
    high = std::max(high, std::log10(point.rate.value));
  };
  for (const RooflinePoint& point : scene_->points) hold(point);
  for (const RooflinePoint& point : scene_->before) hold(point);
  for (const RooflineRoof& roof : scene_->roofs) {
    const double top = highest_roof(*scene_, roof.device, false);
    if (top > 0) {
      high = std::max(high, std::log10(top));
      // The ridge of the outermost level belongs into the picture.
      if (roof.is_memory && roof.height.value > 0) {
        right = std::max(right, std::log10(top / roof.height.value));
        left = std::min(left, right - 2);
      }
    }
  }
  if (left > right || low > high) return;
  pad(xAxis, left, right, 0.06);
  pad(yAxis, low, high, 0.08);
}

QPointF RooflineChart::place_of(std::size_t point) const {
  const RooflinePoint& at = scene_->points.at(point);
  if (!at.is_placed()) return {-1e6, -1e6};
  return {xAxis->coordToPixel(std::log10(at.intensity)),
          yAxis->coordToPixel(std::log10(at.rate.value))};
}

int RooflineChart::point_at(const QPointF& at) const {
  if (layer_ == nullptr || !axisRect()->rect().contains(at.toPoint())) return -1;
  const int found = layer_->point_at(at, kPointReach);
  return found < 0 ? -1 : static_cast<int>(shown_[static_cast<std::size_t>(found)]);
}

QString RooflineChart::text_at(const QPointF& at) const {
  const int point = point_at(at);
  return point < 0 ? QString() : scene_->points[static_cast<std::size_t>(point)].sentence;
}

void RooflineChart::mousePressEvent(QMouseEvent* event) {
  pressed_at_ = event->position();
  Chart::mousePressEvent(event);
}

void RooflineChart::mouseReleaseEvent(QMouseEvent* event) {
  Chart::mouseReleaseEvent(event);
  if ((event->position() - pressed_at_).manhattanLength() > 4) return;  // it was a drag
  const int point = point_at(event->position());
  if (point >= 0) Q_EMIT point_clicked(static_cast<std::size_t>(point));
}

std::vector<QStringList> RooflineChart::rows() const {
  std::vector<QStringList> table{{"phase", "op", "ops", "FLOP/byte", "FLOP/s", "low", "high",
                                  "time ns", "share of the pass", "share of its roof", "bound by",
                                  "baseline time ns"}};
  if (scene_ == nullptr) return table;
  const auto number = [](double value) { return QString::number(value, 'g', 10); };
  for (const RooflinePoint& point : scene_->points) {
    const bool is_held = point.before >= 0;
    table.push_back(
        {qt(point.phase), qt(point.op_id), QString::number(point.count), number(point.intensity),
         number(point.rate.value), number(point.rate.low), number(point.rate.high),
         number(point.time_ns.value), number(point.share), number(point.share_of_roof.value),
         qt(point.bound_by),
         is_held ? number(scene_->before[static_cast<std::size_t>(point.before)].time_ns.value)
                 : QString()});
  }
  return table;
}

}  // namespace ridgepoint
