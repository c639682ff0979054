#include "harness/environment/stored_figures.h"

#include "harness/environment/environment.h"
#include "profiler/clock/monotonic_clock.h"

namespace ridgepoint {

Case figure_case(const std::string& name) {
  Case subject;
  subject.workload = "ceiling";
  subject.name = name;
  return canonical(subject);
}

void store_figures(Store& store, const Run& run, std::vector<Record> records, bool interrupted) {
  std::vector<Case> planned;
  for (Record& record : records) {
    record.id = new_uuid();
    record.run_id = run.id;
    record.ordinal = static_cast<std::int64_t>(planned.size());
    planned.push_back(record.subject);
  }
  store.wait_at_most(kPatienceForMeasured);
  store.begin_run(run, planned);
  for (const Record& record : records) store.add_record(record);
  store.finish_run(run.id, interrupted ? "interrupted" : "finished", unix_ns(), read_conditions());
}

}  // namespace ridgepoint
