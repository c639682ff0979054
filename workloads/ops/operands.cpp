#include "workloads/ops/operands.h"

#include <fmt/format.h>

#include "workloads/error.h"
#include "workloads/tensor/kv_type.h"

namespace ridgepoint {
namespace {

bool may_be_activation(Role role) {
  return role != Role::weight && role != Role::cache;
}

}  // namespace

Operands::Operands(std::string_view op, std::span<const Value> inputs, std::size_t count)
    : op_(op), inputs_(inputs) {
  demand(inputs.size() == count, fmt::format("takes {} inputs, not {}", count, inputs.size()));
}

void Operands::fail(std::string_view what) const {
  std::string inputs;
  for (const Value& value : inputs_) {
    inputs += fmt::format("{}'{}' {} {}", inputs.empty() ? "" : ", ", value.name,
                          name_of(value.type), to_string(value.shape));
  }
  throw Error(fmt::format("{}: {} (inputs: {})", op_, what, inputs));
}

const Value& Operands::positive(std::size_t index, std::size_t rank, std::string_view what) const {
  const Value& value = inputs_[index];
  bool fits = value.shape.size() == rank;
  for (const std::int64_t dimension : value.shape) fits = fits && dimension > 0;
  demand(fits, fmt::format("input {} must be {} with no empty dimension", index, what));
  return value;
}

const Value& Operands::activation(std::size_t index) const {
  const Value& value = positive(index, 2, "an activation [rows, features]");
  demand(value.type == Type::f32 && may_be_activation(value.role),
         fmt::format("input {} must be an f32 activation", index));
  return value;
}

const Value& Operands::tokens(std::size_t index) const {
  const Value& value = positive(index, 1, "tokens [rows]");
  demand(value.type == Type::i32 && may_be_activation(value.role),
         fmt::format("input {} must be i32 tokens", index));
  return value;
}

const Value& Operands::matrix(std::size_t index, std::int64_t features) const {
  const Value& value = positive(index, 2, "a weight [rows, features]");
  demand(value.role == Role::weight && type_info(value.type).weight,
         fmt::format("input {} must be a weight", index));
  demand(features == 0 || value.shape[1] == features,
         fmt::format("input {} must have {} features a row", index, features));
  return value;
}

const Value& Operands::vector(std::size_t index, std::int64_t features) const {
  const Value& value = positive(index, 1, "a weight [features]");
  demand(value.role == Role::weight && type_info(value.type).weight,
         fmt::format("input {} must be a weight", index));
  demand(value.shape[0] == features,
         fmt::format("input {} must have {} elements", index, features));
  return value;
}

const Value& Operands::cache(std::size_t index, std::int64_t rows, std::int64_t features) const {
  const Value& value = positive(index, 3, "a cache [batch, capacity, features]");
  demand(value.role == Role::cache, fmt::format("input {} must be a cache", index));
  demand(holds_kv(value.type),
         fmt::format("input {} must be a type for caches; one of {} is not implemented", index,
                     name_of(value.type)));
  demand(value.shape[2] == features,
         fmt::format("input {} must have {} features a position", index, features));
  demand(rows % value.shape[0] == 0,
         fmt::format("{} rows are not a whole number of tokens for {} sequences", rows,
                     value.shape[0]));
  demand(rows / value.shape[0] <= value.shape[1],
         fmt::format("{} tokens a sequence do not fit into a cache of {}", rows / value.shape[0],
                     value.shape[1]));
  return value;
}

std::int64_t bytes_of(const Value& value) {
  return byte_count(value.type, value.shape);
}

}  // namespace ridgepoint
