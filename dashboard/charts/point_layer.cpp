// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/charts/point_layer.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace ridgepoint {
namespace {

/// Beyond so many, smooth edges take longer than a frame.
constexpr std::size_t kMostSmooth = 1500;
constexpr double kHead = 7;
constexpr int kFarOut = 32000;  ///< a row of no picture

/// The nearest whole number of a place in or near a picture; a call of lround for each end of each
/// point takes a tenth of a frame.
int nearest_pixel(double at) {
  constexpr int kFarther = 1 << 17;  // than any place is left or above: truncating rounds down
  return static_cast<int>(at + (kFarther + 0.5)) - kFarther;
}

QRgb faded(QRgb colour) {
  return qPremultiply(qRgba(qRed(colour), qGreen(colour), qBlue(colour), 150));
}

/// Sets pixels of one picture; what lies outside is left out. Strip by strip, so that the pixels of
/// one stay in a cache while all its points are painted: across the whole picture each row of each
/// point would be fetched from memory. Points that reach into several strips are painted in each,
/// as much of them as lies there, so that later ones lie above earlier ones everywhere.
class PixelPainter {
 public:
  PixelPainter(QImage& image, std::vector<std::vector<PointLayer::Mark>>& strips)
      : width_(image.width()),
        height_(image.height()),
        stride_(image.bytesPerLine() / 4),
        pixels_(reinterpret_cast<QRgb*>(image.bits())),
        strips_(strips) {
    strips_.resize(static_cast<std::size_t>((width_ + kStrip - 1) / kStrip));
    for (auto& strip : strips_) strip.clear();
  }

  void add(const PointLayer::Mark& mark) {
    const int first = std::max(0, mark.x - mark.radius) / kStrip;
    const int last = std::min(width_ - 1, mark.x + mark.radius) / kStrip;
    for (int strip = first; strip <= last; ++strip) {
      strips_[static_cast<std::size_t>(strip)].push_back(mark);
    }
  }

  void paint() {
    for (std::size_t strip = 0; strip < strips_.size(); ++strip) {
      first_ = static_cast<int>(strip) * kStrip;
      last_ = std::min(first_ + kStrip, width_) - 1;
      for (const PointLayer::Mark& mark : strips_[strip]) {
        bar(mark);
        disc(mark);
      }
    }
  }

 private:
  static constexpr int kStrip = 64;
  static constexpr int kMostInline = 6;

  void disc(const PointLayer::Mark& mark) {
    const int r = mark.radius;
    if (r <= kMostInline && mark.x - r >= first_ && mark.x + r <= last_ && mark.y - r >= 0 &&
        mark.y + r < height_) {
      return inside_of<1>(r, pixels_ + mark.y * stride_ + mark.x, mark.colour);
    }
    const int from = std::max(0, mark.y - r), to = std::min(height_ - 1, mark.y + r);
    for (int row = from; row <= to; ++row) {
      const int half = half_of(r, row - mark.y);
      const int first = std::max(first_, mark.x - half), last = std::min(last_, mark.x + half);
      for (int i = first; i <= last; ++i) pixels_[row * stride_ + i] = mark.colour;
    }
  }

  /// One that lies in the strip as a whole, with the lengths of its rows known beforehand: as loops
  /// each of them would end with a branch that is guessed wrong.
  template <int r>
  void inside_of(int radius, QRgb* middle, QRgb colour) {
    if constexpr (r <= kMostInline) {
      if (radius == r) {
        rows_of<r>(middle, colour, std::make_integer_sequence<int, 2 * r + 1>());
      } else {
        inside_of<r + 1>(radius, middle, colour);
      }
    }
  }
  template <int r, int... row>
  void rows_of(QRgb* middle, QRgb colour, std::integer_sequence<int, row...>) {
    (row_of<half_of(r, row - r)>(middle + (row - r) * stride_, colour), ...);
  }
  template <int half>
  static void row_of(QRgb* middle, QRgb colour) {
    std::fill_n(middle - half, 2 * half + 1, colour);
  }

  void bar(const PointLayer::Mark& mark) {
    if (mark.x < first_ || mark.x > last_) return;
    const QRgb colour = faded(mark.colour);
    const int last = std::min<int>(height_ - 1, mark.bar_last);
    for (int row = std::max<int>(0, mark.bar_first); row <= last; ++row) {
      pixels_[row * stride_ + mark.x] = colour;
    }
  }

