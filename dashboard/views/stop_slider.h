// SPDX-License-Identifier: GPL-3.0-or-later
// StopSlider: a slider over given stops, such as the powers of two, with its name and its value in
// words above it. A value that it is set to is held as it is until someone moves the slider.
#pragma once

#include <QWidget>
#include <functional>
#include <vector>

class QLabel;
class QSlider;

namespace ridgepoint {

class StopSlider : public QWidget {
  Q_OBJECT
 public:
  StopSlider(const QString& name, std::vector<double> stops,
             std::function<QString(double)> in_words, QWidget* parent = nullptr);

  [[nodiscard]] double value() const { return value_; }
  /// Holds the value, which need not be a stop, within the first and the last stop; the handle goes
  /// to the nearest one. Nothing is emitted.
  void set_value(double value);
  [[nodiscard]] QSlider* slider() const { return slider_; }
  [[nodiscard]] QString text() const;

 Q_SIGNALS:
  void changed();

 private:
  void show_value();

  QString name_;
  std::vector<double> stops_;
  double value_;
  std::function<QString(double)> in_words_;
  QLabel* label_;
  QSlider* slider_;
};

/// `count` stops from `low` to `high`, evenly apart in their logarithms.
std::vector<double> log_stops(double low, double high, std::size_t count);

}  // namespace ridgepoint
