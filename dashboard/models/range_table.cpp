// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/range_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "dashboard/models/text.h"
#include "results/op_family.h"
#include "results/report/table.h"

namespace ridgepoint {
namespace {

template <class Spans>
double mean_of(const Spans& spans) {
  return static_cast<double>(spans.busy_ns) /
         static_cast<double>(std::max<std::int64_t>(1, spans.count));
}

}  // namespace

void RangeTable::show(std::shared_ptr<const TracedRecord> traced, std::int64_t from_ns,
                      std::int64_t to_ns, std::shared_ptr<const TracedRecord> baseline) {
  beginResetModel();
  traced_ = std::move(traced);
  ops_.clear();
  busy_ns_ = spans_ = 0;
  length_ns_ = std::max<std::int64_t>(1, to_ns - from_ns);
  if (traced_ != nullptr) ops_ = traced_->timeline.within(from_ns, to_ns);
  for (const RangeOp& each : ops_) {
    busy_ns_ += each.busy_ns;
    spans_ += each.count;
  }
  if (baseline != baseline_) {
    baseline_ = std::move(baseline);
    baseline_means_.clear();
    if (baseline_ != nullptr) {
      const TimelineIndex& all = baseline_->timeline;
      for (const RangeOp& each : all.within(all.begin_ns, all.end_ns + 1)) {
        auto& means = baseline_means_[all.names[each.name]];
        for (const auto& [phase, spans] : each.phases) means[phase] = mean_of(spans);
      }
    }
  }
  endResetModel();
}

std::string RangeTable::op_at(int row) const {
  if (row < 0 || row >= rowCount()) return {};
  return name_of(ops_[static_cast<std::size_t>(row)]);
}

int RangeTable::row_of(const std::string& op_id) const {
  const bool of_layers = op_id.find('*') != std::string::npos;
  const auto found = std::ranges::find_if(ops_, [&](const RangeOp& each) {
    return of_layers ? op_family(name_of(each)) == op_id : name_of(each) == op_id;
  });
  return found == ops_.end() ? -1 : static_cast<int>(found - ops_.begin());
}

double RangeTable::baseline_mean(const RangeOp& each) const {
  const auto found = baseline_means_.find(name_of(each));
  if (found == baseline_means_.end()) return 0;
  double sum_ns = 0;
  for (const auto& [phase, spans] : each.phases) {
    const auto before = found->second.find(phase);
    if (before == found->second.end()) return 0;
    sum_ns += static_cast<double>(spans.count) * before->second;
  }
  return sum_ns / static_cast<double>(each.count);
}

const std::string& RangeTable::name_of(const RangeOp& each) const {
  return traced_->timeline.names[each.name];
}

std::size_t RangeTable::row_count() const {
  return ops_.size();
}

std::size_t RangeTable::column_count() const {
  return Column::count;
}

QVariant RangeTable::cell(std::size_t row, std::size_t column, int role) const {
  const RangeOp& each = ops_[row];
  if (role == Qt::TextAlignmentRole) {
    return aligned(column != op && column != share);  // the last is wide
  }
  if (role != Qt::DisplayRole) return {};
  const auto busy_ns = static_cast<double>(each.busy_ns);
  switch (column) {
    case op:
      return qt(name_of(each));
    case times:
      return static_cast<qlonglong>(each.count);
    case total:
      return qt(format_value(busy_ns, "ns"));
    case mean:
      return qt(format_value(mean_of(each), "ns"));
    case change: {
      const double before_ns = baseline_mean(each);
      if (!(before_ns > 0)) return QString();
      return change_of(mean_of(each) / before_ns);
    }
    case share:
      return qt(fmt::format("{:.1f} %", 100 * busy_ns / static_cast<double>(length_ns_)));
    default:
      return {};
  }
}

Heading RangeTable::heading(std::size_t column) const {
  static const Heading kHeadings[] = {
      {"op", "op by its id"},
      {"times", "spans that begin within"},
      {"in all", "time of these spans"},
      {"mean", "of a span"},
      {"change",
       "the mean against that of the baseline's spans in the same phases of its whole trace; empty "
       "where it has none there; not judged, because the spans of one trace are no repetitions"},
      {"of the range", "time of these spans over the length of the range"}};
  return kHeadings[column];
}

}  // namespace ridgepoint
