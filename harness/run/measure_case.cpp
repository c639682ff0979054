#include "harness/run/measure_case.h"

#include <new>
#include <string>

#include "harness/quality/quality_case.h"
#include "harness/run/case_context.h"
#include "harness/run/model_case.h"
#include "harness/run/op_case.h"
#include "workloads/error.h"

namespace ridgepoint {

CaseResult measure_case(const Case& subject, const RunOptions& options, MeasurementSink& sink,
                        AnswerStore& answers, const std::atomic<bool>& stop,
                        const ProcessPlan& plan) {
  const CaseContext context{subject, options, sink, answers, stop, plan};
  try {
    if (subject.workload == "op") return measure_op_case(context);
    if (subject.workload == "quality") return measure_quality_case(context);
    return measure_model_case(context);
  } catch (const Error& error) {
    return {Outcome::failed, error.what()};
  } catch (const std::bad_alloc& failure) {
    // An engine's own words, where it has some.
    const std::string words = failure.what();
    return {Outcome::out_of_memory,
            words == std::bad_alloc().what() ? "an allocation failed at the memory limit" : words};
  }
}

}  // namespace ridgepoint
