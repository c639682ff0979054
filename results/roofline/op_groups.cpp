#include "results/roofline/op_groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "results/op_family.h"

namespace ridgepoint::roofline {
namespace {

/// Time by what is said of it.
using TimeBy = std::map<std::string, double>;

struct GroupParts {
  OpGroup group;
  TimeBy by_bound, by_unit;
  double counted_bytes = 0, compulsory_bytes = 0;  ///< of ops that were counted
};

std::string longest_of(const TimeBy& times, bool with_share) {
  const auto longest = std::ranges::max_element(times, {}, &TimeBy::value_type::second);
  if (longest == times.end()) return {};
  double total = 0;
  for (const auto& entry : times) total += entry.second;
  if (!with_share || times.size() == 1 || !(total > 0)) return longest->first;
  return fmt::format("{} ({:.0f} % of it)", longest->first, 100 * longest->second / total);
}

void add(GroupParts& parts, const ProfiledOp& op) {
  OpGroup& group = parts.group;
  group.count += 1;
  group.time_ns = group.time_ns + op.time_ns;
  group.share += op.share;
  group.work.flops += op.work.flops;
  group.work.weight_bytes += op.work.weight_bytes;
  group.work.kv_bytes += op.work.kv_bytes;
  group.work.activation_bytes += op.work.activation_bytes;
  if (group.work.weight_type.empty()) group.work.weight_type = op.work.weight_type;
  for (const auto& [level, bytes] : op.placed.bytes_by_level) {
    group.bytes_by_level[level] += bytes;
  }
  group.roof_ns = group.roof_ns + op.placed.roof_ns();
  parts.by_bound[op.placed.bound_by] += op.time_ns.value;
  parts.by_unit[op.placed.unit] += op.time_ns.value;
  if (const auto bytes = counted_bytes_of(op)) {
    parts.counted_bytes += *bytes;
    parts.compulsory_bytes += op.work.bytes();
  }
  if (const auto flops = counted_flops_of(op)) {
    group.counted_flops = group.counted_flops.value_or(0) + *flops;
  }
  if (op.placed.mistrusted.empty()) return;
  if (group.mistrusted++ == 0) group.cause = op.placed.mistrusted;
}

OpGroup finished(const GroupParts& parts) {
  OpGroup group = parts.group;
  group.share_of_roof = group.roof_ns / group.time_ns;
  group.bound_by = longest_of(parts.by_bound, true);
  group.unit = longest_of(parts.by_unit, false);
  const double work = group.unit == "bytes/s" ? group.work.bytes() : group.work.flops;
  if (!group.unit.empty()) group.attained = Range::exactly(work * 1e9) / group.time_ns;
  if (parts.compulsory_bytes > 0) {
    group.counted_bytes = parts.counted_bytes;
    group.amplification = parts.counted_bytes / parts.compulsory_bytes;
  }
  return group;
}

}  // namespace

std::vector<OpGroup> grouped(const ProfiledPhase& phase) {
  std::vector<GroupParts> all;
  for (const ProfiledOp& op : phase.ops) {
    std::string family = op_family(op.op_id);
    auto found = std::ranges::find_if(all, [&](const GroupParts& parts) {
      return parts.group.name == family && parts.group.op == op.op;
    });
    if (found == all.end()) {
      GroupParts parts;
      parts.group.name = std::move(family);
      parts.group.op = op.op;
      all.push_back(std::move(parts));
      found = std::prev(all.end());
    }
    add(*found, op);
  }
  std::vector<OpGroup> groups;
  for (const GroupParts& parts : all) groups.push_back(finished(parts));
  std::ranges::stable_sort(groups, std::ranges::greater(),
                           [](const OpGroup& group) { return group.time_ns.value; });
  return groups;
}

std::map<std::string, double> bytes_by_level(const ProfiledPhase& phase) {
  std::map<std::string, double> sums;
  for (const ProfiledOp& op : phase.ops) {
    for (const auto& [level, bytes] : op.placed.bytes_by_level) sums[level] += bytes;
  }
  return sums;
}

}  // namespace ridgepoint::roofline
