// SPDX-License-Identifier: GPL-3.0-or-later
// StackedBars: a few amounts beside each other, each made up of parts with their names and figures;
// a limit as a line.
#pragma once

#include <QString>
#include <QWidget>
#include <string>
#include <vector>

namespace ridgepoint {

struct BarPart {
  QString name;
  double value = 0;
};

struct StackedBar {
  QString title;
  std::string unit;  ///< as format_value knows it
  std::vector<BarPart> parts;
  double limit = 0;  ///< 0: none
  QString limit_name;
};

class StackedBars : public QWidget {
  Q_OBJECT
 public:
  explicit StackedBars(const QString& accessible_name, QWidget* parent = nullptr);
  void show_bars(std::vector<StackedBar> bars);
  [[nodiscard]] const std::vector<StackedBar>& bars() const { return bars_; }
  /// Where a part was painted.
  [[nodiscard]] QRectF box_of(std::size_t bar, std::size_t part) const;
  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  [[nodiscard]] QRectF frame_of(std::size_t bar) const;

  std::vector<StackedBar> bars_;
};

}  // namespace ridgepoint
