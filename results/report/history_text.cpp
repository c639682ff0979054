#include "results/report/history_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "results/report/comparison_text.h"
#include "results/report/table.h"
#include "results/report/time_text.h"
#include "results/statistics/quantile.h"
#include "workloads/number_of.h"

namespace ridgepoint {
namespace {

constexpr std::size_t kShownCommit = 7;
constexpr std::size_t kShownId = 8;
constexpr std::size_t kShownReason = 60;

/// Names and reasons may come from other people's programs, control characters and all.
std::string line_of(std::string line) {
  std::ranges::replace_if(
      line, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, ' ');
  return line;
}

std::string short_line(std::string_view text) {
  std::string line = line_of(std::string(text.substr(0, kShownReason)));
  // Not through the middle of a character.
  if (text.size() > line.size()) {
    while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0x80U) != 0) line.pop_back();
    line += "...";
  }
  return line;
}

const HistoryRow& row_of(const History& history, std::size_t point) {
  return history.points[point].row;
}

/// "a1b2c3d", "a1b2c3d*" with changes that are in no commit, or the run where there is no commit.
std::string commit_text(const HistoryRow& row) {
  if (row.run.git_commit.empty()) return fmt::format("run {}", row.run.id.substr(0, kShownId));
  return line_of(row.run.git_commit.substr(0, kShownCommit)) + (row.run.git_dirty ? "*" : "");
}

/// 1.041 becomes "+4.1 %".
std::string ratio_text(double ratio) {
  return fmt::format("{:+.1f} %", 100 * (ratio - 1));
}

std::string confirmation_text(const HistoryChange& change) {
  const Replay& replay = change.replay;
  if (replay.confirmation == Confirmation::none) return "not confirmed";
  const std::string session =
      fmt::format("A/B session {}: {}", replay.session_id.substr(0, kShownId),
                  replay.verdict ? name_of(*replay.verdict) : "no verdict");
  switch (replay.confirmation) {
    case Confirmation::confirmed:
      return "confirmed by " + session;
    case Confirmation::refuted:
      return "refuted by " + session;
    default:
      return "not confirmed, " + session;
  }
}

std::string direction_text(ChangeDirection direction) {
  return direction == ChangeDirection::neither ? "" : fmt::format(", {}", name_of(direction));
}

std::vector<std::size_t> marked_points(const History& history) {
  std::vector<std::size_t> marked;
  for (const HistoryChange& change : history.changes) marked.push_back(change.after);
  return marked;
}

std::vector<double> values_of(const std::vector<HistoryPoint>& points) {
  std::vector<double> values;
  for (const HistoryPoint& point : points) {
    if (point.gap.empty()) values.push_back(*point.row.value);
  }
  return values;
}

std::string other_machine_text(const History& history, const OtherMachine& other) {
  const auto values = values_of(other.points);
  return fmt::format(
      "apart: {} on {} (environment {}), {} to {}{}", number_of(other.points.size(), "run"),
      other.machine.empty() ? "another machine" : other.machine,
      other.environment_hash.empty() ? "not known" : other.environment_hash.substr(0, kShownId),
      time_text(other.points.front().row.started_unix_ns),
      time_text(other.points.back().row.started_unix_ns),
      values.empty()
          ? ", none with a value"
          : fmt::format(", median {}",
                        format_value(median(std::span<const double>(values)), history.unit)));
}

}  // namespace

std::string history_headline(const History& history) {
  if (history.counted() < fewest_values(history.rules.alpha)) {
    return fmt::format("too few: {} with a value; {} are the fewest that alpha {} can tell apart",
                       number_of(history.counted(), "run"), fewest_values(history.rules.alpha),
                       share_text(history.rules.alpha));
  }
  if (history.changes.empty()) {
    return fmt::format("no change of {} or more of {} in {}", share_text(history.rules.effect),
                       history.metric, number_of(history.counted(), "run"));
  }
  const HistoryChange& newest = history.changes.back();
  const std::string since =
      fmt::format("{} {} since {} ({})", history.metric, ratio_text(newest.ratio()),
                  commit_text(row_of(history, newest.after)), confirmation_text(newest));
  if (newest.replay.confirmation == Confirmation::refuted) return "not the code: " + since;
  return newest.direction == ChangeDirection::neither
             ? "changed: " + since
             : fmt::format("{}: {}", name_of(newest.direction), since);
}

