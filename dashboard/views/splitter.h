// SPDX-License-Identifier: GPL-3.0-or-later
// Splitter: parts beside each other with a border between them that is dragged, or reached with Tab
// and moved by arrows.
#pragma once

#include <QSplitter>
#include <QString>
#include <utility>
#include <vector>

namespace ridgepoint {

class Splitter : public QSplitter {
  Q_OBJECT
 public:
  /// `name`: under which its place is remembered; `between`: what lies on both sides, in words.
  Splitter(Qt::Orientation orientation, const QString& name, const QString& between);

 protected:
  QSplitterHandle* createHandle() override;

 private:
  QString between_;
};

/// Keys of a border that has the focus, for the page of help: key, meaning.
const std::vector<std::pair<QString, QString>>& splitter_keys();

}  // namespace ridgepoint
