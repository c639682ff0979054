// SPDX-License-Identifier: GPL-3.0-or-later
// PointLayer: many points with error bars in a plot. A few are painted with smooth edges; many are
// set pixel by pixel into a picture that is kept until the axes move, because a call a point takes
// longer than a frame may.
#pragma once

#include <qcustomplot.h>

#include <QImage>
#include <cstdint>
#include <vector>

namespace ridgepoint {

enum class PointShape : std::uint8_t { disc, ring, diamond };

struct ChartPoint {
  double x = 0, y = 0;       ///< in the axes' coordinates
  double low = 0, high = 0;  ///< of the error bar along y
  float radius = 3;          ///< in pixels
  PointShape shape = PointShape::disc;
  QRgb colour = 0;
};

struct ChartArrow {
  double from_x = 0, from_y = 0, to_x = 0, to_y = 0;
  QRgb colour = 0;
  bool with_head = true;
};

class PointLayer : public QCPAbstractPlottable {
  Q_OBJECT
 public:
  PointLayer(QCPAxis* key_axis, QCPAxis* value_axis);

  void set_points(std::vector<ChartPoint> points, std::vector<ChartArrow> arrows);
  /// The nearest point within `reach` pixels of its edge; -1: none.
  [[nodiscard]] int point_at(const QPointF& at, double reach) const;
  [[nodiscard]] QPointF pixel_of(std::size_t point) const;
  [[nodiscard]] const std::vector<ChartPoint>& points() const { return points_; }
  [[nodiscard]] const std::vector<ChartArrow>& arrows() const { return arrows_; }

  /// A point in pixels of a picture.
  struct Mark {
    std::int16_t x = 0, y = 0;
    std::int16_t bar_first = 0, bar_last = -1;  ///< rows of the error bar; none if last < first
    std::int16_t radius = 0;
    QRgb colour = 0;
  };

  double selectTest(const QPointF& pos, bool only_selectable, QVariant* details) const override;
  QCPRange getKeyRange(bool& found, QCP::SignDomain domain) const override;
  QCPRange getValueRange(bool& found, QCP::SignDomain domain, const QCPRange& keys) const override;

 protected:
  void draw(QCPPainter* painter) override;
  void drawLegendIcon(QCPPainter* painter, const QRectF& rect) const override;

 private:
  struct Scale {
    double x0 = 0, x_per = 0, y0 = 0, y_per = 0;
  };
  [[nodiscard]] Scale scale() const;
  void paint_smooth(QCPPainter& painter) const;
  void paint_pixels(QCPPainter& painter);
  void paint_arrows(QCPPainter& painter) const;

  std::vector<ChartPoint> points_;
  std::vector<ChartArrow> arrows_;
  QImage picture_;
  std::vector<std::vector<Mark>> strips_;  // of the picture, kept for their memory
  Scale painted_at_;
  bool is_painted_ = false;
};

}  // namespace ridgepoint