std::string history_subject(const History& history) {
  const std::size_t gaps = history.points.size() - history.counted();
  return fmt::format(
      "{} (case {}), {}: {}{}{} on {}, {} to {}", line_of(label(history.subject.subject)),
      history.subject.hash.substr(0, kShownId), history.metric,
      number_of(history.points.size(), "run"),
      gaps == 0 ? "" : fmt::format(", {} without a value", gaps),
      history.earlier == 0 ? "" : fmt::format(" ({} earlier left out)", history.earlier),
      history.machine.empty() ? "a machine not known" : history.machine,
      time_text(history.points.front().row.started_unix_ns),
      time_text(history.points.back().row.started_unix_ns));
}

std::string change_sentence(const History& history, const HistoryChange& change) {
  const HistoryRow& before = row_of(history, change.before);
  const HistoryRow& after = row_of(history, change.after);
  std::string where;
  if (!before.run.git_commit.empty() && before.run.git_commit == after.run.git_commit) {
    where = fmt::format("between two runs of {}", commit_text(after));
  } else {
    where = fmt::format("between {} and {}", commit_text(before), commit_text(after));
  }
  if (change.replay.commits) {
    where += fmt::format(" ({})", number_of(*change.replay.commits, "commit"));
  }
  return fmt::format("{}: {}{} ({} to {}, p {:.3f}, {} before and {} after), {}", where,
                     ratio_text(change.ratio()), direction_text(change.direction),
                     format_value(change.median_before, history.unit),
                     format_value(change.median_after, history.unit), change.p,
                     number_of(change.count_before, "run"), change.count_after,
                     confirmation_text(change));
}

std::vector<std::string> history_notes(const History& history) {
  std::vector<std::string> notes;
  notes.push_back(fmt::format(
      "E-divisive on logarithms, {} random orders (seed {}), alpha {}, levels that differ by less "
      "than {} count as one{}",
      history.rules.permutations, history.rules.seed, share_text(history.rules.alpha),
      share_text(history.rules.effect),
      history.below_effect == 0
          ? ""
          : fmt::format(" ({} left out)", number_of(history.below_effect, "smaller change"))));
  if (neighbours_alike(history)) {
    notes.push_back(
        fmt::format("runs that follow each other are alike (correlation {:+.2f}), so false alarms "
                    "are likelier than alpha: trust a change once it is confirmed",
                    history.autocorrelation));
  }
  for (const History& other : history.beside) {
    notes.push_back(fmt::format("beside it, {}: {}{}", other.metric, history_headline(other),
                                other.changes.empty() ? "" : "; --metric " + other.metric));
  }
  std::set<std::string> branches;
  bool dirty = false;
  for (const HistoryPoint& point : history.points) {
    branches.insert(point.row.run.git_branch);
    dirty = dirty || point.row.run.git_dirty;
  }
  if (branches.size() > 1) {
    notes.push_back(fmt::format("{} branches stand in one line; add branch:NAME for one of them",
                                branches.size()));
  }
  if (dirty) notes.push_back("* with changes that were in no commit");
  for (const OtherMachine& other : history.others) {
    notes.push_back(other_machine_text(history, other));
  }
  return notes;
}

std::vector<std::vector<std::string>> history_rows(const History& history) {
  std::vector<std::vector<std::string>> rows{
      {"time", "run", "commit", "branch", history.metric, "change"}};
  for (std::size_t i = history.points.size(); i-- > 0;) {
    const HistoryPoint& point = history.points[i];
    const HistoryRow& row = point.row;
    std::string mark = point.gap.empty() ? "" : short_line(point.gap);
    for (const HistoryChange& change : history.changes) {
      if (change.after == i) {
        mark = fmt::format("{} {}{}", change.ratio() > 1 ? "▲" : "▼", ratio_text(change.ratio()),
                           direction_text(change.direction));
      }
    }
    rows.push_back({time_text(row.started_unix_ns),
                    fmt::format("{}/{}", row.run.id.substr(0, kShownId), row.ordinal),
                    row.run.git_commit.empty() ? "" : commit_text(row), line_of(row.run.git_branch),
                    point.gap.empty() ? format_value(*row.value, history.unit) : "", mark});
  }
  return rows;
}

BlockChart history_chart(const History& history, std::size_t width) {
  std::vector<std::optional<double>> values;
  for (const HistoryPoint& point : history.points) {
    values.push_back(point.gap.empty() ? point.row.value : std::nullopt);
  }
  return block_chart(values, marked_points(history), width);
}

std::string history_scale(const History& history) {
  const auto values = values_of(history.points);
  if (values.empty()) return "no values";
  const auto [low, high] = std::ranges::minmax(values);
  return fmt::format("{} to {}, oldest first; ^ begins a new level, · has no value",
                     format_value(low, history.unit), format_value(high, history.unit));
}

}  // namespace ridgepoint
