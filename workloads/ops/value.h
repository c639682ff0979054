// Value: a typed, shaped edge of a graph, and what an operator may look at to state its shape and
// its cost.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "workloads/tensor/tensor.h"

namespace ridgepoint {

enum class Role : std::uint8_t {
  input,       ///< set from outside before a run
  weight,      ///< bound by name to the model's weights
  activation,  ///< lives inside a run
  cache,       ///< KV cache: outlives a run, shared between executions by name
  output,      ///< read from outside after a run
};

struct Value {
  std::string name;
  Role role = Role::activation;
  Type type = Type::f32;
  Shape shape;
};

/// How many new tokens each of `batch` sequences gets, after `past` that the cache already holds.
/// Rows of an activation are sequence-major: row = sequence * tokens + token.
struct Step {
  std::int64_t batch = 1;
  std::int64_t tokens = 1;
  std::int64_t past = 0;
};

}  // namespace ridgepoint
