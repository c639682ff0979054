// SPDX-License-Identifier: GPL-3.0-or-later
// Command: something that can be done from the keyboard; the palette, the shortcuts and the page of
// help are all made from the same list.
#pragma once

#include <QKeySequence>
#include <QString>
#include <functional>
#include <vector>

namespace ridgepoint {

struct Command {
  QString title;
  QKeySequence keys;  ///< may be empty
  std::function<void()> run;
};

/// Those whose title has every word of the text, in any case; in their order.
std::vector<const Command*> commands_for(const std::vector<Command>& commands, const QString& text);

}  // namespace ridgepoint
