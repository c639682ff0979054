// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/charts/chart.h"

#include <QLabel>
#include <QSvgGenerator>
#include <QToolTip>
#include <algorithm>
#include <array>
#include <cmath>

#include "dashboard/charts/unit_scale.h"

namespace ridgepoint {
namespace {

/// Ticks at round numbers of the unit that the axis is read in; the prefix stands in its title.
class UnitTicker : public QCPAxisTicker {
 public:
  explicit UnitTicker(std::string unit) : unit_(std::move(unit)) {}

  [[nodiscard]] UnitScale scale_of(const QCPRange& range) const {
    return unit_scale(unit_, std::max(std::abs(range.lower), std::abs(range.upper)));
  }

 protected:
  double getTickStep(const QCPRange& range) override {
    scale_ = scale_of(range);
    // Round in the unit that is read, not in the one that is stored.
    step_ = QCPAxisTicker::getTickStep(
                QCPRange(range.lower / scale_.factor, range.upper / scale_.factor)) *
            scale_.factor;
    return step_;
  }
  QString getTickLabel(double tick, const QLocale&, QChar, int) override {
    return tick_text(tick, step_, scale_);
  }

 private:
  std::string unit_;
  UnitScale scale_;
  double step_ = 1;
};

/// Where a legend may lie; of places that cover as little, the first.
constexpr std::array kPlaces{Qt::AlignBottom | Qt::AlignLeft,    Qt::AlignBottom | Qt::AlignRight,
                             Qt::AlignTop | Qt::AlignRight,      Qt::AlignTop | Qt::AlignLeft,
                             Qt::AlignVCenter | Qt::AlignRight,  Qt::AlignVCenter | Qt::AlignLeft,
                             Qt::AlignBottom | Qt::AlignHCenter, Qt::AlignTop | Qt::AlignHCenter,
                             Qt::AlignVCenter | Qt::AlignHCenter};
constexpr double kWheelFactor = 0.8;
constexpr double kPanShare = 0.1;

}  // namespace

const std::vector<std::pair<QString, QString>>& chart_keys() {
  static const std::vector<std::pair<QString, QString>> keys{
      {"Wheel", "zoom at the cursor"},
      {"Drag", "move"},
      {"W, S", "zoom in, out"},
      {"A, D, arrows", "move"},
      {"F, double click", "everything in view"},
      {"Comma, period", "choose the point before, the next one"}};
  return keys;
}

QFont small_font(const QWidget& widget) {
  QFont font = widget.font();
  if (font.pointSizeF() > 0) font.setPointSizeF(font.pointSizeF() * 0.92);
  return font;
}

Chart::Chart(QWidget* parent) : QCustomPlot(parent) {
  setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
  // One picture for all layers: a second one of the size of the screen is blended in each frame.
  layer("overlay")->setMode(QCPLayer::lmLogical);
  setNoAntialiasingOnDrag(true);
  axisRect()->setRangeZoomFactor(kWheelFactor);
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  setMinimumSize(220, 150);
  // Else a commit such as 1e183350 is set as a power of ten.
  for (QCPAxis* axis : {xAxis, yAxis, xAxis2, yAxis2}) axis->setNumberFormat("g");
  message_label_ = new QLabel(this);
  message_label_->setAlignment(Qt::AlignCenter);
  message_label_->setWordWrap(true);
  message_label_->setAttribute(Qt::WA_TransparentForMouseEvents);
  QObject::connect(this, &QCustomPlot::afterLayout, this, &Chart::place_legend);
  set_message(QStringLiteral(" "));  // nothing is drawn before something is shown
}

void Chart::set_message(const QString& message) {
  message_ = message;
  message_label_->setText(message);
  message_label_->setVisible(!message.isEmpty());
  axisRect()->setVisible(message.isEmpty());
  for (QCPAxis* axis : axisRect()->axes()) {
    const bool shown = message.isEmpty() && (axis == xAxis || axis == yAxis);
    axis->setVisible(shown);
    axis->grid()->setVisible(shown);
  }
  legend->setVisible(false);
  place_message();
}

void Chart::place_message() {
  message_label_->setGeometry(rect().adjusted(20, 10, -20, -10));
}

void Chart::resizeEvent(QResizeEvent* event) {
  QCustomPlot::resizeEvent(event);
  place_message();
  if (is_fitted_) fit();  // the room for the legend is one of pixels
}

QRectF Chart::legend_box(Qt::Alignment place) const {
  const QRectF frame = axisRect()->insetLayout()->rect();
  const QSizeF size = legend->minimumOuterSizeHint();
  QRectF box({0, 0}, size);
  box.moveCenter(frame.center());
  if (place & Qt::AlignLeft) box.moveLeft(frame.left());
  if (place & Qt::AlignRight) box.moveRight(frame.right());
  if (place & Qt::AlignTop) box.moveTop(frame.top());
  if (place & Qt::AlignBottom) box.moveBottom(frame.bottom());
  return box;
}

std::size_t Chart::covered_by_legend(Qt::Alignment place, const std::vector<QPointF>& drawn) const {
  constexpr double kApart = 4;
  const QRectF box = legend_box(place).adjusted(-kApart, -kApart, kApart, kApart);
  return static_cast<std::size_t>(
      std::ranges::count_if(drawn, [&](const QPointF& at) { return box.contains(at); }));
}

void Chart::place_legend() {
  if (!legend->visible()) return;
  const std::vector<QPointF> drawn = drawn_at();
  if (drawn.empty()) return;
  QCPLayoutInset& inset = *axisRect()->insetLayout();
  Qt::Alignment best = inset.insetAlignment(0);
  std::size_t least = covered_by_legend(best, drawn);
  for (const Qt::Alignment place : kPlaces) {
    const std::size_t covered = covered_by_legend(place, drawn);
    if (covered >= least) continue;
    least = covered;
    best = place;
  }
  if (best == inset.insetAlignment(0)) return;
  inset.setInsetAlignment(0, best);
  axisRect()->update(QCPLayoutElement::upLayout);
}

void Chart::add_drawn_line(std::vector<QPointF>& drawn, const QPointF& from, const QPointF& to) {
  constexpr double kEvery = 8;
  constexpr double kMost = 1000;  // far outside nothing is to be seen
  const QPointF way = to - from;
  const double pieces =
      std::clamp(std::max(std::abs(way.x()), std::abs(way.y())) / kEvery, 1.0, kMost);
  for (double i = 0; i <= pieces; i += 1) drawn.push_back(from + way * (i / pieces));
}

void Chart::make_room_for_legend() {
  const QRectF frame = axisRect()->rect();
  const std::vector<QPointF> drawn = drawn_at();
  if (drawn.empty() || frame.height() < 1) return;
  const bool has_room = std::ranges::any_of(
      kPlaces, [&](Qt::Alignment place) { return covered_by_legend(place, drawn) == 0; });
  if (has_room) return;
  double lowest = frame.top();
  for (const QPointF& at : drawn) lowest = std::max(lowest, std::min(at.y(), frame.bottom()));
  constexpr double kMost = 0.5;  // of the chart
  constexpr double kMargin = 14;
  const double share =
      std::min(kMost, (legend->minimumOuterSizeHint().height() + kMargin) / frame.height());
  const double top = yAxis->range().upper;
  const double bottom = yAxis->pixelToCoord(lowest);
  yAxis->setRangeLower((bottom - share * top) / (1 - share));
}

void Chart::colour_frame(const Theme& theme) {
  setBackground(theme.base);
  QPalette words = palette();
  words.setColor(QPalette::WindowText, theme.muted);
  message_label_->setPalette(words);
  for (QCPAxis* axis : {xAxis, yAxis, xAxis2, yAxis2}) {
    axis->setBasePen(QPen(theme.muted));
    axis->setTickPen(QPen(theme.muted));
    axis->setSubTickPen(QPen(theme.grid));
    axis->setTickLabelColor(theme.text);
    axis->setLabelColor(theme.text);
    axis->setTickLabelFont(small_font(*this));
    axis->setLabelFont(small_font(*this));
    axis->setLabelPadding(4);
    axis->grid()->setPen(QPen(theme.grid, 1, Qt::SolidLine));
    axis->grid()->setZeroLinePen(QPen(theme.grid, 1, Qt::SolidLine));
  }
  legend->setBrush(QColor(theme.base.red(), theme.base.green(), theme.base.blue(), 225));
  legend->setBorderPen(QPen(theme.grid));
  legend->setTextColor(theme.text);
  legend->setFont(small_font(*this));
  legend->setIconSize(22, 16);
}

void Chart::redraw() {
  const Theme& theme = theme_of(palette());
  clearPlottables();
  clearItems();
  colour_frame(theme);
  if (message_.isEmpty()) draw(theme);
  replot(rpQueuedReplot);
}

void Chart::fit() {
  if (!message_.isEmpty()) return;
  is_too_far_ = false;
  find_ranges();
  is_fitted_ = true;
  if (is_too_far_) {
    set_message(
        "There are numbers among its values that are too large or lie too close together to be "
        "drawn. The table of the view has them (Ctrl+Shift+T copies it).");
    redraw();  // which takes away what was drawn
    return;
  }
  replot(rpQueuedReplot);
}

std::optional<Extent> Chart::extent() const {
  if (is_fitted_) return std::nullopt;
  const QCPRange x = xAxis->range();
  const QCPRange y = yAxis->range();
  return Extent{x.lower, x.upper, y.lower, y.upper, subject()};
}

void Chart::show_extent(const std::optional<Extent>& extent) {
  const bool is_of_this = extent && (extent->of.isEmpty() || extent->of == subject());
  if (!is_of_this) {
    if (!is_fitted_) fit();
    return;
  }
  xAxis->setRange(extent->left, extent->right);
  yAxis->setRange(extent->bottom, extent->top);
  is_fitted_ = false;
  replot(rpQueuedReplot);
}

void Chart::tell_if_moved(const QCPRange& x_before, const QCPRange& y_before) {
  if (!message_.isEmpty()) return;
  if (xAxis->range() == x_before && yAxis->range() == y_before) return;
  is_fitted_ = false;
  tell_zoomed();
}

QString Chart::text_at(const QPointF&) const {
  return {};
}

int Chart::nearest_place(const QPointF& at, double reach, std::size_t first, std::size_t last,
                         const std::function<QPointF(std::size_t)>& place_of) {
  int best = -1;
  double nearest = reach;
  for (std::size_t i = first; i < last; ++i) {
    const QPointF place = place_of(i);
    if (place.isNull()) continue;
    const double distance = std::hypot(place.x() - at.x(), place.y() - at.y());
    if (distance > nearest) continue;
    nearest = distance;
    best = static_cast<int>(i);
  }
  return best;
}

void Chart::use_unit(QCPAxis* axis, const QString& title, const std::string& unit,
                     const QString& note) {
  const QSharedPointer<UnitTicker> ticker(new UnitTicker(unit));
  axis->setTicker(ticker);
  const auto name = [axis, title, note, ticker] {
    const QString unit_name = ticker->scale_of(axis->range()).name;
    const QString text = unit_name.isEmpty() ? title : QString("%1 (%2)").arg(title, unit_name);
    axis->setLabel(note.isEmpty() ? text : text + '\n' + note);
  };
  name();
  QObject::disconnect(axis, nullptr, this, nullptr);
  QObject::connect(axis, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), this, name);
}

