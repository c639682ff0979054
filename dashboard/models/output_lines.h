// SPDX-License-Identifier: GPL-3.0-or-later
// OutputLines: what a program prints, as whole lines; it comes in pieces that may end within a line
// or within a letter.
#pragma once

#include <QByteArray>
#include <QString>
#include <QStringDecoder>

namespace ridgepoint {

class OutputLines {
 public:
  /// The lines that are whole now, without the last line's end; empty: none is.
  QString take(const QByteArray& bytes) {
    unfinished_ += decoder_.decode(bytes);
    const qsizetype end = unfinished_.lastIndexOf('\n');
    if (end < 0) return {};
    QString lines = unfinished_.left(end);
    unfinished_.remove(0, end + 1);
    return lines;
  }
  /// What is left of a line that never ended.
  QString rest() {
    QString left = unfinished_;
    *this = OutputLines();
    return left;
  }

 private:
  QStringDecoder decoder_{QStringDecoder::Utf8};
  QString unfinished_;
};

}  // namespace ridgepoint
