// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/charts/history_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "dashboard/models/text.h"
#include "results/report/table.h"
#include "results/report/time_text.h"

namespace ridgepoint {
namespace {

constexpr double kHitRadius = 9;

/// Below the axis there is room for some ten dates.
constexpr std::size_t kDates = 7;
constexpr int kTallEnough = 240;  ///< for commits under the dates

bool has_value(const HistoryPoint& point) {
  return point.row.value.has_value() && std::isfinite(*point.row.value);
}

}  // namespace

std::optional<double> value_of_run(const History& history, const std::string& run_id) {
  const auto found = std::ranges::find_if(history.points, [&](const HistoryPoint& point) {
    return point.row.run.id == run_id && has_value(point);
  });
  return found == history.points.end() ? std::nullopt : found->row.value;
}

HistoryChart::HistoryChart(QWidget* parent) : Chart(parent) {
  setAccessibleName("Metric over runs");
  axisRect()->insetLayout()->setInsetAlignment(0, Qt::AlignTop | Qt::AlignLeft);
}

void HistoryChart::show(std::shared_ptr<const History> history, const QString& message,
                        const std::string& chosen_run, const std::string& baseline) {
  const bool same = history == history_ && history_ != nullptr;
  history_ = std::move(history);
  chosen_ = chosen_run;
  baseline_ = baseline;
  const bool any = history_ != nullptr && std::ranges::any_of(history_->points, has_value);
  set_message(any ? QString()
              : history_ != nullptr
                  ? QStringLiteral("No run of this case has a value of this metric.")
                  : message);
  redraw();
  if (!same) fit();
}

void HistoryChart::resizeEvent(QResizeEvent* event) {
  Chart::resizeEvent(event);
  if (history_ != nullptr && is_tall_ != (height() >= kTallEnough)) redraw();
}

QString HistoryChart::title() const {
  const MetricSpec* spec = find_metric(history_->metric);
  return qt(spec == nullptr ? std::string_view(history_->metric) : spec->short_name);
}

void HistoryChart::draw(const Theme& theme) {
  const History& history = *history_;
  use_unit(yAxis, title(), history.unit);
  const QSharedPointer<QCPAxisTickerText> dates(new QCPAxisTickerText);
  const std::size_t count = history.points.size();
  const bool one_day = time_text(history.points.front().row.started_unix_ns).substr(0, 10) ==
                       time_text(history.points.back().row.started_unix_ns).substr(0, 10);
  // A second line below the axis takes room from the chart.
  is_tall_ = height() >= kTallEnough;
  const bool has_room =
      is_tall_ && std::ranges::any_of(history.points, [](const HistoryPoint& point) {
        return !point.row.run.git_commit.empty();
      });
  const std::size_t every = std::max<std::size_t>(1, (count + kDates - 1) / kDates);
  for (std::size_t i = 0; i < count; i += every) {
    const std::string started = time_text(history.points[i].row.started_unix_ns);
    QString text = qt(one_day ? started.substr(11) : started.substr(0, 10));
    const Run& run = history.points[i].row.run;
    if (has_room && !run.git_commit.empty()) {
      text += '\n' + short_id(run.git_commit) + (run.git_dirty ? "*" : "");
    }
    dates->addTick(static_cast<double>(i), text);
  }
  xAxis->setTicker(dates);
  xAxis->setLabel(has_room ? "runs, oldest first, with the commit that they were of"
                           : "runs, oldest first");

  QVector<double> x, y, gap_x, gap_y, chosen_x, chosen_y, base_x, base_y;
  for (std::size_t i = 0; i < count; ++i) {
    const HistoryPoint& point = history.points[i];
    if (!has_value(point)) continue;
    const double at = static_cast<double>(i);
    (point.gap.empty() ? x : gap_x).append(at);
    (point.gap.empty() ? y : gap_y).append(*point.row.value);
    if (point.row.run.id == chosen_) {
      chosen_x.append(at);
      chosen_y.append(*point.row.value);
    }
    if (point.row.run.id == baseline_) {
      base_x.append(at);
      base_y.append(*point.row.value);
    }
  }
  const auto scatter = [this](const QString& name, QCPScatterStyle style, const QVector<double>& at,
                              const QVector<double>& value) {
    if (at.isEmpty()) return;
    QCPGraph* graph = addGraph();
    graph->setName(name);
    graph->setLineStyle(QCPGraph::lsNone);
    graph->setScatterStyle(style);
    graph->setData(at, value, true);
  };

  // Levels between changes.
  std::size_t begin = 0;
  const auto level = [&](std::size_t end, double median, bool named) {
    QCPGraph* graph = addGraph();
    graph->setName("median of a level");
    if (!named) graph->removeFromLegend();
    graph->setPen(QPen(theme.muted, 1.5, Qt::DashLine));
    graph->setData({static_cast<double>(begin) - 0.4, static_cast<double>(end) - 0.6},
                   {median, median}, true);
  };
  for (std::size_t i = 0; i < history.changes.size(); ++i) {
    const HistoryChange& change = history.changes[i];
    level(change.after, change.median_before, i == 0);
    begin = change.after;
    if (i + 1 == history.changes.size()) level(count, change.median_after, false);
    auto* line = new QCPItemStraightLine(this);
    const QColor colour = change.direction == ChangeDirection::worse    ? theme.bad
                          : change.direction == ChangeDirection::better ? theme.good
                                                                        : theme.warning;
    const double at = static_cast<double>(change.after) - 0.5;
    line->point1->setCoords(at, 0);
    line->point2->setCoords(at, 1);
    line->setPen(QPen(colour, 2));
    auto* words = new QCPItemText(this);
    words->position->setTypeX(QCPItemPosition::ptPlotCoords);
    words->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
    words->position->setCoords(at, 0.97);
    const bool left = at > static_cast<double>(count) / 2;
    words->setPositionAlignment(Qt::AlignBottom | (left ? Qt::AlignRight : Qt::AlignLeft));
    words->setText(QString(" %1%2 % ")
                       .arg(change.ratio() > 1 ? "+" : "")
                       .arg(100 * (change.ratio() - 1), 0, 'f', 1));
    words->setColor(colour);
    words->setFont(small_font(*this));
    words->setBrush(theme.base);
  }
  if (const auto before = baseline_value()) {
    QCPGraph* line = addGraph();
    line->setName("baseline");
    line->removeFromLegend();
    line->setPen(QPen(theme.text, 1, Qt::DotLine));
    line->setData({-0.7, static_cast<double>(count) - 0.3}, {*before, *before}, true);
  }
  scatter("a run", QCPScatterStyle(QCPScatterStyle::ssDisc, theme.a, theme.a, 6), x, y);
  scatter("does not count", QCPScatterStyle(QCPScatterStyle::ssCross, theme.muted, 7), gap_x,
          gap_y);
  scatter("chosen run",
          QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(theme.b, 2), Qt::NoBrush, 13), chosen_x,
          chosen_y);
  scatter("baseline",
          QCPScatterStyle(QCPScatterStyle::ssDiamond, QPen(theme.text, 2), Qt::NoBrush, 15), base_x,
          base_y);
  legend->setVisible(graphCount() > 1);
}

