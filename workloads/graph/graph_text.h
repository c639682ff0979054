// A graph as text for people: one line a node with its op id, operator, shapes and work.
#pragma once

#include <cstdint>
#include <string>

#include "workloads/graph/graph.h"

namespace ridgepoint {

/// Ends with a line of totals. `past`: tokens that every sequence's cache already holds.
std::string to_text(const Graph& graph, std::int64_t past = 0);

}  // namespace ridgepoint