void Chart::pad(QCPAxis* axis, double low, double high, double share) {
  double width = high - low;
  if (!(width > 0)) width = high == 0 ? 1 : std::abs(high) * 0.02;
  const QCPRange range(low - width * share, high + width * share);
  if (QCPRange::validRange(range)) {
    axis->setRange(range);
  } else {
    is_too_far_ = true;
  }
}

bool Chart::save_svg(const QString& path, const QSize& size) {
  QSvgGenerator generator;
  generator.setFileName(path);
  generator.setSize(size);
  generator.setViewBox(QRect(QPoint(), size));
  generator.setTitle(accessibleName());
  QCPPainter painter;
  if (!painter.begin(&generator)) return false;
  painter.setMode(QCPPainter::pmVectorized);
  painter.setMode(QCPPainter::pmNoCaching);
  toPainter(&painter, size.width(), size.height());
  return painter.end();
}

void Chart::changeEvent(QEvent* event) {
  QCustomPlot::changeEvent(event);
  if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) redraw();
}

void Chart::wheelEvent(QWheelEvent* event) {
  const QCPRange x = xAxis->range(), y = yAxis->range();
  QCustomPlot::wheelEvent(event);
  tell_if_moved(x, y);
}

void Chart::keyPressEvent(QKeyEvent* event) {
  const QCPRange x = xAxis->range(), y = yAxis->range();
  const auto zoom = [this](double factor) {
    for (QCPAxis* axis : {xAxis, yAxis}) axis->scaleRange(factor, axis->range().center());
  };
  const auto pan = [](QCPAxis* axis, double share) {
    axis->moveRange(axis->range().size() * share);
  };
  switch (event->key()) {
    case Qt::Key_W:
      zoom(kWheelFactor);
      break;
    case Qt::Key_S:
      zoom(1 / kWheelFactor);
      break;
    case Qt::Key_A:
    case Qt::Key_Left:
      pan(xAxis, -kPanShare);
      break;
    case Qt::Key_D:
    case Qt::Key_Right:
      pan(xAxis, kPanShare);
      break;
    case Qt::Key_Up:
      pan(yAxis, kPanShare);
      break;
    case Qt::Key_Down:
      pan(yAxis, -kPanShare);
      break;
    case Qt::Key_F:
      fit();
      tell_zoomed();
      return;
    case Qt::Key_Comma:
    case Qt::Key_Period:
      step_choice(event->key() == Qt::Key_Period);
      return;
    default:
      QCustomPlot::keyPressEvent(event);
      return;
  }
  replot(rpQueuedReplot);
  tell_if_moved(x, y);
}

