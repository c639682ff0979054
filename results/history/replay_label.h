// By which label the A/B session that replays a change of level is found again: it names case and
// change.
#pragma once

#include <string>

#include "results/history/history.h"

namespace ridgepoint {

/// Digits of a commit in a label.
inline constexpr std::size_t kLabelCommitDigits = 12;

/// Whether the commits on record tell the two sides apart.
bool has_commits(const History& history, const HistoryChange& change);

/// "confirm HASH COMMIT..COMMIT"; "run-ID", 8 digits, where the commits do not tell the two sides
/// apart.
std::string replay_label(const History& history, const HistoryChange& change);

}  // namespace ridgepoint
