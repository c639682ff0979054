// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/views/splitter.h"

#include <QEvent>
#include <QKeyEvent>
#include <QPainter>
#include <algorithm>

#include "dashboard/charts/theme.h"

namespace ridgepoint {
namespace {

constexpr int kHandle = 5;  ///< pixels: to be seen, and hit
constexpr int kStep = 24, kFineStep = 4;

/// The border itself. Of its own class no border can have the focus.
class Border : public QSplitterHandle {
 public:
  Border(Qt::Orientation orientation, QSplitter* parent, const QString& between)
      : QSplitterHandle(orientation, parent) {
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName("Border between " + between);
    setToolTip("Drag, or Tab and arrows: more room for one side");
  }

 protected:
  void keyPressEvent(QKeyEvent* event) override {
    const bool across = orientation() == Qt::Horizontal;  // parts lie beside each other
    const int step = event->modifiers().testFlag(Qt::ShiftModifier) ? kFineStep : kStep;
    const int here = across ? x() : y();
    const int key = event->key();
    int low = 0, high = 0;
    splitter()->getRange(splitter()->indexOf(this), &low, &high);
    if (key == (across ? Qt::Key_Left : Qt::Key_Up)) {
      moveSplitter(std::max(low, here - step));
    } else if (key == (across ? Qt::Key_Right : Qt::Key_Down)) {
      moveSplitter(std::min(high, here + step));
    } else if (key == Qt::Key_Home) {
      moveSplitter(low);
    } else if (key == Qt::Key_End) {
      moveSplitter(high);
    } else {
      QSplitterHandle::keyPressEvent(event);
      return;
    }
    event->accept();
  }
  void focusInEvent(QFocusEvent* event) override {
    QSplitterHandle::focusInEvent(event);
    update();
  }
  void focusOutEvent(QFocusEvent* event) override {
    QSplitterHandle::focusOutEvent(event);
    update();
  }
  void paintEvent(QPaintEvent*) override {
    const Theme& theme = theme_of(palette());
    QPainter painter(this);
    if (hasFocus()) {
      painter.fillRect(rect(), theme.a);
      return;
    }
    // A line in the middle of what can be hit.
    painter.fillRect(orientation() == Qt::Horizontal ? QRect(width() / 2, 0, 1, height())
                                                     : QRect(0, height() / 2, width(), 1),
                     theme.grid);
  }
};

}  // namespace

Splitter::Splitter(Qt::Orientation orientation, const QString& name, const QString& between)
    : QSplitter(orientation), between_(between) {
  setObjectName(name);
  setHandleWidth(kHandle);
  setChildrenCollapsible(false);
}

QSplitterHandle* Splitter::createHandle() {
  return new Border(orientation(), this, between_);
}

const std::vector<std::pair<QString, QString>>& splitter_keys() {
  static const std::vector<std::pair<QString, QString>> keys{
      {"Tab, Shift+Tab", "reach it"},
      {"Arrows, Shift+arrows", "move it, move it a little"},
      {"Home, End", "as far as it goes"}};
  return keys;
}

}  // namespace ridgepoint
