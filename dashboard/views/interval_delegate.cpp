// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/views/interval_delegate.h"

#include <QApplication>
#include <QPainter>
#include <algorithm>

#include "dashboard/charts/theme.h"
#include "dashboard/models/comparison_model.h"

namespace ridgepoint {
namespace {

constexpr int kWidth = 170;
constexpr double kMargin = 8;

}  // namespace

QSize IntervalDelegate::sizeHint(const QStyleOptionViewItem& option,
                                 const QModelIndex& index) const {
  return {kWidth, QStyledItemDelegate::sizeHint(option, index).height()};
}

void IntervalDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                             const QModelIndex& index) const {
  const QStyle* style = option.widget == nullptr ? QApplication::style() : option.widget->style();
  style->drawPrimitive(QStyle::PE_PanelItemViewItem, &option, painter, option.widget);
  const auto mark = index.data(ComparisonModel::mark_role).value<RatioMark>();
  if (!mark.certain || !(mark.reach > 0)) return;

  const Theme& theme = theme_of(option.palette);
  const bool chosen = (option.state & QStyle::State_Selected) != 0;
  const QRectF box = QRectF(option.rect).adjusted(kMargin, 3, -kMargin, -3);
  const auto place = [&](double logarithm) {
    const double share = std::clamp(logarithm / mark.reach, -1.0, 1.0);
    return box.center().x() + share * box.width() / 2;
  };
  const QColor colour = chosen ? QColor(Qt::white) : theme.of(mark.verdict);
  painter->save();
  painter->setRenderHint(QPainter::Antialiasing);
  QColor band = chosen ? QColor(255, 255, 255, 60) : theme.raised;
  painter->fillRect(QRectF(QPointF(place(-mark.threshold), box.top()),
                           QPointF(place(mark.threshold), box.bottom())),
                    band);
  painter->setPen(QPen(chosen ? QColor(Qt::white) : theme.muted, 1));
  painter->drawLine(QPointF(box.center().x(), box.top()), QPointF(box.center().x(), box.bottom()));
  const double middle = box.center().y();
  painter->setPen(QPen(colour, 2));
  painter->drawLine(QPointF(place(mark.low), middle), QPointF(place(mark.high), middle));
  for (const double end : {mark.low, mark.high}) {
    painter->drawLine(QPointF(place(end), middle - 4), QPointF(place(end), middle + 4));
  }
  painter->setBrush(colour);
  painter->setPen(Qt::NoPen);
  painter->drawEllipse(QPointF(place(mark.middle), middle), 3.5, 3.5);
  painter->restore();
}

}  // namespace ridgepoint