  /// How far a disc reaches to either side, so many rows from its middle. r (r + 1) in place of r
  /// squared: small ones come out round.
  static constexpr int half_of(int radius, int dy) {
    int half = 0;
    while ((half + 1) * (half + 1) <= radius * (radius + 1) - dy * dy) ++half;
    return half;
  }

  int width_, height_;
  qsizetype stride_;
  QRgb* pixels_;
  int first_ = 0, last_ = -1;  // columns of the strip
  std::vector<std::vector<PointLayer::Mark>>& strips_;
};

bool is_same(double a, double b) {
  return std::abs(a - b) <= 1e-9 * std::max(1.0, std::abs(a));
}

}  // namespace

PointLayer::PointLayer(QCPAxis* key_axis, QCPAxis* value_axis)
    : QCPAbstractPlottable(key_axis, value_axis) {
  setSelectable(QCP::stNone);
  removeFromLegend();
}

void PointLayer::set_points(std::vector<ChartPoint> points, std::vector<ChartArrow> arrows) {
  points_ = std::move(points);
  arrows_ = std::move(arrows);
  is_painted_ = false;
}

PointLayer::Scale PointLayer::scale() const {
  const QCPAxis* x = mKeyAxis.data();
  const QCPAxis* y = mValueAxis.data();
  Scale scale;
  scale.x0 = x->coordToPixel(0);
  scale.x_per = x->coordToPixel(1) - scale.x0;
  scale.y0 = y->coordToPixel(0);
  scale.y_per = y->coordToPixel(1) - scale.y0;
  return scale;
}

QPointF PointLayer::pixel_of(std::size_t point) const {
  const Scale at = scale();
  return {at.x0 + points_[point].x * at.x_per, at.y0 + points_[point].y * at.y_per};
}

int PointLayer::point_at(const QPointF& at, double reach) const {
  const Scale to = scale();
  int best = -1;
  double nearest = reach;
  for (std::size_t i = 0; i < points_.size(); ++i) {
    const ChartPoint& point = points_[i];
    const double dx = to.x0 + point.x * to.x_per - at.x();
    const double dy = to.y0 + point.y * to.y_per - at.y();
    const auto most = static_cast<double>(point.radius) + nearest;
    if (std::abs(dx) > most || std::abs(dy) > most) continue;
    const double distance = std::max(0.0, std::hypot(dx, dy) - static_cast<double>(point.radius));
    // Later ones lie above earlier ones.
    if (distance <= nearest) {
      nearest = distance;
      best = static_cast<int>(i);
    }
  }
  return best;
}

void PointLayer::draw(QCPPainter* painter) {
  const bool vector_drawing = painter->modes().testFlag(QCPPainter::pmVectorized);
  paint_arrows(*painter);
  if (vector_drawing || points_.size() <= kMostSmooth) {
    paint_smooth(*painter);
  } else {
    paint_pixels(*painter);
  }
}

void PointLayer::paint_smooth(QCPPainter& painter) const {
  const Scale to = scale();
  const QRectF frame = QRectF(clipRect()).adjusted(-30, -30, 30, 30);
  painter.save();
  painter.setAntialiasing(true);
  for (const ChartPoint& point : points_) {
    const QPointF at(to.x0 + point.x * to.x_per, to.y0 + point.y * to.y_per);
    const double low = to.y0 + point.low * to.y_per;
    const double high = to.y0 + point.high * to.y_per;
    if (at.x() < frame.left() || at.x() > frame.right() ||
        std::min({low, high, at.y()}) > frame.bottom() ||
        std::max({low, high, at.y()}) < frame.top()) {
      continue;
    }
    const QColor colour = QColor::fromRgb(point.colour);
    const auto radius = static_cast<double>(point.radius);
    if (std::abs(high - low) > 2 * radius) {
      painter.setPen(QPen(colour, 1));
      painter.drawLine(QPointF(at.x(), low), QPointF(at.x(), high));
    }
    const bool hollow = point.shape == PointShape::ring;
    painter.setPen(QPen(hollow ? colour : colour.darker(130), hollow ? 1.5 : 1));
    painter.setBrush(hollow ? QBrush(Qt::NoBrush) : QBrush(colour));
    if (point.shape == PointShape::diamond) {
      const QPolygonF diamond{{at.x(), at.y() - radius},
                              {at.x() + radius, at.y()},
                              {at.x(), at.y() + radius},
                              {at.x() - radius, at.y()}};
      painter.drawPolygon(diamond);
    } else {
      painter.drawEllipse(at, radius, radius);
    }
  }
  painter.restore();
}

