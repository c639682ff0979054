// SPDX-License-Identifier: GPL-3.0-or-later
// RooflineScene: what a roofline shows, as data: the roofs, each op and phase as a point under them
// with what binds it in one sentence, and which point of a baseline it is to be set beside.
#pragma once

#include <QString>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dashboard/models/profiled_record.h"

namespace ridgepoint {

struct RooflinePoint {
  std::string phase;
  std::string op_id;      ///< empty: the phase as a whole
  std::size_t count = 1;  ///< ops, where those of all layers stand together
  double intensity = 0;   ///< FLOPs a byte
  roofline::Range rate;   ///< FLOPs a second
  roofline::Range time_ns;
  double share = 0;  ///< of a pass's time
  roofline::Range share_of_roof;
  roofline::Bound bound = roofline::Bound::overhead;
  std::string bound_by;
  std::string attained;                     ///< in words, of the roof that is its own
  QString sentence;                         ///< what binds it
  std::optional<double> counted_intensity;  ///< by bytes that were counted
  int before = -1;                          ///< place among the baseline's points

  [[nodiscard]] bool is_phase() const { return op_id.empty(); }
  /// Whether it has a place under the roofs: without FLOPs or bytes there is none.
  [[nodiscard]] bool is_placed() const { return intensity > 0 && rate.value > 0; }
  [[nodiscard]] QString name() const;
};

struct RooflineRoof {
  std::string name;
  bool is_memory = false;
  roofline::Range height;
  std::string unit;       ///< "bytes/s", "FLOP/s", "OP/s"
  std::string device{};   ///< "cuda:0"; empty: the processor
  bool is_other = false;  ///< not of the device that the ops ran on
};

struct RooflineScene {
  std::vector<RooflineRoof> roofs;
  std::vector<RooflinePoint> points;  ///< longest first; phases before all
  std::vector<RooflinePoint> before;  ///< of the baseline
  std::size_t not_placed = 0;
  double share_not_placed = 0;  ///< of the time of their passes, on average
};

/// The levels that loads come from, and the best of each kind of arithmetic.
std::vector<RooflineRoof> roof_lines(const roofline::Roofs& roofs);

/// `layers_together`: the same op of all layers is one point.
RooflineScene make_roofline_scene(const ProfiledRecord& profiled, const ProfiledRecord* baseline,
                                  bool layers_together);

/// The bound that a text such as "memory (level 2)" speaks of.
roofline::Bound bound_in(std::string_view bound_by);

}  // namespace ridgepoint
