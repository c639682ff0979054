// Operator cases: a Case that names one operator becomes a graph of one node, with inputs to run it
// on. The case's fields are read per operator as follows; the others have no meaning for it.
//
//   operator            activation                     besides
//   embedding           tokens [rows]                  table [in, out] of `type`
//   position_embedding  [batch * rows, in]             table [depth + rows, in] of `type`
//   rms_norm            [rows, in]                     weight [in] f32
//   layer_norm          [rows, in]                     weight, bias [in] f32
//   matrix_product      [rows, in]                     weight [out, in] of `type`
//   bias                [rows, in]                     bias [in] f32
//   rope                [batch * rows, heads*head_dim] first position `depth`
//   kv_append           [batch * rows, kv_heads*head_dim]  cache of `kv`, appended at `depth`
//   attention           [batch * rows, heads*head_dim] caches of `kv` holding depth + rows tokens
//   softmax, gelu       [rows, in]
//   silu_gate, add      two of [rows, in]
//   select_last         [batch * rows, in]
//   sample              logits [batch, in]             greedy
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/case.h"
#include "workloads/graph/graph.h"
#include "workloads/models/model.h"

namespace ridgepoint {

/// Names of all operators, in the order of `Op`.
std::vector<std::string> op_names();
/// The case fields that the operator reads, "seed" always among them. Error for an unknown name
/// (lists the known).
std::span<const std::string_view> fields_of_op(std::string_view name);

/// One node whose op id is the operator's name; its result is the output "result" (none for
/// kv_append, whose effect is in the cache). Run it with past = past_of_op(value).
/// Error for an unknown operator or type, or shapes that do not fit.
Graph lower_op(const Case& value);
/// How many tokens each sequence holds before the timed pass.
std::int64_t past_of_op(const Case& value);
/// What fills the caches before lower_op's graph is run, with past = 0 on the same Cache: appends
/// depth + rows tokens of keys and values for attention; nothing for other operators.
std::optional<Graph> lower_op_fill(const Case& value);

/// Contents for a graph's inputs and weights. Movable; views stay valid when it is moved.
struct OpInputs {
  WeightMap weights;                                    ///< for Backend::prepare
  std::map<ValueId, std::vector<std::byte>> inputs;     ///< for Execution::write_input
  std::map<std::string, std::vector<std::byte>> owned;  ///< the bytes behind `weights`
};

/// Deterministic by (seed, value name, element) on every machine: bell-shaped, deviation 1, never
/// zero; weights of two dimensions have deviation 1/sqrt(row length), norm weights lie around 1;
/// tokens are uniform over the table's rows.
OpInputs op_inputs(const Graph& graph, std::uint64_t seed);

}  // namespace ridgepoint
