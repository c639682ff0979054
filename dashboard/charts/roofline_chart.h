// SPDX-License-Identifier: GPL-3.0-or-later
// RooflineChart: FLOPs a second over FLOPs a byte, both logarithmic: the roofs with their
// intervals, ops as points sized by time and coloured by what binds them, arrows from a baseline's.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dashboard/charts/chart.h"
#include "dashboard/models/roofline_scene.h"

namespace ridgepoint {

class PointLayer;

class RooflineChart : public Chart {
  Q_OBJECT
 public:
  explicit RooflineChart(QWidget* parent = nullptr);

  /// Null: a message instead. `chosen_op` stands out. Keeps what is in view where only the choice
  /// has changed.
  void show(std::shared_ptr<const RooflineScene> scene, const std::string& chosen_op,
            const QString& message = {});

  [[nodiscard]] std::vector<QStringList> rows() const override;
  /// Of the scene's point, in pixels; far outside where it has no place.
  [[nodiscard]] QPointF place_of(std::size_t point) const;
  /// What hovering says there.
  [[nodiscard]] QString hover(const QPointF& at) const { return text_at(at); }
  [[nodiscard]] static QColor colour_of(roofline::Bound bound, const Theme& theme);
  /// Arrows drawn; at most the longest ops' ones.
  [[nodiscard]] std::size_t arrows() const { return arrows_; }
  /// Rectangles of the roofs' names that were drawn, and of which roof of the scene each is.
  [[nodiscard]] const std::vector<QRectF>& name_boxes() const { return name_boxes_; }
  [[nodiscard]] const std::vector<std::size_t>& named_roofs() const { return named_roofs_; }
  /// In pixels, of the scene's roof.
  [[nodiscard]] QLineF roof_line(std::size_t roof) const;
  /// In pixels, of each placed point.
  [[nodiscard]] std::vector<QLineF> error_bars() const;
  /// In pixels: from the baseline's points, and to those of bytes that were counted.
  [[nodiscard]] std::vector<QLineF> arrow_lines() const;

 Q_SIGNALS:
  void point_clicked(std::size_t point);

 protected:
  void draw(const Theme& theme) override;
  void find_ranges() override;
  [[nodiscard]] QString text_at(const QPointF& at) const override;
  [[nodiscard]] std::size_t choices() const override {
    return scene_ == nullptr ? 0 : scene_->points.size();
  }
  [[nodiscard]] QPointF place_of_choice(std::size_t point) const override {
    return place_of(point);
  }
  void choose(std::size_t point) override { Q_EMIT point_clicked(point); }
  void mousePressEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;

 private:
  struct RoofName {
    QCPItemText* text = nullptr;
    std::size_t roof = 0;  ///< in the scene
  };
  struct Ends {
    double from_x, from_y, to_x, to_y;
  };
  /// Of a roof of this height (a logarithm), in the axes' coordinates.
  [[nodiscard]] Ends ends_of(const RooflineRoof& roof, double height) const;
  void draw_roofs(const Theme& theme);
  void draw_points(const Theme& theme);
  void place_names();
  /// Where the name of a roof may stand, the best first.
  [[nodiscard]] std::vector<QPointF> corners_along(std::size_t roof, const QSizeF& size) const;
  [[nodiscard]] int point_at(const QPointF& at) const;

  std::shared_ptr<const RooflineScene> scene_;
  std::string chosen_;
  PointLayer* layer_ = nullptr;
  std::vector<std::size_t> shown_;  ///< the scene's point of each of the layer's; then others
  std::vector<RoofName> names_;
  std::vector<QRectF> name_boxes_;
  std::vector<std::size_t> named_roofs_;
  std::size_t arrows_ = 0;
  QPointF pressed_at_;
};

}  // namespace ridgepoint
