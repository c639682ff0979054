// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/range_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "dashboard/models/text.h"
#include "results/report/table.h"

namespace ridgepoint {

void RangeTable::show(std::shared_ptr<const TracedRecord> traced, std::int64_t from_ns,
                      std::int64_t to_ns) {
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
  endResetModel();
}

std::string RangeTable::op_at(int row) const {
  if (row < 0 || row >= rowCount()) return {};
  return traced_->timeline.names[ops_[static_cast<std::size_t>(row)].name];
}

int RangeTable::row_of(const std::string& op_id) const {
  const auto found = std::ranges::find_if(
      ops_, [&](const RangeOp& each) { return traced_->timeline.names[each.name] == op_id; });
  return found == ops_.end() ? -1 : static_cast<int>(found - ops_.begin());
}

int RangeTable::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(ops_.size());
}

int RangeTable::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : Column::count;
}

QVariant RangeTable::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount()) return {};
  const RangeOp& row = ops_[static_cast<std::size_t>(index.row())];
  if (role == Qt::TextAlignmentRole) {
    const bool is_number = index.column() != op && index.column() != share;  // the last is wide
    return static_cast<int>((is_number ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
  }
  if (role != Qt::DisplayRole) return {};
  const auto busy_ns = static_cast<double>(row.busy_ns);
  switch (index.column()) {
    case op:
      return qt(traced_->timeline.names[row.name]);
    case times:
      return static_cast<qlonglong>(row.count);
    case total:
      return qt(format_value(busy_ns, "ns"));
    case mean:
      return qt(format_value(busy_ns / static_cast<double>(row.count), "ns"));
    case share:
      return qt(fmt::format("{:.1f} %", 100 * busy_ns / static_cast<double>(length_ns_)));
    default:
      return {};
  }
}

QVariant RangeTable::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || section < 0 || section >= Column::count) return {};
  static constexpr const char* kTitles[] = {"op", "times", "in all", "mean", "of the range"};
  static constexpr const char* kMeanings[] = {"op by its id", "spans that begin within",
                                              "time of these spans", "of a span",
                                              "time of these spans over the length of the range"};
  if (role == Qt::DisplayRole) return QString(kTitles[section]);
  if (role == Qt::ToolTipRole) return QString(kMeanings[section]);
  return {};
}

}  // namespace ridgepoint