std::optional<double> HistoryChart::baseline_value() const {
  return history_ == nullptr ? std::nullopt : value_of_run(*history_, baseline_);
}

void HistoryChart::find_ranges() {
  if (history_ == nullptr) return;
  double low = std::numeric_limits<double>::max();
  double high = std::numeric_limits<double>::lowest();
  for (const HistoryPoint& point : history_->points) {
    if (!has_value(point)) continue;
    low = std::min(low, *point.row.value);
    high = std::max(high, *point.row.value);
  }
  if (low > high) return;
  xAxis->setRange(-0.7, static_cast<double>(history_->points.size()) - 0.3);
  pad(yAxis, low, high, 0.18);
}

std::vector<QPointF> HistoryChart::drawn_at() const {
  std::vector<QPointF> pixels;
  if (history_ == nullptr) return pixels;
  for (std::size_t i = 0; i < history_->points.size(); ++i) {
    if (const QPointF at = place_of(i); !at.isNull()) pixels.push_back(at);
  }
  return pixels;
}

QPointF HistoryChart::place_of(std::size_t point) const {
  if (history_ == nullptr || point >= history_->points.size() ||
      !has_value(history_->points[point])) {
    return {};
  }
  return {xAxis->coordToPixel(static_cast<double>(point)),
          yAxis->coordToPixel(*history_->points[point].row.value)};
}

