// SPDX-License-Identifier: GPL-3.0-or-later
// HistoryChart: one metric of one case, a point a run, oldest first and evenly spaced; the levels
// between changes as lines, the changes themselves marked.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dashboard/charts/chart.h"
#include "results/history/history.h"

namespace ridgepoint {

/// Of the first point of the run that has one.
std::optional<double> value_of_run(const History& history, const std::string& run_id);

class HistoryChart : public Chart {
  Q_OBJECT
 public:
  explicit HistoryChart(QWidget* parent = nullptr);

  /// Null: nothing to draw, with a message. Runs by id are marked where they are among the points.
  void show(std::shared_ptr<const History> history, const QString& message,
            const std::string& chosen_run, const std::string& baseline);

  [[nodiscard]] std::vector<QStringList> rows() const override;
  /// Position of a point of the history in pixels; null where it has no value.
  [[nodiscard]] QPointF place_of(std::size_t point) const;

 Q_SIGNALS:
  void run_clicked(const std::string& run_id);

 protected:
  void draw(const Theme& theme) override;
  void resizeEvent(QResizeEvent* event) override;
  void find_ranges() override;
  [[nodiscard]] std::vector<QPointF> drawn_at() const override;
  [[nodiscard]] QString text_at(const QPointF& at) const override;
  [[nodiscard]] std::size_t choices() const override {
    return history_ == nullptr ? 0 : history_->points.size();
  }
  [[nodiscard]] QPointF place_of_choice(std::size_t point) const override {
    return place_of(point);
  }
  void choose(std::size_t point) override {
    Q_EMIT run_clicked(history_->points[point].row.run.id);
  }
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;

 private:
  [[nodiscard]] int point_at(const QPointF& at) const;
  [[nodiscard]] QString title() const;
  [[nodiscard]] std::optional<double> baseline_value() const;

  std::shared_ptr<const History> history_;
  std::string chosen_, baseline_;
  QPointF pressed_;
  bool is_tall_ = false;  ///< what was drawn last was for a tall chart
};

}  // namespace ridgepoint
