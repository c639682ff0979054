// SPDX-License-Identifier: GPL-3.0-or-later
// What a table or a chart shows, as CSV (RFC 4180).
#pragma once

#include <QAbstractItemModel>
#include <QString>
#include <QStringList>
#include <vector>

namespace ridgepoint {

QString csv_text(const std::vector<QStringList>& rows);
/// As displayed, heading first.
std::vector<QStringList> rows_of(const QAbstractItemModel& model);

}  // namespace ridgepoint