int HistoryChart::point_at(const QPointF& at) const {
  if (history_ == nullptr) return -1;
  const double x = xAxis->pixelToCoord(at.x());
  const auto middle = static_cast<std::ptrdiff_t>(std::lround(x));
  // Neighbours of the column under the cursor; dense histories have several within reach.
  const auto reach = static_cast<std::ptrdiff_t>(
      std::ceil(std::abs(xAxis->pixelToCoord(kHitRadius) - xAxis->pixelToCoord(0))));
  const auto count = static_cast<std::ptrdiff_t>(history_->points.size());
  const auto first = std::clamp<std::ptrdiff_t>(middle - reach, 0, count);
  const auto last = std::clamp<std::ptrdiff_t>(middle + reach + 1, first, count);
  return nearest_place(at, kHitRadius, static_cast<std::size_t>(first),
                       static_cast<std::size_t>(last),
                       [this](std::size_t point) { return place_of(point); });
}

QString HistoryChart::text_at(const QPointF& at) const {
  const int i = point_at(at);
  if (i < 0) return {};
  const HistoryPoint& point = history_->points[static_cast<std::size_t>(i)];
  QString text = QString("%1\nrun %2, %3")
                     .arg(qt(format_value(*point.row.value, history_->unit)),
                          short_id(point.row.run.id), qt(time_text(point.row.started_unix_ns)));
  if (!point.row.run.git_commit.empty()) {
    text +=
        QString("\n%1@%2").arg(qt(point.row.run.git_branch), short_id(point.row.run.git_commit));
  }
  if (!point.gap.empty()) text += "\n" + qt(point.gap);
  const auto before = baseline_value();
  if (before && *before != 0 && point.row.run.id != baseline_) {
    text +=
        qt(fmt::format("\n{:+.2f} % against the baseline", 100 * (*point.row.value / *before - 1)));
  }
  return text;
}

void HistoryChart::mousePressEvent(QMouseEvent* event) {
  pressed_ = event->position();
  Chart::mousePressEvent(event);
}

void HistoryChart::mouseReleaseEvent(QMouseEvent* event) {
  Chart::mouseReleaseEvent(event);
  if ((event->position() - pressed_).manhattanLength() > 4) return;  // a drag
  const int i = point_at(event->position());
  if (i >= 0) Q_EMIT run_clicked(history_->points[static_cast<std::size_t>(i)].row.run.id);
}

std::vector<QStringList> HistoryChart::rows() const {
  std::vector<QStringList> table{
      {"started", "run", "commit", "branch", "value", "unit", "against the baseline", "note"}};
  if (history_ == nullptr) return table;
  const auto before = baseline_value();
  for (const HistoryPoint& point : history_->points) {
    table.push_back({qt(iso_time(point.row.started_unix_ns)), qt(point.row.run.id),
                     qt(point.row.run.git_commit), qt(point.row.run.git_branch),
                     point.row.value ? QString::number(*point.row.value, 'g', 15) : QString(),
                     qt(history_->unit),
                     before && *before != 0 && point.row.value
                         ? QString::number(*point.row.value / *before, 'g', 10)
                         : QString(),
                     qt(point.gap)});
  }
  return table;
}

}  // namespace ridgepoint
