// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/charts/wall_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "dashboard/charts/log_axis.h"
#include "dashboard/charts/point_layer.h"
#include "dashboard/models/text.h"
#include "results/report/table.h"

namespace ridgepoint {
namespace {

constexpr double kSpeedReach = 6;

}  // namespace

WallChart::WallChart(QWidget* parent) : Chart(parent) {
  setAccessibleName("Decode tokens a second over the batch");
  axisRect()->insetLayout()->setInsetAlignment(0, Qt::AlignBottom | Qt::AlignRight);
}

bool WallChart::is_near(std::int64_t context, std::int64_t other) {
  constexpr std::int64_t kShort = 256;
  if (context <= kShort && other <= kShort) return true;
  const auto ratio = static_cast<double>(std::max(context, other)) /
                     static_cast<double>(std::max<std::int64_t>(1, std::min(context, other)));
  return ratio <= 1.5;
}

void WallChart::show_answer(const WallAnswer& answer, std::int64_t batch, std::int64_t context,
                            const std::vector<MeasuredSpeed>& speeds,
                            const std::string& chosen_case) {
  answer_ = answer;
  batch_ = batch;
  context_ = context;
  speeds_ = speeds;
  chosen_ = chosen_case;
  set_message(answer_.problem);
  redraw();
  fit();
}

void WallChart::draw(const Theme& theme) {
  layer_ = nullptr;
  use_log_axis(xAxis, "sequences at once (batch)");
  use_log_axis(yAxis, "tokens a second");
  QVector<double> x, roof, engine;
  for (const WallPoint& point : answer_.over_batch) {
    x.append(std::log10(point.batch));
    roof.append(std::log10(std::max(point.roof_tokens_per_second, 1e-9)));
    if (point.tokens_per_second > 0) engine.append(std::log10(point.tokens_per_second));
  }
  QCPGraph* limit = addGraph();
  limit->setName("the machine's limit");
  limit->setPen(QPen(theme.text, 1.6));
  limit->setData(x, roof, true);
  if (engine.size() == x.size()) {
    QCPGraph* of_engine = addGraph();
    of_engine->setName("the engine, at its share of the limit");
    of_engine->setPen(QPen(theme.b, 1.6, Qt::DashLine));
    of_engine->setData(x, engine, true);
  }
  auto* here = new QCPItemStraightLine(this);
  here->point1->setCoords(std::log10(static_cast<double>(batch_)), 0);
  here->point2->setCoords(std::log10(static_cast<double>(batch_)), 1);
  here->setPen(QPen(theme.muted, 1, Qt::DotLine));
  std::vector<ChartPoint> points;
  std::vector<ChartArrow> arrows;
  bool some_near = false, some_far = false, some_ranged = false;
  for (const MeasuredSpeed& speed : speeds_) {
    const bool near = is_near(speed.context, context_);
    (speed.within_range ? some_ranged : near ? some_near : some_far) = true;
    const double y = std::log10(speed.tokens_per_second);
    points.push_back({.x = std::log10(static_cast<double>(speed.batch)),
                      .y = y,
                      .low = y,
                      .high = y,
                      .radius = speed.case_hash == chosen_ ? 8.0F : 5.0F,
                      .shape = speed.within_range ? PointShape::diamond
                               : near             ? PointShape::disc
                                                  : PointShape::ring,
                      .colour = (speed.within_range ? theme.b : theme.a).rgb()});
    if (!speed.before || !(*speed.before > 0)) continue;
    const double x_at = points.back().x;
    const bool faster = speed.tokens_per_second > *speed.before;
    arrows.push_back({.from_x = x_at,
                      .from_y = std::log10(*speed.before),
                      .to_x = x_at,
                      .to_y = y,
                      .colour = (faster ? theme.good : theme.bad).rgb()});
  }
  layer_ = new PointLayer(xAxis, yAxis);
  layer_->set_points(std::move(points), std::move(arrows));
  const auto add_sample = [&](const QString& name, QCPScatterStyle::ScatterShape shape,
                              const QColor& colour) {
    QCPGraph* sample = addGraph();
    sample->setName(name);
    sample->setLineStyle(QCPGraph::lsNone);
    sample->setScatterStyle(
        QCPScatterStyle(shape, QPen(colour, 1.5),
                        shape == QCPScatterStyle::ssCircle ? QBrush() : QBrush(colour), 9));
  };
  if (some_near) add_sample("measured", QCPScatterStyle::ssDisc, theme.a);
  if (some_far) add_sample("measured with another context", QCPScatterStyle::ssCircle, theme.a);
  if (some_ranged) {
    add_sample("traced, within the range of the timeline", QCPScatterStyle::ssDiamond, theme.b);
  }
  legend->setVisible(true);
}

void WallChart::find_ranges() {
  double low = std::numeric_limits<double>::max(), high = -low;
  const auto hold = [&](double speed) {
    if (!(speed > 0)) return;
    low = std::min(low, std::log10(speed));
    high = std::max(high, std::log10(speed));
  };
  for (const WallPoint& point : answer_.over_batch) {
    hold(point.roof_tokens_per_second);
    hold(point.tokens_per_second);
  }
  for (const MeasuredSpeed& speed : speeds_) {
    hold(speed.tokens_per_second);
    hold(speed.before.value_or(0));
  }
  if (low > high) return;
  pad(xAxis, 0, std::log10(static_cast<double>(wall_batches().back())), 0.04);
  pad(yAxis, low, high, 0.1);
  yAxis->setRangeLower(yAxis->range().lower - 0.25 * (high - low));  // the legend's room
}

QPointF WallChart::place_of(std::size_t speed) const {
  return layer_ == nullptr ? QPointF() : layer_->pixel_of(speed);
}

QString WallChart::text_at(const QPointF& at) const {
  if (layer_ == nullptr) return {};
  const int found = layer_->point_at(at, kSpeedReach);
  if (found < 0) return {};
  const MeasuredSpeed& speed = speeds_[static_cast<std::size_t>(found)];
  QString text =
      QString("%1\n%2: %3, batch %4, context %5")
          .arg(qt(speed.label), speed.within_range ? "traced, within the range" : "measured",
               qt(format_value(speed.tokens_per_second, "tokens/s")))
          .arg(speed.batch)
          .arg(speed.context);
  if (speed.before && *speed.before > 0) {
    text +=
        QString("\nbaseline: %1; %2 %")
            .arg(qt(format_value(*speed.before, "tokens/s")),
                 qt(fmt::format("{:+.1f}", 100 * (speed.tokens_per_second / *speed.before - 1))));
  }
  return text;
}

void WallChart::mouseReleaseEvent(QMouseEvent* event) {
  Chart::mouseReleaseEvent(event);
  const int found = layer_ == nullptr ? -1 : layer_->point_at(event->position(), kSpeedReach);
  if (found >= 0) Q_EMIT speed_clicked(static_cast<std::size_t>(found));
}

std::vector<QStringList> WallChart::rows() const {
  std::vector<QStringList> table{{"batch", "context", "what", "tokens/s"}};
  const auto add = [&](double batch, std::int64_t context, const char* what, double speed) {
    table.push_back(
        {QString::number(batch), QString::number(context), what, QString::number(speed, 'g', 10)});
  };
  for (const WallPoint& point : answer_.over_batch) {
    add(point.batch, context_, "limit of the machine", point.roof_tokens_per_second);
    if (point.tokens_per_second > 0) {
      add(point.batch, context_, "engine, predicted", point.tokens_per_second);
    }
  }
  for (const MeasuredSpeed& speed : speeds_) {
    const auto batch = static_cast<double>(speed.batch);
    add(batch, speed.context, speed.within_range ? "traced, within the range" : "measured",
        speed.tokens_per_second);
    if (speed.before) add(batch, speed.context, "baseline", *speed.before);
  }
  return table;
}

}  // namespace ridgepoint
