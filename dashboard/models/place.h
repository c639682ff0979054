// SPDX-License-Identifier: GPL-3.0-or-later
// Place: where someone is and what is chosen there; one value, shared by all views, so that a
// selection in one is a selection in all. Itinerary: the places that were visited, for back and
// forward.
#pragma once

#include <QString>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ridgepoint {

/// A stretch of the trace of one record, in nanoseconds of its clock.
struct TraceRange {
  std::string record_id;
  std::int64_t begin_ns = 0, end_ns = 0;
  std::string run_id{};  ///< that the record is of
  bool operator==(const TraceRange&) const = default;
};

/// What of a chart is in view, in the coordinates of its axes.
struct Extent {
  double left = 0, right = 0, bottom = 0, top = 0;
  QString of{};  ///< what the chart showed: of anything else it means nothing; empty: of all
  bool operator==(const Extent&) const = default;
};

struct Place {
  QString view = QStringLiteral("runs");
  std::string run;        ///< id of the run that is looked at; empty: none
  std::string baseline;   ///< id of the run that everything is held against; empty: none
  std::string case_hash;  ///< the case that is looked at; empty: none
  std::string metric;     ///< empty: the one that stands for the case
  /// Sides of a comparison as typed; empty: the baseline, and the run.
  std::string side_a, side_b;
  std::vector<std::string> candidates;  ///< runs that are compared beside the chosen one
  std::string candidate;                ///< side of a comparison of many that is looked at
  std::string op;                       ///< id of the op that is looked at; empty: none
  std::string phase;                    ///< that it was chosen in; empty: any
  std::optional<TraceRange> range;      ///< what times are taken from; nothing: the whole trace
  QString filter;                       ///< what stands in the search box
  QString scenario;  ///< quality against speed: which cases are set beside each other
  /// Of charts that were zoomed or moved, by view and chart; any other shows all there is.
  std::map<QString, Extent> extents{};
  /// Of the views' own controls, by view and control; absent: as they stand.
  std::map<QString, QString> settings{};
  bool operator==(const Place&) const = default;
};

class Itinerary {
 public:
  [[nodiscard]] const Place& here() const { return places_[at_]; }
  /// A new place after this one; what lay ahead is forgotten. Nothing where it is this one.
  void go(Place place);
  /// Changes this place itself: what is typed letter by letter is one place.
  void amend(Place place) { places_[at_] = std::move(place); }
  bool back();
  bool forward();
  [[nodiscard]] bool can_go_back() const { return at_ > 0; }
  [[nodiscard]] bool can_go_forward() const { return at_ + 1 < places_.size(); }
  void start_anew(Place place);

 private:
  static constexpr std::size_t kMost = 200;
  std::vector<Place> places_{Place()};
  std::size_t at_ = 0;
};

}  // namespace ridgepoint
