// SPDX-License-Identifier: GPL-3.0-or-later
// Tone: what a cell means beside its words; whoever paints it chooses the colour.
#pragma once

#include <qnamespace.h>

namespace ridgepoint {

enum class Tone { plain, muted, good, warning, bad };
inline constexpr int kToneRole = Qt::UserRole + 100;
inline constexpr int kHeadingRole = Qt::UserRole + 101;  ///< bool: the row is a heading of others

/// QStringList: texts in place of the whole one where there is no room for it, ever briefer
/// (brief_names.h).
inline constexpr int kBriefRole = Qt::UserRole + 102;

}  // namespace ridgepoint
