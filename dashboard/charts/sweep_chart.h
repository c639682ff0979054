// SPDX-License-Identifier: GPL-3.0-or-later
// SweepChart: bandwidth over how much is walked through again and again, with the levels that were
// found in it, and how much a model's step walks through.
#pragma once

#include <optional>
#include <vector>

#include "dashboard/charts/chart.h"
#include "results/roofline/roofs.h"

namespace ridgepoint {

class SweepChart : public Chart {
  Q_OBJECT
 public:
  explicit SweepChart(QWidget* parent = nullptr);

  /// `step_bytes`: of the model's weights and cache; 0: none.
  void show_sweep(const std::optional<roofline::Roofs>& roofs, double step_bytes);

  [[nodiscard]] std::vector<QStringList> rows() const override;

 protected:
  void draw(const Theme& theme) override;
  void find_ranges() override;
  [[nodiscard]] std::vector<QPointF> drawn_at() const override;
  [[nodiscard]] QString text_at(const QPointF& at) const override;

 private:
  [[nodiscard]] std::vector<const roofline::BandwidthCurve*> loads() const;

  std::optional<roofline::Roofs> roofs_;
  double step_bytes_ = 0;
};

}  // namespace ridgepoint
