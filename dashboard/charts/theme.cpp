// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/charts/theme.h"

#include <QApplication>
#include <QStyleFactory>

namespace ridgepoint {
namespace {

Theme make_light() {
  Theme theme;
  theme.window = QColor(0xF3, 0xF5, 0xF8);
  theme.base = QColor(0xFF, 0xFF, 0xFF);
  theme.raised = QColor(0xE9, 0xED, 0xF2);
  theme.text = QColor(0x1B, 0x22, 0x2D);
  theme.muted = QColor(0x56, 0x61, 0x70);
  theme.grid = QColor(0xDD, 0xE2, 0xE8);
  theme.highlight = QColor(0x1F, 0x5F, 0xBF);
  theme.a = QColor(0x1F, 0x5F, 0xBF);
  theme.b = QColor(0xD0, 0x6A, 0x12);
  theme.good = QColor(0x14, 0x7A, 0x48);
  theme.bad = QColor(0xBF, 0x2A, 0x2A);
  theme.warning = QColor(0x8F, 0x62, 0x00);
  theme.kinds = {QColor(0x1F, 0x5F, 0xBF), QColor(0xD0, 0x6A, 0x12), QColor(0x14, 0x7A, 0x48),
                 QColor(0x7A, 0x3F, 0xA8), QColor(0x0E, 0x7C, 0x8A), QColor(0xA8, 0x2F, 0x6A)};
  return theme;
}

Theme make_dark() {
  Theme theme;
  theme.dark = true;
  theme.window = QColor(0x17, 0x1B, 0x21);
  theme.base = QColor(0x1D, 0x22, 0x2A);
  theme.raised = QColor(0x2A, 0x31, 0x3B);
  theme.text = QColor(0xE6, 0xEA, 0xEF);
  theme.muted = QColor(0xA2, 0xAD, 0xBB);
  theme.grid = QColor(0x36, 0x3E, 0x4A);
  theme.highlight = QColor(0x2F, 0x6F, 0xC9);
  theme.a = QColor(0x74, 0xB0, 0xFF);
  theme.b = QColor(0xF5, 0xA5, 0x55);
  theme.good = QColor(0x55, 0xC9, 0x8E);
  theme.bad = QColor(0xFF, 0x82, 0x7A);
  theme.warning = QColor(0xE5, 0xB8, 0x4B);
  theme.kinds = {QColor(0x74, 0xB0, 0xFF), QColor(0xF5, 0xA5, 0x55), QColor(0x55, 0xC9, 0x8E),
                 QColor(0xC3, 0x9B, 0xF0), QColor(0x5C, 0xC8, 0xD6), QColor(0xF0, 0x8C, 0xBE)};
  return theme;
}

QString style_rules(const Theme& theme) {
  return QString(
             "QToolTip { color: %1; background: %2; border: 1px solid %3; padding: 3px; }"
             "QHeaderView::section { background: %2; color: %1; border: 0; padding: 4px 6px;"
             " border-right: 1px solid %3; }"
             "QTableView { gridline-color: %3; }"
             // Of its own style a box to type in has no frame to be seen in the dark.
             "QLineEdit { border: 1px solid %4; border-radius: 2px; padding: 1px 2px; }"
             "QLineEdit:focus { border-color: %5; }"
             "QAbstractSpinBox QLineEdit { border: 0; padding: 0; }")
      .arg(theme.text.name(), theme.raised.name(), theme.grid.name(), theme.muted.name(),
           theme.a.name());
}

}  // namespace

const QColor& Theme::of(Verdict verdict) const {
  switch (verdict) {
    case Verdict::slower:
      return bad;
    case Verdict::faster:
      return good;
    case Verdict::undecided:
      return warning;
    case Verdict::same:
    case Verdict::incomparable:
      break;
  }
  return muted;
}

QPalette Theme::palette() const {
  QPalette made;
  made.setColor(QPalette::Window, window);
  made.setColor(QPalette::WindowText, text);
  made.setColor(QPalette::Base, base);
  made.setColor(QPalette::AlternateBase, window);
  made.setColor(QPalette::Text, text);
  made.setColor(QPalette::PlaceholderText, muted);
  made.setColor(QPalette::Button, raised);
  made.setColor(QPalette::ButtonText, text);
  made.setColor(QPalette::ToolTipBase, raised);
  made.setColor(QPalette::ToolTipText, text);
  made.setColor(QPalette::Highlight, highlight);
  made.setColor(QPalette::HighlightedText, Qt::white);
  made.setColor(QPalette::Link, a);
  made.setColor(QPalette::Mid, grid);
  made.setColor(QPalette::Light, dark ? raised : QColor(Qt::white));
  made.setColor(QPalette::Dark, dark ? QColor(0x0E, 0x11, 0x15) : QColor(0xB4, 0xBC, 0xC7));
  for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
    made.setColor(QPalette::Disabled, role, dark ? muted.darker(115) : muted.lighter(125));
  }
  return made;
}

const Theme& light_theme() {
  static const Theme theme = make_light();
  return theme;
}

const Theme& dark_theme() {
  static const Theme theme = make_dark();
  return theme;
}

const Theme& theme_of(const QPalette& palette) {
  // Qt 6.4 does not say whether the desktop is dark; its palette does.
  const bool dark =
      palette.color(QPalette::Window).lightness() < palette.color(QPalette::WindowText).lightness();
  return dark ? dark_theme() : light_theme();
}

void apply_theme(QApplication& application, const QString& name) {
  // As it was before anything was chosen here.
  static const QPalette desktop = QApplication::palette();
  const Theme& theme = name == QLatin1String("dark")    ? dark_theme()
                       : name == QLatin1String("light") ? light_theme()
                                                        : theme_of(desktop);
  QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
  QApplication::setPalette(theme.palette());
  // Of its own the style draws their frames darker than the window: in the dark nobody sees them.
  QPalette framed = theme.palette();
  framed.setColor(QPalette::Window, theme.dark ? theme.muted : theme.muted.lighter(130));
  for (const char* kind : {"QAbstractSpinBox", "QCheckBox"}) {
    QApplication::setPalette(framed, kind);
  }
  application.setStyleSheet(style_rules(theme));
}

}  // namespace ridgepoint
