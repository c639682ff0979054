// SPDX-License-Identifier: GPL-3.0-or-later
// WallChart: decode tokens a second over the batch: what a machine allows, what the engine makes of
// it, and what was measured.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dashboard/charts/chart.h"
#include "dashboard/models/wall_forecast.h"
#include "dashboard/models/wall_records.h"

namespace ridgepoint {

class PointLayer;

class WallChart : public Chart {
  Q_OBJECT
 public:
  explicit WallChart(QWidget* parent = nullptr);

  /// `speeds` are of this model; those of about the same context stand out.
  void show_answer(const WallAnswer& answer, std::int64_t batch, std::int64_t context,
                   const std::vector<MeasuredSpeed>& speeds, const std::string& chosen_case);

  [[nodiscard]] std::vector<QStringList> rows() const override;
  [[nodiscard]] QPointF place_of(std::size_t speed) const;
  [[nodiscard]] QString hover(const QPointF& at) const { return text_at(at); }
  static bool is_near(std::int64_t context, std::int64_t other);

 Q_SIGNALS:
  void speed_clicked(std::size_t speed);

 protected:
  void draw(const Theme& theme) override;
  void find_ranges() override;
  [[nodiscard]] QString text_at(const QPointF& at) const override;
  [[nodiscard]] std::size_t choices() const override {
    return layer_ == nullptr ? 0 : speeds_.size();
  }
  [[nodiscard]] QPointF place_of_choice(std::size_t point) const override {
    return place_of(point);
  }
  void choose(std::size_t point) override { Q_EMIT speed_clicked(point); }
  void mouseReleaseEvent(QMouseEvent* event) override;

 private:
  WallAnswer answer_;
  std::int64_t batch_ = 1, context_ = 0;
  std::vector<MeasuredSpeed> speeds_;
  std::string chosen_;
  PointLayer* layer_ = nullptr;
};

}  // namespace ridgepoint
