// One tensor from the type that it is stored in to another, and how much that costs.
//
// The error of a tensor is relative: sqrt(sum (x' - x)^2 / sum x^2) over its elements, so each row
// weighs as much as its output does. That is the error of a product's outputs, root mean square, as
// a share of theirs, when the inputs are independent and of equal size; which they are not quite,
// so it tells weights apart, not models.
#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <string_view>

#include "workloads/formats/owned_bytes.h"
#include "workloads/tensor/tensor.h"
#include "workloads/transforms/transform.h"

namespace ridgepoint {

/// What encoding asks about a tensor beforehand.
struct Survey {
  double energy = 0;     ///< sum of squares
  float largest = 0.0F;  ///< magnitude
};

/// Error ("tensor NAME: ...") when an element is not a finite number.
Survey survey(std::string_view name, const TensorView& tensor, int threads);

struct Encoded {
  std::shared_ptr<OwnedBytes> bytes;
  double squared_error = 0;
};

/// The same bits for any number of threads. Nothing when the relative error exceeds `error_limit`,
/// which is noticed as soon as it is certain. Error when a row is not whole blocks of the type, or
/// the type cannot hold numbers of that size.
std::optional<Encoded> encode(std::string_view name, const TensorView& tensor,
                              const Survey& surveyed, const ToType& to, int threads,
                              double error_limit = std::numeric_limits<double>::infinity());

}  // namespace ridgepoint
