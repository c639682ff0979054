// Values to give to operators, by the part that they play.
#pragma once

#include <utility>

#include "workloads/ops/op.h"

namespace ridgepoint {

inline Value activation(Shape shape, Type type = Type::f32) {
  return {"x", Role::activation, type, std::move(shape)};
}
inline Value weight(Shape shape, Type type = Type::f32) {
  return {"w", Role::weight, type, std::move(shape)};
}
inline Value cache(Shape shape, Type type = Type::f16) {
  return {"c", Role::cache, type, std::move(shape)};
}

}  // namespace ridgepoint
