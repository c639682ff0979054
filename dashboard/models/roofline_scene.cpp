// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/roofline_scene.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "dashboard/models/text.h"
#include "results/op_family.h"
#include "results/report/profile_table.h"
#include "results/report/table.h"
#include "results/roofline/op_groups.h"

namespace ridgepoint {
namespace {

using roofline::Bound;
using roofline::Range;

Range flops_per_second(const roofline::OpWork& work, const Range& time_ns) {
  return Range::exactly(work.flops * 1e9) / time_ns;
}

double intensity_of(const roofline::OpWork& work) {
  return work.bytes() > 0 ? work.flops / work.bytes() : 0;
}

std::string attained_text(const Range& attained, const std::string& unit) {
  return unit.empty() ? std::string() : format_value(attained.value, unit);
}

QString sentence_of(const RooflinePoint& point, const std::string& roof_of,
                    const std::string& mistrusted) {
  const std::string time = fmt::format("{} ({:.1f} % of the pass)",
                                       format_value(point.time_ns.value, "ns"), 100 * point.share);
  std::string text;
  switch (point.bound) {
    case Bound::memory:
    case Bound::compute:
      text = fmt::format("bound by {}: {} are {} of what {} gives", point.bound_by, point.attained,
                         share_text(point.share_of_roof), roof_of);
      break;
    case Bound::latency:
      text = fmt::format(
          "bound by latency: its own roof ({}) explains {} of its time; it waits for results, "
          "instructions or the slowest thread",
          roof_of, share_text(point.share_of_roof));
      break;
    case Bound::overhead:
      text = "bound by overhead: it takes hardly longer than an op that does nothing";
      break;
    case Bound::ambiguous:
      text = fmt::format("{}: the intervals allow each of these ({} of its roof)", point.bound_by,
                         share_text(point.share_of_roof));
      break;
  }
  if (!mistrusted.empty()) text += "; mistrusted: " + mistrusted;
  return QString("%1\n%2, %3").arg(point.name(), qt(time), qt(text));
}

/// A second place, by the bytes that were counted, and what they say.
void add_counted(RooflinePoint& point, double amplification) {
  if (!(amplification > 0) || !(point.intensity > 0)) return;
  point.counted_intensity = point.intensity / amplification;
  point.sentence += QString("\ncounted: %1 times the bytes that it must move at the least")
                        .arg(amplification, 0, 'g', 3);
}

RooflinePoint point_of(const roofline::ProfiledOp& op, const std::string& phase) {
  RooflinePoint point;
  point.phase = phase;
  point.op_id = op.op_id;
  point.intensity = intensity_of(op.work);
  point.rate = flops_per_second(op.work, op.time_ns);
  point.time_ns = op.time_ns;
  point.share = op.share;
  point.share_of_roof = op.placed.share;
  point.bound = op.placed.bound;
  point.bound_by = op.placed.bound_by;
  point.attained = attained_text(op.placed.attained, op.placed.unit);
  point.sentence = sentence_of(point, op.placed.roof_of, op.placed.mistrusted);
  if (const auto counted = amplification_of(op)) add_counted(point, *counted);
  return point;
}

RooflinePoint point_of(const roofline::OpGroup& group, const std::string& phase) {
  RooflinePoint point;
  point.phase = phase;
  point.op_id = group.name;
  point.count = group.count;
  point.intensity = intensity_of(group.work);
  point.rate = flops_per_second(group.work, group.time_ns);
  point.time_ns = group.time_ns;
  point.share = group.share;
  point.share_of_roof = group.share_of_roof;
  point.bound = bound_in(group.bound_by);
  point.bound_by = group.bound_by;
  point.attained = attained_text(group.attained, group.unit);
  point.sentence = sentence_of(point, "its roof", group.cause);
  if (group.amplification) add_counted(point, *group.amplification);
  return point;
}

RooflinePoint point_of(const roofline::ProfiledPhase& phase) {
  RooflinePoint point;
  point.phase = phase.name;
  point.intensity = intensity_of(phase.work);
  point.rate = flops_per_second(phase.work, phase.time_ns);
  point.time_ns = phase.time_ns;
  point.share = 1;
  point.share_of_roof = Range::exactly(phase.at_roof_ns) / phase.time_ns;
  const auto most = std::ranges::max_element(phase.shares, {},
                                             &std::map<std::string, double>::value_type::second);
  if (most != phase.shares.end()) {
    point.bound_by = fmt::format("{} ({:.0f} % of it)", most->first, 100 * most->second);
    point.bound = bound_in(most->first);
  }
  point.attained = format_value(point.rate.value, "FLOP/s");
  QString words =
      QString("%1: %2 untraced; most of its time is bound by %3")
          .arg(qt(phase.name), qt(format_value(phase.time_ns.value, "ns")), qt(point.bound_by));
  if (phase.mfu) words += QString("\nMFU %1 of %2").arg(qt(share_text(*phase.mfu)), qt(phase.peak));
  if (phase.mbu) {
    words += QString("\nMBU %1 of %2").arg(qt(share_text(*phase.mbu)), qt(phase.level));
  }
  point.sentence = words;
  if (phase.amplification) add_counted(point, phase.amplification->value);
  return point;
}

/// Ops longest first, phases before them.
std::vector<RooflinePoint> points_of(const roofline::CaseProfile& profile, bool layers_together) {
  std::vector<RooflinePoint> phases, ops;
  for (const roofline::ProfiledPhase& phase : profile.phases) {
    // Without an untraced time, as within a range, a phase has no place.
    if (phase.time_ns.value > 0) phases.push_back(point_of(phase));
    if (layers_together) {
      for (const roofline::OpGroup& group : grouped(phase)) {
        ops.push_back(point_of(group, phase.name));
      }
    } else {
      for (const roofline::ProfiledOp& op : phase.ops) ops.push_back(point_of(op, phase.name));
    }
  }
  std::ranges::stable_sort(ops, std::ranges::greater(),
                           [](const RooflinePoint& point) { return point.time_ns.value; });
  phases.insert(phases.end(), std::make_move_iterator(ops.begin()),
                std::make_move_iterator(ops.end()));
  return phases;
}

}  // namespace

QString RooflinePoint::name() const {
  if (is_phase()) return qt(phase);
  return count > 1 ? QString("%1 %2 x%3").arg(qt(phase), qt(op_id)).arg(count)
                   : QString("%1 %2").arg(qt(phase), qt(op_id));
}

Bound bound_in(std::string_view bound_by) {
  return roofline::find_bound(bound_by.substr(0, bound_by.find_first_of(" :(")))
      .value_or(Bound::ambiguous);
}

std::vector<RooflineRoof> roof_lines(const roofline::Roofs& roofs) {
  std::vector<RooflineRoof> lines;
  const roofline::BandwidthCurve* best = nullptr;
  for (const auto& curve : roofs.curves) {
    if (curve.what != "load") continue;
    if (best == nullptr || curve.levels.size() > best->levels.size()) best = &curve;
  }
  if (best != nullptr) {
    // Each level at the best that any number of streams reached there.
    for (const roofline::Level& level : best->levels) {
      const auto found = roofs.bandwidth_at(level.to_bytes, roofline::Access::read);
      const bool outermost = level.name == "outermost";
      lines.push_back({outermost ? "outermost" : fmt::format("level {}", level.name), true,
                       found ? found->bytes_per_second : level.bytes_per_second, "bytes/s"});
    }
    if (best->levels.empty() && !best->points.empty()) {
      // Between the numbers of threads that were measured no level is known, but the curve's ends.
      const auto nearest = roofs.bandwidth_at(best->points.front().bytes, roofline::Access::read);
      lines.push_back({"smallest size", true, nearest->bytes_per_second, "bytes/s"});
      lines.push_back({"largest size", true, roofs.outermost()->bytes_per_second, "bytes/s"});
    }
  }
  std::map<roofline::Arithmetic, const roofline::Peak*> peaks;
  for (const roofline::Peak& peak : roofs.peaks) {
    const roofline::Peak*& kept = peaks[peak.arithmetic];
    if (kept == nullptr || peak.per_second.value > kept->per_second.value) kept = &peak;
  }
  for (const auto& [kind, peak] : peaks)
    lines.push_back({peak->what, false, peak->per_second, peak->unit});
  for (RooflineRoof& line : lines) line.device = roofs.device;
  return lines;
}

RooflineScene make_roofline_scene(const ProfiledRecord& profiled, const ProfiledRecord* baseline,
                                  bool layers_together) {
  RooflineScene scene;
  if (profiled.roofs) scene.roofs = roof_lines(*profiled.roofs);
  for (const roofline::Roofs& other : profiled.other_devices) {
    for (RooflineRoof& line : roof_lines(other)) {
      line.is_other = true;
      scene.roofs.push_back(std::move(line));
    }
  }
  scene.points = points_of(profiled.profile, layers_together);
  for (const RooflinePoint& point : scene.points) {
    if (point.is_placed() || point.is_phase()) continue;
    ++scene.not_placed;
    scene.share_not_placed +=
        point.share / static_cast<double>(std::max<std::size_t>(1, profiled.profile.phases.size()));
  }
  if (baseline == nullptr) return scene;
  scene.before = points_of(baseline->profile, layers_together);
  std::map<std::pair<std::string_view, std::string_view>, int> places;
  for (std::size_t i = 0; i < scene.before.size(); ++i) {
    places[{scene.before[i].phase, scene.before[i].op_id}] = static_cast<int>(i);
  }
  for (RooflinePoint& point : scene.points) {
    const auto found = places.find({point.phase, point.op_id});
    if (found == places.end()) continue;
    point.before = found->second;
    const RooflinePoint& then = scene.before[static_cast<std::size_t>(found->second)];
    if (!(then.time_ns.value > 0) || !(point.time_ns.value > 0)) continue;
    point.sentence +=
        QString("\nbaseline: %1; %2 % in time")
            .arg(qt(format_value(then.time_ns.value, "ns")),
                 qt(fmt::format("{:+.1f}", 100 * (point.time_ns.value / then.time_ns.value - 1))));
  }
  return scene;
}

}  // namespace ridgepoint
