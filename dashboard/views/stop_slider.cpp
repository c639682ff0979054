// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/views/stop_slider.h"

#include <QLabel>
#include <QSignalBlocker>
#include <QSlider>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <utility>

namespace ridgepoint {

StopSlider::StopSlider(const QString& name, std::vector<double> stops,
                       std::function<QString(double)> in_words, QWidget* parent)
    : QWidget(parent),
      name_(name),
      stops_(std::move(stops)),
      value_(stops_.front()),
      in_words_(std::move(in_words)),
      label_(new QLabel),
      slider_(new QSlider(Qt::Horizontal)) {
  slider_->setRange(0, static_cast<int>(stops_.size()) - 1);
  slider_->setPageStep(std::max(1, static_cast<int>(stops_.size()) / 12));
  slider_->setAccessibleName(name);
  label_->setBuddy(slider_);
  auto* lines = new QVBoxLayout(this);
  lines->setContentsMargins(0, 0, 0, 0);
  lines->setSpacing(0);
  lines->addWidget(label_);
  lines->addWidget(slider_);
  QObject::connect(slider_, &QSlider::valueChanged, this, [this](int stop) {
    value_ = stops_[static_cast<std::size_t>(stop)];
    show_value();
    Q_EMIT changed();
  });
  show_value();
}

void StopSlider::set_value(double value) {
  value_ = std::clamp(value, stops_.front(), stops_.back());
  const auto nearest = std::ranges::min_element(
      stops_, {}, [&](double stop) { return std::abs(std::log1p(stop) - std::log1p(value_)); });
  const QSignalBlocker quiet(slider_);
  slider_->setValue(static_cast<int>(nearest - stops_.begin()));
  show_value();
}

QString StopSlider::text() const {
  return label_->text();
}

void StopSlider::show_value() {
  const QString words = in_words_(value());
  label_->setText(name_ + ": " + words);
  slider_->setAccessibleDescription(words);
}

std::vector<double> log_stops(double low, double high, std::size_t count) {
  std::vector<double> stops;
  for (std::size_t i = 0; i < count; ++i) {
    const double along = static_cast<double>(i) / static_cast<double>(count - 1);
    stops.push_back(low * std::pow(high / low, along));
  }
  return stops;
}

}  // namespace ridgepoint
