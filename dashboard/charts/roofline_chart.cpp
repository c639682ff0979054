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

void RooflineChart::draw_roofs(const Theme& theme) {
  const bool several = std::ranges::any_of(scene_->roofs, &RooflineRoof::is_other);
  for (const RooflineRoof& roof : scene_->roofs) {
    const double top = highest_roof(*scene_, roof.device, false);
    const double steepest = highest_roof(*scene_, roof.device, true);
    const QColor colour = roof.is_memory && !roof.is_other ? theme.text : theme.muted;
    QColor band = colour;
    band.setAlpha(40);
    QCPGraph* edges[2] = {nullptr, nullptr};
    const std::array heights{roof.height.value, roof.height.low, roof.height.high};
    for (std::size_t i = 0; i < heights.size(); ++i) {
      if (!(heights[i] > 0)) continue;
      const double y = std::log10(heights[i]);
      const QPen pen = i == 0 ? QPen(colour, 1.4, roof.is_other ? Qt::DashLine : Qt::SolidLine)
                              : QPen(Qt::NoPen);
      QCPGraph* line = nullptr;
      if (roof.is_memory) {
        const double end = top > 0 ? std::log10(top) - y : kFar;  // where the highest peak is met
        line = add_line(*this, pen, -kFar, y - kFar, end, y + end);
      } else {
        const double begin = steepest > 0 ? y - std::log10(steepest) : -kFar;
        line = add_line(*this, pen, begin, y, kFar, y);
      }
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
    names_.push_back({name, roof});
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
  legend->setVisible(!found.empty());
}

void RooflineChart::place_names() {
  name_boxes_.clear();
  const QRectF frame = axisRect()->rect();
  std::vector<QRectF> taken;
  if (legend->visible()) taken.emplace_back(legend->outerRect());
  constexpr std::size_t kMostAvoided = 2000;
  if (layer_ != nullptr && layer_->points().size() <= kMostAvoided) {
    for (std::size_t i = 0; i < layer_->points().size(); ++i) {
      const auto radius = static_cast<double>(layer_->points()[i].radius);
      taken.emplace_back(layer_->pixel_of(i) - QPointF(radius, radius),
                         QSizeF(2 * radius, 2 * radius));
    }
  }
  for (const RoofName& name : names_) {
    const QSizeF size =
        QFontMetricsF(name.text->font()).boundingRect(name.text->text()).size() + QSizeF(8, 2);
    const double height = std::log10(name.roof.height.value);
    bool placed = false;
    // Along the line, until there is room.
    constexpr int kTries = 24;
    for (int i = 0; i < kTries && !placed; ++i) {
      const double along = (static_cast<double>(i) + 0.5) / kTries;
      QPointF corner;
      if (name.roof.is_memory) {
        const double x = frame.left() + along * frame.width() * 0.6;
        corner = {x, yAxis->coordToPixel(height + xAxis->pixelToCoord(x)) - size.height() / 2};
      } else {
        corner = {frame.right() - size.width() - 4 - along * frame.width() * 0.5,
                  yAxis->coordToPixel(height) - size.height() - 1};
      }
      const QRectF box(corner, size);
      if (!frame.contains(box) ||
          std::ranges::any_of(taken, [&](const QRectF& other) { return other.intersects(box); })) {
        continue;
      }
      name.text->position->setCoords(corner);
      taken.push_back(box);
      name_boxes_.push_back(box);
      placed = true;
    }
    name.text->setVisible(placed);
  }
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
