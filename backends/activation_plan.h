// Where each activation lives inside one block of memory. A value needs its bytes from the node
// that makes it to the last that reads it; afterwards others take the place, and an operator that
// works element by element or row by row writes over an input that nobody needs any more. That is
// an arena; the other ways to allocate (workloads/allocation.h) are planned beside it, so that what
// they cost can be measured.
#pragma once

#include <cstddef>
#include <vector>

#include "workloads/allocation.h"
#include "workloads/graph/graph.h"

namespace ridgepoint {

struct ActivationPlan {
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::vector<std::size_t> offsets;  ///< by ValueId; kNone for what is not an activation
  std::size_t bytes = 0;             ///< of the whole block
  std::size_t live_bytes = 0;        ///< the most that is alive at once: no plan needs less
};

ActivationPlan plan_activations(const Graph& graph, Allocation allocation = Allocation::arena);

}  // namespace ridgepoint
