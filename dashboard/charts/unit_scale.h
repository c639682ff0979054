// SPDX-License-Identifier: GPL-3.0-or-later
// UnitScale: the prefix that the numbers of one axis are read in ("ms" for nanoseconds around
// 10^7), chosen from its range, and as many decimals as its ticks need to differ. Beyond the
// prefixes that people know it is a power of ten ("10⁻⁶ nats").
#pragma once

#include <QString>
#include <string_view>

namespace ridgepoint {

struct UnitScale {
  double factor = 1;  ///< what one of `name` is in the metric's own unit
  QString name;       ///< "ms", "GB/s", "10⁻⁶"; empty for plain numbers
};

/// `largest` is the largest magnitude on the axis.
UnitScale unit_scale(std::string_view unit, double largest);
/// "6.5" of a tick at 6.5e6 ns on an axis in ms with a tick every 0.5 ms.
QString tick_text(double value, double step, const UnitScale& scale);

}  // namespace ridgepoint
