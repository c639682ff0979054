// Allocation: how an engine finds room for activations, whose lifetimes the graph tells beforehand.
// An axis of a case, and an option of an engine; what it costs shows in memory and, once
// activations no longer fit a cache, in time.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ridgepoint {

enum class Allocation {
  arena,  ///< one block; places are cut to size, joined again and written over in place
  pool,   ///< whole buffers, handed back and lent again to whatever fits in
  plain,  ///< a place of its own for each activation, lent to no other
};

/// "arena", "pool", "plain", in the order of the enumeration.
std::vector<std::string_view> allocation_names();
/// None for a name that is not one of those.
std::optional<Allocation> find_allocation(std::string_view name);

}  // namespace ridgepoint
