// Replays: what confirms a change point. Runs of last week differ from runs of today in more than
// their code, so each change is measured again in pairs, here and now (harness/ab): both commits
// built afresh, or two builds, or two libraries, that somebody kept. The A/B session carries a
// label that names case and change; by it later calls find the verdict.
#pragma once

#include <string>

#include "results/history/history.h"
#include "results/store/ab_store.h"

namespace ridgepoint {

struct ReplayOptions {
  std::string build;  ///< shell command that builds a checkout; empty: what builds Ridgepoint
  std::string bench;  ///< arm, as `ab --bench` takes it; empty: made from the case
  /// The two sides instead of commits: "build:DIR" or a plug-in library alone, which then run the
  /// case, or an arm as `ab` takes it. Both or neither.
  std::string side_a, side_b;
  std::string budget;    ///< as `ab --budget` takes it; empty: its default
  std::string database;  ///< as --db takes it; empty: the default one
};

/// Fills in each change's replay: verdict of a session in the store, the command, what stands in
/// the way. Asks git how many commits lie between, and leaves that out where git does not know.
void attach_replays(History& history, const AbStore& store, const ReplayOptions& options);

/// Arguments of the command that replays a change, or that goes on with an undecided replay; the
/// first is "ab". Error where something stands in the way.
std::vector<std::string> replay_arguments(const History& history, const HistoryChange& change,
                                          const ReplayOptions& options);

/// Error that says what to do where what the replay needs cannot be had here: the repository with
/// both commits, or the two sides.
void require_sides(const History& history, const HistoryChange& change,
                   const ReplayOptions& options);

}  // namespace ridgepoint
