// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/charts/stacked_bars.h"

#include <QPainter>
#include <algorithm>
#include <array>
#include <utility>

#include "dashboard/charts/chart.h"
#include "dashboard/charts/theme.h"
#include "dashboard/models/text.h"
#include "results/report/table.h"

namespace ridgepoint {
namespace {

/// In `theme.kinds`; chosen so that white and black words read on them in both themes.
constexpr std::array<std::size_t, 3> kPartKinds{0, 1, 4};

double sum_of(const StackedBar& bar) {
  double sum = 0;
  for (const BarPart& part : bar.parts) sum += part.value;
  return sum;
}

}  // namespace

StackedBars::StackedBars(const QString& accessible_name, QWidget* parent) : QWidget(parent) {
  setAccessibleName(accessible_name);
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

void StackedBars::show_bars(std::vector<StackedBar> bars) {
  bars_ = std::move(bars);
  QStringList words;
  for (const StackedBar& bar : bars_) {
    for (const BarPart& part : bar.parts) {
      words.append(
          QString("%1, %2: %3").arg(bar.title, part.name, qt(format_value(part.value, bar.unit))));
    }
  }
  setAccessibleDescription(words.join("; "));
  setToolTip(words.join('\n'));
  updateGeometry();
  update();
}

QSize StackedBars::sizeHint() const {
  const int line = fontMetrics().height();
  const int bars = std::max<int>(1, static_cast<int>(bars_.size()));
  return {320, bars * (2 * line + 22)};
}

QSize StackedBars::minimumSizeHint() const {
  return {220, sizeHint().height()};
}

QRectF StackedBars::frame_of(std::size_t bar) const {
  const double each =
      static_cast<double>(height()) / static_cast<double>(std::max<std::size_t>(1, bars_.size()));
  const int line = fontMetrics().height();
  return {8, each * static_cast<double>(bar) + line + 4, width() - 16.0, each - line - 10};
}

QRectF StackedBars::box_of(std::size_t bar, std::size_t part) const {
  const StackedBar& shown = bars_.at(bar);
  const QRectF frame = frame_of(bar);
  const double all = std::max({sum_of(shown), shown.limit, 1e-12});
  double left = 0;
  for (std::size_t i = 0; i < part; ++i) left += shown.parts[i].value;
  return {frame.left() + left / all * frame.width(), frame.top(),
          shown.parts[part].value / all * frame.width(), frame.height()};
}

void StackedBars::paintEvent(QPaintEvent*) {
  const Theme& theme = theme_of(palette());
  QPainter painter(this);
  painter.fillRect(rect(), theme.base);
  painter.setFont(small_font(*this));
  const QFontMetrics metrics(painter.font());
  for (std::size_t i = 0; i < bars_.size(); ++i) {
    const StackedBar& bar = bars_[i];
    const QRectF frame = frame_of(i);
    QString title = QString("%1: %2").arg(bar.title, qt(format_value(sum_of(bar), bar.unit)));
    if (bar.limit > 0) {
      title += QString(", %1 %2").arg(bar.limit_name, qt(format_value(bar.limit, bar.unit)));
    }
    painter.setPen(theme.text);
    painter.drawText(
        QRectF(frame.left(), frame.top() - metrics.height() - 2, frame.width(), metrics.height()),
        Qt::AlignLeft | Qt::AlignVCenter,
        metrics.elidedText(title, Qt::ElideRight, static_cast<int>(frame.width())));
    painter.fillRect(frame, theme.raised);
    for (std::size_t k = 0; k < bar.parts.size(); ++k) {
      const QRectF box = box_of(i, k);
      const QColor colour = theme.kinds[kPartKinds[k % kPartKinds.size()]];
      painter.fillRect(box, colour);
      const QString words =
          QString("%1 %2").arg(bar.parts[k].name, qt(format_value(bar.parts[k].value, bar.unit)));
      if (metrics.horizontalAdvance(words) + 8 > box.width()) continue;  // the tooltip has it
      painter.setPen(colour.lightness() > 140 ? QColor(Qt::black) : QColor(Qt::white));
      painter.drawText(box.adjusted(4, 0, -2, 0), Qt::AlignLeft | Qt::AlignVCenter, words);
    }
    if (bar.limit > 0) {
      const double all = std::max(sum_of(bar), bar.limit);
      const double x = frame.left() + bar.limit / all * frame.width();
      painter.setPen(QPen(sum_of(bar) > bar.limit ? theme.bad : theme.text, 2));
      painter.drawLine(QPointF(x, frame.top() - 2), QPointF(x, frame.bottom() + 2));
    }
  }
}

}  // namespace ridgepoint
