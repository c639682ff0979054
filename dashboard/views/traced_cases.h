// SPDX-License-Identifier: GPL-3.0-or-later
// The box in which one of a run's traced cases is chosen; roofline and timeline have the same.
#pragma once

#include <string>

#include "results/record.h"

class QComboBox;

namespace ridgepoint {

QComboBox* make_traced_cases();
/// The run's cases whose ops were traced, each with its hash as data.
void list_traced_cases(QComboBox& box, const RunWithRecords& run, const std::string& record_id);

}  // namespace ridgepoint
