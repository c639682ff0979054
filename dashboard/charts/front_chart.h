// SPDX-License-Identifier: GPL-3.0-or-later
// FrontChart: variants of a model by speed and quality, those that no other beats joined by a line,
// a budget as a border.
#pragma once

#include <optional>
#include <vector>

#include "dashboard/charts/chart.h"
#include "dashboard/models/variants.h"

namespace ridgepoint {

class FrontChart : public Chart {
  Q_OBJECT
 public:
  explicit FrontChart(QWidget* parent = nullptr);

  void show(Variants variants, const VariantBudget& budget, const std::string& chosen_case);

  [[nodiscard]] std::vector<QStringList> rows() const override;
  /// In pixels.
  [[nodiscard]] QPointF place_of(std::size_t point) const;
  /// Rectangles of the names that were drawn, for whoever asks whether they overlap.
  [[nodiscard]] const std::vector<QRectF>& name_boxes() const { return name_boxes_; }

 Q_SIGNALS:
  void variant_clicked(std::size_t point);

 protected:
  void draw(const Theme& theme) override;
  void find_ranges() override;
  [[nodiscard]] std::vector<QPointF> drawn_at() const override;
  [[nodiscard]] QString text_at(const QPointF& at) const override;
  [[nodiscard]] std::size_t choices() const override { return variants_.points.size(); }
  [[nodiscard]] QPointF place_of_choice(std::size_t point) const override {
    return place_of(point);
  }
  void choose(std::size_t point) override { Q_EMIT variant_clicked(point); }
  void mouseReleaseEvent(QMouseEvent* event) override;

 private:
  [[nodiscard]] int point_at(const QPointF& at) const;
  [[nodiscard]] bool within_budget(const VariantPoint& point) const {
    return budget_.holds(point, variants_.more_is_better);
  }
  void place_names();

  Variants variants_;
  VariantBudget budget_;
  std::string chosen_;
  std::vector<QCPItemText*> names_;
  std::vector<QRectF> name_boxes_;
};

}  // namespace ridgepoint