void Chart::step_choice(bool forward) {
  const std::size_t count = choices();
  if (!message_.isEmpty() || count == 0) return;
  std::size_t at = stepped_to_ && *stepped_to_ < count ? *stepped_to_ : forward ? count - 1 : 0;
  for (std::size_t tried = 0; tried < count; ++tried) {
    at = (at + (forward ? 1 : count - 1)) % count;
    const QPointF place = place_of_choice(at);
    if (place.isNull() || !axisRect()->rect().contains(place.toPoint())) continue;
    stepped_to_ = at;
    const QString words = text_at(place);
    setAccessibleDescription(words);
    choose(at);  // what is shown may be drawn anew by that
    if (!words.isEmpty()) QToolTip::showText(mapToGlobal(place.toPoint()), words, this);
    return;
  }
}

void Chart::mouseDoubleClickEvent(QMouseEvent* event) {
  fit();
  tell_zoomed();
  event->accept();
}

void Chart::mouseMoveEvent(QMouseEvent* event) {
  const QCPRange x = xAxis->range(), y = yAxis->range();
  QCustomPlot::mouseMoveEvent(event);
  tell_if_moved(x, y);
  if (event->buttons() != Qt::NoButton) return;
  const QString text = message_.isEmpty() ? text_at(event->position()) : QString();
  if (text.isEmpty()) {
    QToolTip::hideText();
  } else {
    QToolTip::showText(event->globalPosition().toPoint(), text, this);
  }
}

}  // namespace ridgepoint
