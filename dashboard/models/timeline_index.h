// SPDX-License-Identifier: GPL-3.0-or-later
// TimelineIndex: the spans of a trace, arranged so that any stretch of time can be drawn in as many
// columns as there are pixels without looking at every span. Spans of a line lie in lanes in which
// none overlaps another; over each lane stands a pyramid of blocks (when, how busy, its longest
// span), and drawing goes down into a block only where it is wider than a column.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dashboard/models/counter_index.h"
#include "profiler/trace/trace.h"
#include "results/record.h"

namespace ridgepoint {

inline constexpr std::uint32_t kNoName = std::numeric_limits<std::uint32_t>::max();

/// Spans of one line, none of which overlaps another; ascending.
struct TimelineLane {
  std::string line;  ///< name of the line
  int depth = 0;     ///< 0: no span of the line holds these
  std::vector<std::int64_t> begin_ns, end_ns;
  std::vector<std::uint32_t> names;  ///< in TimelineIndex::names

  struct Block {
    std::int64_t begin_ns = 0, end_ns = 0;
    std::int64_t busy_ns = 0;     ///< sum of its spans
    std::int64_t longest_ns = 0;  ///< what the one that takes longest takes
    std::uint32_t longest = 0;    ///< and its name, so that looking at blocks fetches no span
  };
  /// The finest first: a block of level k stands for kFinest * kFactor^k spans.
  std::vector<std::vector<Block>> levels;
  static constexpr std::size_t kFinest = 16, kFactor = 4;

  [[nodiscard]] std::size_t size() const { return begin_ns.size(); }
};

/// What one column of pixels shows of a lane.
struct TimelineColumn {
  float busy = 0;                ///< share of its time that is in spans
  std::uint32_t name = kNoName;  ///< of the longest span that it shows a part of
  bool matches = false;          ///< whether it shows a part of a span that is looked for
};

struct TimelineSpan {
  std::size_t lane = 0, span = 0;
  bool operator==(const TimelineSpan&) const = default;
};

/// Which names are looked for, and in which blocks there is one.
struct TimelineMatches {
  std::vector<bool> names;
  std::vector<std::vector<std::vector<bool>>> blocks;  ///< by lane, level
  std::int64_t count = 0;                              ///< spans
  [[nodiscard]] bool any() const { return count > 0; }
};

/// Spans of one op that begin in parts of one phase.
struct PhaseSpans {
  std::int64_t count = 0, busy_ns = 0;
};

/// The ops of one name within a range.
struct RangeOp {
  std::uint32_t name = 0;
  std::int64_t count = 0, busy_ns = 0;
  /// The same by the name of the part that was at work; empty: none was.
  std::map<std::string, PhaseSpans> phases{};
};

class TimelineIndex {
 public:
  explicit TimelineIndex(Trace trace);

  /// Puts in front the counters that follow from the spans: bytes and FLOPs a second of the op that
  /// is at work, as trace_of (results/store/trace_of.h) has them, in a quarter of the memory.
  void add_work_rates(std::span<const OpTime> ops);

  std::string title;
  std::vector<std::string> names;  ///< op ids
  std::vector<TimelineLane> lanes;
  std::vector<TracedPart> parts;
  std::vector<std::shared_ptr<const CounterIndex>> counters;
  std::int64_t begin_ns = 0, end_ns = 0;  ///< of everything
  std::int64_t spans = 0, dropped = 0;

  /// The same spans with a line for each op (the same op of all layers together), those that take
  /// longest first. Counters are shared: this must outlive what comes back.
  [[nodiscard]] TimelineIndex by_op() const;

  /// How the lane looks from `from_ns` on, over `columns.size()` columns of `column_ns` each. Spans
  /// at least `wide` columns wide that are in sight are appended to `wide_spans`, in order.
  void look(const TimelineLane& lane, double from_ns, double column_ns,
            const std::vector<std::vector<bool>>* matching, const std::vector<bool>* names_matching,
            std::span<TimelineColumn> columns, double wide,
            std::vector<std::uint32_t>& wide_spans) const;

  /// Spans whose name has every word of the text, in any case of letters.
  [[nodiscard]] TimelineMatches find(std::string_view text) const;
  /// Spans of exactly this op id; with a star, of that op in all layers (results/op_family.h).
  [[nodiscard]] TimelineMatches find_op(std::string_view op_id) const;
  /// The first matching span that begins after `at_ns` (before it, backwards); nothing past the
  /// last.
  [[nodiscard]] std::optional<TimelineSpan> next_match(const TimelineMatches& matches,
                                                       std::int64_t at_ns, bool forward) const;

  [[nodiscard]] std::optional<TimelineSpan> span_at(std::size_t lane, std::int64_t at_ns) const;
  /// Of the spans that begin within, by name, longest first.
  [[nodiscard]] std::vector<RangeOp> within(std::int64_t from_ns, std::int64_t to_ns) const;
  /// The part that is at work; null: none.
  [[nodiscard]] const TracedPart* part_at(std::int64_t at_ns) const;

 private:
  [[nodiscard]] TimelineMatches matches_of(std::vector<bool> wanted) const;
};

}  // namespace ridgepoint
