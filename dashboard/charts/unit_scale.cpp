// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/charts/unit_scale.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "dashboard/models/text.h"

namespace ridgepoint {
namespace {

QString power_of_ten(int power) {
  static const QString kDigits = QString::fromUtf8("⁰¹²³⁴⁵⁶⁷⁸⁹");
  QString text = power < 0 ? QString::fromUtf8("10⁻") : QString("10");
  for (const QChar digit : QString::number(std::abs(power))) text += kDigits[digit.digitValue()];
  return text;
}

UnitScale prefixed(std::string_view unit, double largest) {
  if (unit == "ns") {
    if (largest < 1e3) return {1, "ns"};
    if (largest < 1e6) return {1e3, "us"};
    if (largest < 1e9) return {1e6, "ms"};
    return {1e9, "s"};
  }
  if (unit == "1" || unit.empty()) return {1, {}};
  if (unit == "%") return {1, "%"};
  if (unit != "bytes" && unit != "bytes/s" && unit != "FLOP/s" && unit != "FLOP" &&
      unit != "tokens/s") {
    return {1, qt(unit)};
  }
  QString name = qt(unit);
  if (unit.starts_with("bytes")) name = unit == "bytes" ? QString("B") : QString("B/s");
  struct Prefix {
    double factor;
    const char* letter;
  };
  static constexpr std::array<Prefix, 5> kPrefixes{
      {{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}, {1, ""}}};
  for (const Prefix& prefix : kPrefixes) {
    if (largest >= prefix.factor) return {prefix.factor, prefix.letter + name};
  }
  return {1, name};
}

}  // namespace

UnitScale unit_scale(std::string_view unit, double largest) {
  UnitScale scale = prefixed(unit, largest);
  const double scaled = largest / scale.factor;
  constexpr double kSmallest = 1e-3, kLargest = 1e9;  // that ticks are still read at
  const bool reads_well = !(scaled > 0) || (scaled >= kSmallest && scaled <= kLargest);
  if (reads_well || !std::isfinite(scaled)) return scale;
  const int power = 3 * static_cast<int>(std::floor(std::log10(scaled) / 3));
  scale.factor *= std::pow(10.0, power);
  scale.name = power_of_ten(power) + (scale.name.isEmpty() ? QString() : ' ' + scale.name);
  return scale;
}

QString tick_text(double value, double step, const UnitScale& scale) {
  const double scaled_step = std::abs(step) / scale.factor;
  int decimals = 0;
  if (scaled_step > 0 && std::isfinite(scaled_step)) {
    // Steps such as 2.5 need a decimal more than their magnitude says.
    const double magnitude = std::floor(std::log10(scaled_step) + 1e-9);
    constexpr int kMostDecimals = 15;
    decimals = static_cast<int>(std::clamp(-magnitude, 0.0, double{kMostDecimals}));
    const double digits = scaled_step * std::pow(10.0, decimals);
    if (decimals < kMostDecimals && std::abs(digits - std::round(digits)) > 1e-6) ++decimals;
  }
  double scaled = value / scale.factor;
  if (std::abs(scaled) < scaled_step * 1e-9) scaled = 0;  // no "-0"
  return QString::number(scaled, 'f', decimals);
}

}  // namespace ridgepoint
