// How far an output may lie from the reference's before it is wrong: the largest absolute
// difference of a row over the largest absolute value of the reference's row.
//
//   f32   1e-3   sums in another order, float32 accumulation, approximate exponentials
//   f16   1e-2   engines round activations to f16 (11 bits) before each product
//   bf16  3e-2   the same with bf16 (8 bits)
//   q8_..., q4_..., q6_k, w4_...  5e-2   engines quantise activations to 8 bits before each product
//   fp8   1e-1   the same with 8-bit floats (4 bits of significand)
// These errors add up over the layers of a model. Keeping KV in 16 bits is not counted: the
// reference keeps it in the same type. KV in fp8 counts as fp8 does: where two engines differ by
// what weights and activations are rounded to, keys that lie near the middle between two of its
// numbers are stored an eighth apart. A wrong kernel is off by tens of per cent, far above each of
// them.
#pragma once

#include <span>
#include <string_view>

#include "workloads/models/model.h"

namespace ridgepoint {

/// For outputs computed with weights of this type ("f32" where there are none); the loosest of the
/// table for a type that is not in it.
double tolerance_for(std::string_view weight_type);

/// The loosest of a model's types and of what its cache is kept in.
double tolerance_for(const Model& model, Type kv_type = Type::f16);

struct Difference {
  double relative = 0;  ///< infinite when ours holds what is not a number
  bool not_finite = false;
};
/// Equal lengths; 0 for two rows of zeros.
Difference compare_rows(std::span<const float> ours, std::span<const float> truth);

}  // namespace ridgepoint
