#include "harness/run/measure_case.h"

#include <new>

#include "harness/run/case_context.h"
#include "harness/run/model_case.h"
#include "harness/run/op_case.h"
#include "workloads/error.h"

namespace ridgepoint {

CaseResult measure_case(const Case& subject, const RunOptions& options, MeasurementSink& sink,
                        AnswerStore& answers, const std::atomic<bool>& stop) {
  const CaseContext context{subject, options, sink, answers, stop};
  try {
    return subject.workload == "op" ? measure_op_case(context) : measure_model_case(context);
  } catch (const Error& error) {
    return {Outcome::failed, error.what()};
  } catch (const std::bad_alloc&) {
    return {Outcome::out_of_memory, "an allocation failed at the memory limit"};
  }
}

}  // namespace ridgepoint
