// SPDX-License-Identifier: GPL-3.0-or-later
// Theme: the colours of light and dark, by what they mean. The two sides of a comparison differ in
// lightness as well as in hue, so that they can be told apart without seeing colours.
#pragma once

#include <QColor>
#include <QPalette>
#include <QString>
#include <array>

#include "results/verdict.h"

class QApplication;

namespace ridgepoint {

struct Theme {
  bool dark = false;
  QColor window, base, raised, text, muted, grid, highlight;
  QColor a, b;  ///< the two sides of a comparison
  QColor good, bad, warning;
  std::array<QColor, 6> kinds;  ///< of things that are only told apart

  [[nodiscard]] const QColor& of(Verdict verdict) const;
  [[nodiscard]] QPalette palette() const;
};

const Theme& light_theme();
const Theme& dark_theme();
/// The one that a widget's palette is made of, or comes nearest to.
const Theme& theme_of(const QPalette& palette);
/// Style, palette and the few rules that a palette cannot express. "light", "dark", or empty: what
/// the desktop has.
void apply_theme(QApplication& application, const QString& name);

}  // namespace ridgepoint
