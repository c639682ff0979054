#include "harness/run/check_op.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "backends/registry.h"
#include "harness/run/check.h"
#include "harness/run/logit_answer.h"
#include "harness/run/prepared_op.h"
#include "harness/run/tolerance.h"
#include "workloads/content_hash.h"

namespace ridgepoint {
namespace {

using Json = nlohmann::json;

std::vector<float> as_floats(const Value& value, const std::vector<std::byte>& bytes) {
  std::vector<float> floats(bytes.size() / sizeof(float));
  if (value.type != Type::f32) throw std::logic_error("check_op: an output that is not f32");
  std::memcpy(floats.data(), bytes.data(), floats.size() * sizeof(float));
  return floats;
}

std::vector<std::byte> output_of(const Execution& execution, const Graph& graph, ValueId id) {
  std::vector<std::byte> bytes(
      static_cast<std::size_t>(byte_count(graph.value(id).type, graph.value(id).shape)));
  execution.read_output(id, bytes);
  return bytes;
}

/// Largest error over the rows of one output; equality for integers.
Difference compare_outputs(const Value& value, const std::vector<std::byte>& ours,
                           const std::vector<std::byte>& truth) {
  if (value.type != Type::f32) {
    return {ours == truth ? 0.0 : std::numeric_limits<double>::infinity(), false};
  }
  const auto our_floats = as_floats(value, ours), true_floats = as_floats(value, truth);
  const auto length = static_cast<std::size_t>(value.shape.empty() ? 1 : value.shape.back());
  Difference worst;
  for (std::size_t start = 0; start + length <= our_floats.size(); start += length) {
    const auto here = compare_rows(std::span(our_floats).subspan(start, length),
                                   std::span(true_floats).subspan(start, length));
    worst.relative = std::max(worst.relative, here.relative);
    worst.not_finite = worst.not_finite || here.not_finite;
  }
  return worst;
}

using Outputs = std::map<ValueId, std::vector<std::byte>>;

Outputs outputs_of(const Execution& execution, const Graph& graph) {
  Outputs outputs;
  for (ValueId id = 0; id < graph.values().size(); ++id) {
    if (graph.value(id).role == Role::output) outputs[id] = output_of(execution, graph, id);
  }
  return outputs;
}

/// Whose rounding is allowed for: the weights', the cache's, else float32's.
double tolerance_of(const Case& subject) {
  const auto fields = fields_of_op(subject.op);
  const auto reads = [&](std::string_view field) {
    return std::find(fields.begin(), fields.end(), field) != fields.end();
  };
  if (reads("type") && !subject.type.empty()) return tolerance_for(subject.type);
  return tolerance_for(reads("kv") ? subject.kv : "f32");
}

bool holds_nan(const Graph& graph, const Outputs& outputs) {
  return std::any_of(outputs.begin(), outputs.end(), [&](const auto& output) {
    if (graph.value(output.first).type != Type::f32) return false;
    const auto floats = as_floats(graph.value(output.first), output.second);
    return std::any_of(floats.begin(), floats.end(), [](float x) { return std::isnan(x); });
  });
}

CaseResult wrong(std::string reason) {
  return {Outcome::wrong, std::move(reason)};
}

/// The reference against itself: the same bits as ever, and when it runs again.
CaseResult check_reference(const CaseContext& context, const Backend& reference,
                           Execution& execution, const Graph& graph, const Outputs& ours,
                           Json details) {
  Case question = context.subject;
  question.backend = Case{}.backend;
  question.threads = Case{}.threads;
  question.cache = Case{}.cache;
  const auto key = answer_key("op", reference, Json::parse(to_json(question)));
  std::string bits;
  for (const auto& [id, bytes] : ours) bits += content_hash(bytes);
  const auto stored = find_answer(context, key);
  if (stored.empty()) put_answer(context, key, bits);
  execution.run(past_of_op(context.subject));
  execution.synchronise();
  const bool again = outputs_of(execution, graph) == ours;
  const bool as_before = stored.empty() || stored == bits;
  details["against"] =
      stored.empty() ? "itself: no answer was stored yet, now it is" : "stored answer";
  details["same_bits"] = again && as_before;
  CaseResult result;
  if (holds_nan(graph, ours)) {
    result = wrong("the output holds what is not a number");
  } else if (!again) {
    result = wrong("not deterministic: two passes gave different bits");
  } else if (!as_before) {
    result = wrong("the reference gave other bits than those that it gave before");
  }
  return finish_check(context, std::move(details), std::move(result));
}

CaseResult check_against(const CaseContext& context, const Backend& reference, const Graph& graph,
                         const OpInputs& inputs, const Outputs& ours, double tolerance,
                         Json details) {
  const auto& subject = context.subject;
  details["against"] = "reference";
  const auto flops = static_cast<double>(graph.work(past_of_op(subject)).flops);
  if (auto why = too_slow(context, flops / kReferenceFlopsPerSecond); !why.empty()) {
    return cannot_check(context, std::move(why));
  }
  if (const auto support = reference.supports(graph); !support.supported) {
    return cannot_check(context, "the reference cannot run this: " + support.reason);
  }
  const auto prepared = prepare_op(reference, subject, graph, inputs, context.threads());
  prepared.execution->run(past_of_op(subject));
  prepared.execution->synchronise();
  Difference worst;
  for (const auto& [id, bytes] : outputs_of(*prepared.execution, graph)) {
    const auto here = compare_outputs(graph.value(id), ours.at(id), bytes);
    worst.relative = std::max(worst.relative, here.relative);
    worst.not_finite = worst.not_finite || here.not_finite;
  }
  const bool finite = std::isfinite(worst.relative);
  details["error"] = finite ? Json(worst.relative) : Json(nullptr);
  CaseResult result;
  if (worst.not_finite) {
    result = wrong("the output holds what is not a number");
  } else if (worst.relative > tolerance) {
    result = wrong(finite ? fmt::format("the output differs from the reference's by {:.2g} of a "
                                        "row's largest, more than {:.2g}",
                                        worst.relative, tolerance)
                          : std::string("the output differs from the reference's"));
  }
  return finish_check(context, std::move(details), std::move(result));
}

}  // namespace

CaseResult check_op(const CaseContext& context, const Backend& backend, Execution& execution,
                    const Graph& graph, const OpInputs& inputs) {
  if (!context.options.check) return skip_check(context, "switched off");
  if (context.plan.index > 0) return skip_check(context, "the first process of the case did");
  if (!backend.computes()) return skip_check(context, "none: this backend computes nothing");
  const auto ours = outputs_of(execution, graph);
  if (ours.empty()) {
    return skip_check(context, "none: the operator's result stays in the KV cache, unread");
  }
  const auto tolerance = tolerance_of(context.subject);
  const auto reference = open_backend(kReferenceBackend);
  Json details{
      {"compared", true}, {"what", "the whole output of the last pass"}, {"tolerance", tolerance}};
  if (is_reference(backend)) {
    return check_reference(context, *reference, execution, graph, ours, std::move(details));
  }
  return check_against(context, *reference, graph, inputs, ours, tolerance, std::move(details));
}

}  // namespace ridgepoint
