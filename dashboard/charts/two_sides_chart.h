// SPDX-License-Identifier: GPL-3.0-or-later
// TwoSidesChart: the distributions of A and B over each other: as the share of values below each
// value (ECDF), or as percentiles over nines, so that the tail has as much room as the middle.
#pragma once

#include <string>
#include <vector>

#include "dashboard/charts/chart.h"
#include "dashboard/models/distribution.h"

namespace ridgepoint {

class TwoSidesChart : public Chart {
  Q_OBJECT
 public:
  enum class Shape { ecdf, percentiles };
  explicit TwoSidesChart(Shape shape, QWidget* parent = nullptr);

  /// Either may be empty; both: a message instead. Names stand in the legend.
  void show(const Distribution& a, const Distribution& b, const QString& name_a = "A",
            const QString& name_b = "B");

  [[nodiscard]] std::vector<QStringList> rows() const override;

 protected:
  void draw(const Theme& theme) override;
  void find_ranges() override;
  [[nodiscard]] std::vector<QPointF> drawn_at() const override;
  [[nodiscard]] QString text_at(const QPointF& at) const override;

 private:
  struct Side {
    QString name;
    std::vector<CurvePoint> points;
    std::size_t values = 0;
  };
  Shape shape_;
  QString what_;
  std::string unit_;
  Side a_, b_;
  BulkRange bulk_;  ///< of the values
};

}  // namespace ridgepoint
