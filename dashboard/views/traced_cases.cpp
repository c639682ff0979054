// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/views/traced_cases.h"

#include <QComboBox>

#include "dashboard/models/text.h"
#include "workloads/case.h"

namespace ridgepoint {

QComboBox* make_traced_cases() {
  auto* box = new QComboBox;
  box->setAccessibleName("Case whose ops are shown");
  box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  box->setMinimumContentsLength(30);
  return box;
}

void list_traced_cases(QComboBox& box, const RunWithRecords& run, const std::string& record_id) {
  box.clear();
  for (const Record& record : run.records) {
    if (record.measurement.op_times.empty()) continue;
    box.addItem(QString("%1 of run %2")
                    .arg(with_plain_direction(qt(label(record.subject))), short_id(run.run.id)),
                qt(case_hash(record.subject)));
    if (record.id == record_id) box.setCurrentIndex(box.count() - 1);
  }
  box.setToolTip(box.currentText());
}

}  // namespace ridgepoint
