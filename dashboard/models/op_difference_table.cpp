// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/op_difference_table.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "dashboard/models/text.h"
#include "results/op_family.h"
#include "results/report/table.h"

namespace ridgepoint {
namespace {

QString time_or_none(double ns) {
  return ns > 0 ? qt(format_value(ns, "ns")) : QString::fromUtf8("–");
}

}  // namespace

void OpDifferenceTable::show(std::vector<OpDifference> ops) {
  beginResetModel();
  ops_ = std::move(ops);
  endResetModel();
}

std::string OpDifferenceTable::op_at(int row) const {
  return row < 0 || row >= rowCount() ? std::string() : ops_[static_cast<std::size_t>(row)].op_id;
}

int OpDifferenceTable::row_of(const std::string& op_id) const {
  if (op_id.empty()) return -1;
  auto found = std::ranges::find(ops_, op_id, &OpDifference::op_id);
  if (found == ops_.end()) found = std::ranges::find(ops_, op_family(op_id), &OpDifference::op_id);
  return found == ops_.end() ? -1 : static_cast<int>(found - ops_.begin());
}

std::size_t OpDifferenceTable::row_count() const {
  return ops_.size();
}

std::size_t OpDifferenceTable::column_count() const {
  return Column::count;
}

QVariant OpDifferenceTable::cell(std::size_t row, std::size_t column, int role) const {
  const OpDifference& each = ops_[row];
  if (role == Qt::TextAlignmentRole) return aligned(column != op && column != change);  // wide
  if (role != Qt::DisplayRole) return {};
  switch (column) {
    case op:
      return each.ops == each.ops_alike ? qt(each.op_id)
                                        : QString("%1 in %2 of %3 layers")
                                              .arg(qt(each.op_id))
                                              .arg(each.ops)
                                              .arg(each.ops_alike);
    case time_a:
      return time_or_none(each.a_ns);
    case time_b:
      return time_or_none(each.b_ns);
    case difference:
      return (each.difference_ns() < 0 ? QString::fromUtf8("−") : QString("+")) +
             qt(format_value(std::abs(each.difference_ns()), "ns"));
    case change:
      if (!(each.a_ns > 0) || !(each.b_ns > 0)) return QString();
      return change_of(each.b_ns / each.a_ns);
    default:
      return {};
  }
}

Heading OpDifferenceTable::heading(std::size_t column) const {
  static const Heading kHeadings[] = {
      {"op", "op by its id; a star stands for the layers that behave alike"},
      {"A", "of one pass, in side A"},
      {"B", "of one pass, in side B"},
      {"B - A", "difference of one pass"},
      {"change", "B over A; not judged: verdicts are made of passes that were not traced"}};
  return kHeadings[column];
}

}  // namespace ridgepoint
