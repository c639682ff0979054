// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/app/command.h"

#include <QStringList>
#include <algorithm>

namespace ridgepoint {

std::vector<const Command*> commands_for(const std::vector<Command>& commands,
                                         const QString& text) {
  const QStringList words = text.split(' ', Qt::SkipEmptyParts);
  std::vector<const Command*> found;
  for (const Command& command : commands) {
    const bool fits = std::ranges::all_of(words, [&](const QString& word) {
      return command.title.contains(word, Qt::CaseInsensitive);
    });
    if (fits) found.push_back(&command);
  }
  return found;
}

}  // namespace ridgepoint
