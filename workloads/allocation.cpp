#include "workloads/allocation.h"

#include <algorithm>

namespace ridgepoint {

std::vector<std::string_view> allocation_names() {
  return {"arena", "pool", "plain"};
}

std::optional<Allocation> find_allocation(std::string_view name) {
  const auto names = allocation_names();
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Allocation>(found - names.begin());
}

}  // namespace ridgepoint