void PointLayer::paint_pixels(QCPPainter& painter) {
  const QRect frame = clipRect();
  const double ratio = parentPlot()->bufferDevicePixelRatio();
  const QSize size = frame.size() * ratio;
  if (size.isEmpty()) return;
  const Scale to = scale();
  const bool is_current = is_painted_ && picture_.size() == size &&
                          is_same(to.x0, painted_at_.x0) && is_same(to.x_per, painted_at_.x_per) &&
                          is_same(to.y0, painted_at_.y0) && is_same(to.y_per, painted_at_.y_per);
  if (!is_current) {
    if (picture_.size() != size) {
      picture_ = QImage(size, QImage::Format_ARGB32_Premultiplied);
    }
    picture_.fill(Qt::transparent);
    PixelPainter pixels(picture_, strips_);
    for (const ChartPoint& point : points_) {
      const double x = (to.x0 + point.x * to.x_per - frame.left()) * ratio;
      const double y = (to.y0 + point.y * to.y_per - frame.top()) * ratio;
      const double radius = static_cast<double>(point.radius) * ratio;
      if (x < -radius || x > size.width() + radius) continue;
      // Ends far outside are brought near: pixels are counted in whole numbers.
      const auto near = [&](double value) {
        return std::clamp((to.y0 + value * to.y_per - frame.top()) * ratio, -1e4, 1e5);
      };
      const double low = near(point.low);
      const double high = near(point.high);
      const bool has_bar = std::abs(high - low) > 2 * radius;
      const bool has_disc = y >= -radius && y <= size.height() + radius;
      if (!has_bar && !has_disc) continue;
      const auto in_rows = [](double row) {
        return static_cast<std::int16_t>(std::clamp(nearest_pixel(row), -kFarOut, kFarOut));
      };
      Mark mark{.x = static_cast<std::int16_t>(nearest_pixel(x)),
                .y = has_disc ? in_rows(y) : static_cast<std::int16_t>(-kFarOut),
                .radius = static_cast<std::int16_t>(std::max(1, nearest_pixel(radius))),
                .colour = point.colour | 0xFF000000U};
      if (has_bar) {
        mark.bar_first = in_rows(std::min(low, high));
        mark.bar_last = in_rows(std::max(low, high));
      }
      pixels.add(mark);
    }
    pixels.paint();
    picture_.setDevicePixelRatio(ratio);
    painted_at_ = to;
    is_painted_ = true;
  }
  painter.drawImage(frame.topLeft(), picture_);
}

void PointLayer::paint_arrows(QCPPainter& painter) const {
  const Scale to = scale();
  painter.save();
  painter.setAntialiasing(true);
  for (const ChartArrow& arrow : arrows_) {
    const QPointF from(to.x0 + arrow.from_x * to.x_per, to.y0 + arrow.from_y * to.y_per);
    const QPointF tip(to.x0 + arrow.to_x * to.x_per, to.y0 + arrow.to_y * to.y_per);
    const QPointF along = tip - from;
    const double length = std::hypot(along.x(), along.y());
    if (length < 3) continue;
    const QColor colour = QColor::fromRgb(arrow.colour);
    painter.setPen(QPen(colour, 1, arrow.with_head ? Qt::SolidLine : Qt::DotLine));
    painter.drawLine(from, tip);
    if (!arrow.with_head) continue;
    const QPointF unit = along / length;
    const QPointF across(-unit.y(), unit.x());
    const double head = std::min(kHead, length);
    painter.setBrush(colour);
    painter.drawPolygon(QPolygonF{tip, tip - unit * head + across * head * 0.45,
                                  tip - unit * head - across * head * 0.45});
  }
  painter.restore();
}

void PointLayer::drawLegendIcon(QCPPainter*, const QRectF&) const {}

double PointLayer::selectTest(const QPointF&, bool, QVariant*) const {
  return -1;  // whoever owns the chart asks point_at()
}

QCPRange PointLayer::getKeyRange(bool& found, QCP::SignDomain) const {
  found = !points_.empty();
  QCPRange range;
  if (found) range = QCPRange(points_.front().x, points_.front().x);
  for (const ChartPoint& point : points_) range.expand(point.x);
  return range;
}

QCPRange PointLayer::getValueRange(bool& found, QCP::SignDomain, const QCPRange&) const {
  found = !points_.empty();
  QCPRange range;
  if (found) range = QCPRange(points_.front().y, points_.front().y);
  for (const ChartPoint& point : points_) range.expand(point.y);
  return range;
}

}  // namespace ridgepoint
