// SPDX-License-Identifier: GPL-3.0-or-later
// Logarithmic axes: a plot holds decimal logarithms on plain axes, so that moving and zooming mean
// the same everywhere; ticks stand at round numbers and read with the prefix of their size.
#pragma once

#include <qcustomplot.h>

#include <QString>

namespace ridgepoint {

/// "100 G", "20", "0.5": a round number with the prefix that it reads well with.
QString log_tick_text(double value);
/// Decimal logarithms of round numbers within the range: every decade, or 1, 2, 5, or closer.
QVector<double> log_ticks(double low, double high);

void use_log_axis(QCPAxis* axis, const QString& title);

}  // namespace ridgepoint
