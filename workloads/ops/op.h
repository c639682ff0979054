// The closed set of operators. Each has one header with its attributes, what it means, the shape it
// yields and the work it costs; `Op` is any one of them. A backend visits it.
//
// Every operator provides:
//   static constexpr std::string_view kName;
//   Shape output_shape(std::span<const Value> inputs) const;      // Error when inputs do not fit
//   Work work(std::span<const Value> inputs, const Value& output, const Step& step) const;
#pragma once

#include <span>
#include <string_view>
#include <variant>

#include "workloads/ops/add.h"
#include "workloads/ops/attention.h"
#include "workloads/ops/bias.h"
#include "workloads/ops/embedding.h"
#include "workloads/ops/gelu.h"
#include "workloads/ops/kv_append.h"
#include "workloads/ops/layer_norm.h"
#include "workloads/ops/matrix_product.h"
#include "workloads/ops/position_embedding.h"
#include "workloads/ops/rms_norm.h"
#include "workloads/ops/rope.h"
#include "workloads/ops/sample.h"
#include "workloads/ops/select_last.h"
#include "workloads/ops/silu_gate.h"
#include "workloads/ops/softmax.h"
#include "workloads/ops/value.h"
#include "workloads/ops/work.h"

namespace ridgepoint {

using Op = std::variant<Embedding, PositionEmbedding, RmsNorm, LayerNorm, MatrixProduct, Bias, Rope,
                        KvAppend, Attention, Softmax, SiluGate, Gelu, Add, SelectLast, Sample>;

std::string_view name_of(const Op& op);
Shape output_shape(const Op& op, std::span<const Value> inputs);
/// f32, but i32 tokens of Sample and the cache's type of KvAppend.
Type output_type(const Op& op, std::span<const Value> inputs);
Work work_of(const Op& op, std::span<const Value> inputs, const Value& output, const Step& step);

}  // namespace ridgepoint
