// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/charts/log_axis.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace ridgepoint {
namespace {

class LogTicker : public QCPAxisTicker {
 protected:
  int getSubTickCount(double) override { return 0; }
  QVector<double> createTickVector(double, const QCPRange& range) override {
    return log_ticks(range.lower, range.upper);
  }
  QString getTickLabel(double tick, const QLocale&, QChar, int) override {
    return log_tick_text(std::pow(10.0, tick));
  }
};

QVector<double> decades(double low, double high) {
  const double every = std::max(1.0, std::ceil((high - low) / 10));
  QVector<double> ticks;
  for (double at = std::ceil(low / every - 1e-9) * every; at <= high + 1e-9; at += every) {
    ticks.append(at);
  }
  return ticks;
}

QVector<double> times_of(std::initializer_list<double> factors, double low, double high) {
  QVector<double> ticks;
  for (double decade = std::floor(low); decade <= high; decade += 1) {
    for (const double factor : factors) {
      const double at = decade + std::log10(factor);
      if (at >= low - 1e-9 && at <= high + 1e-9) ticks.append(at);
    }
  }
  return ticks;
}

/// Evenly apart in the numbers themselves, for ranges in which no decade helps.
QVector<double> even_ticks(double low, double high) {
  const double from = std::pow(10.0, low);
  const double to = std::pow(10.0, high);
  const double rough = (to - from) / 5;
  const double magnitude = std::pow(10.0, std::floor(std::log10(rough)));
  const double digit = rough / magnitude;
  const double step = magnitude * (digit < 1.5 ? 1 : digit < 3.5 ? 2 : digit < 7.5 ? 5 : 10);
  QVector<double> ticks;
  for (double at = std::ceil(from / step) * step; at <= to; at += step) {
    if (at > 0) ticks.append(std::log10(at));
  }
  return ticks;
}

}  // namespace

QString log_tick_text(double value) {
  struct Prefix {
    double factor;
    const char* letter;
  };
  static constexpr std::array<Prefix, 5> kPrefixes{
      {{1e12, " T"}, {1e9, " G"}, {1e6, " M"}, {1e3, " k"}, {1, ""}}};
  for (const Prefix& prefix : kPrefixes) {
    if (value >= prefix.factor * (1 - 1e-9)) {
      return QString::number(value / prefix.factor, 'g', 4) + prefix.letter;
    }
  }
  return QString::number(value, 'g', 4);
}

QVector<double> log_ticks(double low, double high) {
  if (!(high > low) || high - low > 600) return {};
  const double width = high - low;
  if (width > 3.5) return decades(low, high);
  if (width > 1) return times_of({1, 2, 5}, low, high);
  return even_ticks(low, high);
}

void use_log_axis(QCPAxis* axis, const QString& title) {
  axis->setTicker(QSharedPointer<QCPAxisTicker>(new LogTicker));
  axis->setLabel(title);
}

}  // namespace ridgepoint
