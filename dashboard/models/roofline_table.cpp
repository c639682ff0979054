// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/roofline_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "dashboard/models/text.h"
#include "dashboard/models/tone.h"
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
  const auto is_it = [&](const RooflinePoint& point) {
    return point.op_id == op_id && (of_phase.empty() || point.phase == of_phase);
  };
  const auto found = std::ranges::find_if(scene_->points, is_it);
  return found == scene_->points.end() ? -1 : static_cast<int>(found - scene_->points.begin());
}

int RooflineTable::rowCount(const QModelIndex& parent) const {
  return parent.isValid() || scene_ == nullptr ? 0 : static_cast<int>(scene_->points.size());
}

int RooflineTable::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : Column::count;
}

std::optional<double> RooflineTable::ratio(const RooflinePoint& point) const {
  if (point.before < 0) return std::nullopt;
  const double then = scene_->before[static_cast<std::size_t>(point.before)].time_ns.value;
  if (!(then > 0) || !(point.time_ns.value > 0)) return std::nullopt;
  return point.time_ns.value / then;
}

QString RooflineTable::cell(const RooflinePoint& point, int column) const {
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
      return found ? qt(fmt::format("{:+.1f} %", 100 * (*found - 1))) : QString();
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

QVariant RooflineTable::data(const QModelIndex& index, int role) const {
  if (scene_ == nullptr || !index.isValid() || index.row() >= rowCount()) return {};
  const RooflinePoint& point = scene_->points[static_cast<std::size_t>(index.row())];
  switch (role) {
    case Qt::DisplayRole:
      return cell(point, index.column());
    case Qt::ToolTipRole:
      return point.sentence;
    case Qt::TextAlignmentRole: {
      const int column = index.column();
      const bool is_number = column >= time && column <= of_roof;
      return static_cast<int>((is_number ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    }
    case kToneRole: {
      if (index.column() != change) return {};
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

QVariant RooflineTable::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  static constexpr const char* kTitles[] = {
      "phase", "op", "time", "share", "change", "FLOP/byte", "attained", "of its roof", "bound by"};
  static constexpr const char* kMeanings[] = {
      "part of a pass",
      "op by its id; the same in every backend",
      "median over the traced passes, without what tracing adds",
      "of the pass",
      "time against the pinned baseline's; in colour where the intervals lie apart",
      "FLOPs over compulsory bytes",
      "of the roof that is its own",
      "time at its own roof over its time",
      "what holds it back"};
  if (section < 0 || section >= Column::count) return {};
  if (role == Qt::DisplayRole) return QString(kTitles[section]);
  if (role == Qt::ToolTipRole) return QString(kMeanings[section]);
  return {};
}

}  // namespace ridgepoint
