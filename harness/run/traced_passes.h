// A few more passes of a case, after the measured ones, in which the backend announces its ops. No
// measured sample is ever a traced one; what tracing costs is told by the metric trace_overhead:
// the median over pairs of a traced pass and one right after it to which nobody listens, so that it
// holds nothing of how the machine's speed moved since the samples were taken.
//
// Passes are traced until there were kFewestTraced of them and they took kShortestTraced_ns, or
// until a tenth of the case's budget is spent: one pass at the least. A case of which one pass
// takes more than the budget, and a backend that announces nothing, have no op times; the details
// say why.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "backends/backend.h"
#include "backends/session.h"
#include "harness/run/case_context.h"
#include "harness/run/generation.h"
#include "workloads/models/model.h"

namespace ridgepoint {

inline constexpr std::int64_t kFewestTraced = 5;
inline constexpr std::int64_t kShortestTraced_ns = 100'000'000;
inline constexpr std::int64_t kMostTraced = 1000;
/// Of the case's budget that goes to traced passes: a tenth.
inline constexpr std::int64_t kTracedShare = 10;
/// For a profile: enough for an interval of each op's median, and half of the budget.
inline constexpr std::int64_t kFewestProfiled = 9;
inline constexpr std::int64_t kShortestProfiled_ns = 500'000'000;
inline constexpr std::int64_t kProfiledShare = 2;

/// Of a case on a GPU the passes come with what CUPTI saw (profiler/cupti/): its timeline in place
/// of times between events, and, for a profile, passes of their own whose ops hardware counters
/// count. Where CUPTI cannot be had, they come without, and the details say why.
///
/// Passes of a model case. `make_ready` is what precedes a measured repetition, and gives the
/// session, which may be another one each time; `measured_ns` are the measured ones, end to end.
/// Sends op times, trace_overhead and details.
void trace_model_passes(const CaseContext& context, const Backend& backend, const Model& model,
                        Generation& generation, std::span<const std::int64_t> measured_ns,
                        const std::function<Session&()>& make_ready);

/// Passes of an operator; `before_sample` may be empty. Returns the bytes that hardware counters
/// saw at the device's memory in one pass; nothing where they were not counted.
std::optional<double> trace_op_passes(const CaseContext& context, const Backend& backend,
                                      const Graph& graph, std::int64_t past, Execution& execution,
                                      std::span<const std::int64_t> measured_ns,
                                      const std::function<void()>& before_sample);

}  // namespace ridgepoint
