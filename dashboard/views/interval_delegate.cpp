// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/views/interval_delegate.h"

#include <QApplication>
#include <QPainter>
#include <algorithm>

#include "dashboard/charts/theme.h"
#include "dashboard/models/comparison_model.h"
#include "dashboard/views/table.h"

namespace ridgepoint {
namespace {

constexpr int kWidth = 120;
constexpr double kMargin = 8;
constexpr int kNarrow = 66;  ///< for a mark beside a text

/// The mark within the box; without an interval, or without room, nothing.
void draw_mark(QPainter& painter, const QRectF& box, const RatioMark& mark, const Theme& theme,
               bool chosen) {
  if (!mark.certain || !(mark.reach > 0) || box.width() < 2 * kMargin) return;
  const auto place = [&](double logarithm) {
    const double share = std::clamp(logarithm / mark.reach, -1.0, 1.0);
    return box.center().x() + share * box.width() / 2;
  };
  const QColor colour = chosen ? QColor(Qt::white) : theme.of(mark.verdict);
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  QColor band = chosen ? QColor(255, 255, 255, 60) : theme.raised;
  painter.fillRect(QRectF(QPointF(place(-mark.threshold), box.top()),
                          QPointF(place(mark.threshold), box.bottom())),
                   band);
  painter.setPen(QPen(chosen ? QColor(Qt::white) : theme.muted, 1));
  painter.drawLine(QPointF(box.center().x(), box.top()), QPointF(box.center().x(), box.bottom()));
  const double middle = box.center().y();
  painter.setPen(QPen(colour, 2));
  painter.drawLine(QPointF(place(mark.low), middle), QPointF(place(mark.high), middle));
  for (const double end : {mark.low, mark.high}) {
    painter.drawLine(QPointF(place(end), middle - 4), QPointF(place(end), middle + 4));
  }
  painter.setBrush(colour);
  painter.setPen(Qt::NoPen);
  painter.drawEllipse(QPointF(place(mark.middle), middle), 3.5, 3.5);
  painter.restore();
}

}  // namespace

QSize IntervalDelegate::sizeHint(const QStyleOptionViewItem& option,
                                 const QModelIndex& index) const {
  const QSize text = QStyledItemDelegate::sizeHint(option, index);
  if (text_ == Text::none) return {kWidth, text.height()};
  const bool is_drawn = index.data(ComparisonModel::mark_role).isValid();
  return {text.width() + (is_drawn ? kNarrow + 6 : 6), text.height()};
}

void IntervalDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                             const QModelIndex& index) const {
  const QStyle* style = option.widget == nullptr ? QApplication::style() : option.widget->style();
  style->drawPrimitive(QStyle::PE_PanelItemViewItem, &option, painter, option.widget);
  const Theme& theme = theme_of(option.palette);
  const bool chosen = (option.state & QStyle::State_Selected) != 0;
  const QVariant mark = index.data(ComparisonModel::mark_role);
  QRectF box = QRectF(option.rect).adjusted(kMargin, 3, -kMargin, -3);
  QRect text = option.rect.adjusted(6, 0, -4, 0);
  if (text_ == Text::beside) {
    const bool has_room = mark.isValid() && option.rect.width() > 2 * kNarrow;
    if (has_room) text.setRight(option.rect.right() - kNarrow);
    box.setLeft(has_room ? text.right() + kMargin : box.right());
    painter->save();
    painter->setFont(option.font);
    const QVariant tone = index.data(kToneRole);
    painter->setPen(chosen           ? option.palette.color(QPalette::HighlightedText)
                    : tone.isValid() ? colour_of(static_cast<Tone>(tone.toInt()), option.palette)
                                     : theme.text);
    const QVariant aligned = index.data(Qt::TextAlignmentRole);
    painter->drawText(text,
                      aligned.isValid() ? aligned.toInt() : int(Qt::AlignLeft | Qt::AlignVCenter),
                      option.fontMetrics.elidedText(
                          ToneDelegate::text_in(index, option.rect.width(), option.fontMetrics),
                          Qt::ElideRight, text.width()));
    painter->restore();
  }
  if (mark.isValid()) draw_mark(*painter, box, mark.value<RatioMark>(), theme, chosen);
}

}  // namespace ridgepoint
