// Where each activation lives inside one block of memory. A value needs its bytes from the node
// that makes it to the last that reads it; afterwards others take the place, and an operator that
// works element by element or row by row writes over an input that nobody needs any more.
#pragma once

#include <cstddef>
#include <vector>

#include "workloads/graph/graph.h"

namespace ridgepoint {

struct ActivationPlan {
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::vector<std::size_t> offsets;  ///< by ValueId; kNone for what is not an activation
  std::size_t bytes = 0;             ///< of the whole block
};

ActivationPlan plan_activations(const Graph& graph);

}  // namespace ridgepoint
