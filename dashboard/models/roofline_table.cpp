// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/roofline_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "dashboard/models/text.h"
#include "dashboard/models/tone.h"
#include "results/op_family.h"
#include "results/report/profile_table.h"
#include "results/report/table.h"

namespace ridgepoint {
namespace {

/// A change of an op's time that is worth a colour, where its intervals do not overlap either.
bool is_change(const RooflinePoint& now, const RooflinePoint& then) {
  return now.time_ns.low > then.time_ns.high || now.time_ns.high < then.time_ns.low;
}

}  // namespace

void RooflineTable::show(std::shared_ptr<const RooflineScene> scene) {
  beginResetModel();
  scene_ = std::move(scene);
  endResetModel();
}

int RooflineTable::row_of(const std::string& of_phase, const std::string& op_id) const {
  if (scene_ == nullptr || op_id.empty()) return -1;
  // Where layers stand together, and the op was chosen where they do not, or the other way round.
  const std::string family = op_family(op_id);
  const auto is_it = [&](const RooflinePoint& point, bool in_any_layer) {
    const bool fits = in_any_layer ? !point.op_id.empty() && op_family(point.op_id) == family
                                   : point.op_id == op_id;
    return fits && (of_phase.empty() || point.phase == of_phase);
  };
  const auto& points = scene_->points;
  auto found = std::ranges::find_if(points, [&](const auto& point) { return is_it(point, false); });
  if (found == points.end()) {
    found = std::ranges::find_if(points, [&](const auto& point) { return is_it(point, true); });
  }
  return found == scene_->points.end() ? -1 : static_cast<int>(found - scene_->points.begin());
}

std::size_t RooflineTable::row_count() const {
  return scene_ == nullptr ? 0 : scene_->points.size();
}

std::size_t RooflineTable::column_count() const {
  return Column::count;
}

std::optional<double> RooflineTable::ratio(const RooflinePoint& point) const {
  if (point.before < 0) return std::nullopt;
  const double then = scene_->before[static_cast<std::size_t>(point.before)].time_ns.value;
  if (!(then > 0) || !(point.time_ns.value > 0)) return std::nullopt;
  return point.time_ns.value / then;
}

QString RooflineTable::text_of(const RooflinePoint& point, std::size_t column) const {
  switch (column) {
    case phase:
      return qt(point.phase);
    case op:
      if (point.is_phase()) return "(all of it)";
      return point.count > 1 ? QString("%1 x%2").arg(qt(point.op_id)).arg(point.count)
                             : qt(point.op_id);
    case time:
      return qt(format_value(point.time_ns.value, "ns"));
    case share:
      return point.is_phase() ? QString() : qt(fmt::format("{:.1f} %", 100 * point.share));
    case change: {
      const auto found = ratio(point);
      return found ? change_of(*found) : QString();
    }
    case intensity:
      return point.intensity > 0 ? qt(fmt::format("{:.3g}", point.intensity)) : QString();
    case attained:
      return qt(point.attained);
    case of_roof:
      return point.share_of_roof.value > 0 ? qt(share_text(point.share_of_roof)) : QString();
    case bound:
      return qt(point.bound_by);
    default:
      return {};
  }
}

QVariant RooflineTable::cell(std::size_t row, std::size_t column, int role) const {
  const RooflinePoint& point = scene_->points[row];
  switch (role) {
    case Qt::DisplayRole:
      return text_of(point, column);
    case Qt::ToolTipRole:
      return point.sentence;
    case Qt::TextAlignmentRole:
      return aligned(column >= time && column <= of_roof);
    case kToneRole: {
      if (column != change) return {};
      const auto found = ratio(point);
      if (!found) return {};
      const auto& then = scene_->before[static_cast<std::size_t>(point.before)];
      if (!is_change(point, then)) return static_cast<int>(Tone::muted);
      return static_cast<int>(*found > 1 ? Tone::bad : Tone::good);
    }
    default:
      return {};
  }
}

Heading RooflineTable::heading(std::size_t column) const {
  static const Heading kHeadings[] = {
      {"phase", "part of a pass"},
      {"op", "op by its id; the same in every backend"},
      {"time", "median over the traced passes, without what tracing adds"},
      {"share", "of the pass"},
      {"change", "time against the pinned baseline's; in colour where the intervals lie apart"},
      {"FLOP/byte", "FLOPs over compulsory bytes"},
      {"attained", "of the roof that is its own"},
      {"of its roof", "time at its own roof over its time"},
      {"bound by", "what holds it back"}};
  return kHeadings[column];
}

}  // namespace ridgepoint
