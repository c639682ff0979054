// History: one metric of one case over successive runs of one machine, and where its level changed.
// Plain data; every report (results/report/history_*.h) is made from this value alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "results/history/case_selection.h"
#include "results/metric.h"
#include "results/outcome.h"
#include "results/statistics/change_points.h"
#include "results/store/history_query.h"
#include "results/verdict.h"

namespace ridgepoint {

struct HistoryPoint {
  HistoryRow row;
  std::string gap;  ///< why it has no value that counts; empty: it has
};

/// Whether the newer level is the better one.
enum class ChangeDirection : std::uint8_t { worse, better, neither };
std::string_view name_of(ChangeDirection direction);

/// What a replay by an interleaved A/B said of a change.
enum class Confirmation : std::uint8_t {
  none,       ///< there was no replay
  confirmed,  ///< the same direction
  refuted,    ///< the same level, or the other direction
  undecided,  ///< the replay could not tell
};
std::string_view name_of(Confirmation confirmation);
/// Whether a replay has decided, either way.
bool is_settled(Confirmation confirmation);

/// The replay of a change: whoever knows of repositories and A/B sessions fills this in.
struct Replay {
  Confirmation confirmation = Confirmation::none;
  std::string session_id;               ///< of the A/B
  std::optional<Verdict> verdict;       ///< of the A/B
  std::string command;                  ///< that runs it; empty where there is an obstacle
  std::string obstacle;                 ///< why it cannot be replayed
  std::optional<std::int64_t> commits;  ///< that the change lies in, where git knows
};

struct HistoryChange {
  std::size_t before = 0, after = 0;  ///< neighbours among the points that count: old, new level
  double median_before = 0, median_after = 0;
  std::size_t count_before = 0, count_after = 0;  ///< values of the two levels
  double p = 1;
  ChangeDirection direction = ChangeDirection::neither;
  Replay replay;
  [[nodiscard]] double ratio() const { return median_after / median_before; }
};

/// Runs of the case on a machine that cannot be set beside.
struct OtherMachine {
  std::string machine;  ///< in words; may be empty
  std::string environment_hash;
  std::vector<HistoryPoint> points;  ///< oldest first
};

struct History {
  MeasuredCase subject;
  std::string metric, unit;
  Better better = Better::neither;
  ChangePointRules rules;
  std::string machine;               ///< of the newest run, in words
  std::string environment_hash;      ///< of the newest run
  std::vector<HistoryPoint> points;  ///< oldest first
  std::size_t earlier = 0;           ///< points of this machine before these, left out
  std::vector<HistoryChange> changes;
  std::size_t below_effect = 0;
  double autocorrelation = 0;
  std::vector<OtherMachine> others;
  std::vector<History> beside;  ///< the other figures that stand for the case, if it has several

  [[nodiscard]] std::size_t counted() const;  ///< points without a gap
};

struct HistoryOptions {
  std::string metric;    ///< empty: all that stand for the case
  std::size_t last = 0;  ///< points of the machine to look at; 0: all
  ChangePointRules rules;
};

/// The machine is that of the newest run; Error when no run fits or the case has no such metric.
/// Where several metrics stand for the case (TTFT and TPOT of a model), it is the history of the
/// one that ends worse, or changed, or else comes first; the others stand beside it.
History history_of(const HistoryQuery& query, const CaseSelection& selection,
                   const HistoryOptions& options);

/// Whether the level of today was reached by a change for the worse that no replay refuted.
bool ends_worse(const History& history);

/// Whether runs that follow each other are more alike than chance has it, which makes false alarms
/// likelier than alpha.
bool neighbours_alike(const History& history);

}  // namespace ridgepoint
