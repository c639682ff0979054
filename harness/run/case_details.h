// What goes on record beside the samples: which backend and model, what had to be done, what memory
// it took.
#pragma once

#include <cstdint>
#include <string_view>

#include "backends/backend.h"
#include "backends/memory_ledger.h"
#include "harness/run/case_context.h"
#include "workloads/models/model.h"
#include "workloads/ops/work.h"
#include "workloads/transforms/apply.h"

namespace ridgepoint {

void send_backend(const CaseContext& context, const Backend& backend);
void send_model(const CaseContext& context, const Model& model);
/// "transform": what became of the weights, and how long that took.
void send_transform(const CaseContext& context, std::string_view transform,
                    const TransformReport& report, std::int64_t duration_ns);

/// Why measuring in this process ended, after how many repetitions or samples (`counted` says
/// which), and what it took of the case's budget until now.
void send_stopping(const CaseContext& context, const MeasuringWindow& window,
                   std::string_view ended_by, std::string_view counted, std::int64_t count);

/// The backend's ledger by class, and the process's peak so far (VmHWM).
void send_memory(const CaseContext& context, const MemoryLedger& ledger);

/// Metrics "work_flops", "work_bytes" and by class, for one pass of an operator.
void send_op_work(const CaseContext& context, const Work& work);
/// Metrics "prefill_work_flops", "decode_work_..." and so on: the prompt of all sequences, and one
/// decode step at the mean depth of the case. A model that cannot be lowered has none, and the
/// details say why.
void send_model_work(const CaseContext& context, const Model& model);

}  // namespace ridgepoint
