// How the rows of OpTime are read together: the ops of all layers that do the same, and the time
// that no op accounts for, which is the last row of a phase: its op_id is empty, its op
// kNotAttributed.
#pragma once

#include <string>
#include <string_view>

namespace ridgepoint {

inline constexpr std::string_view kNotAttributed = "(not attributed)";

/// "layer.*.attention.q" of "layer.3.attention.q": every part that is a number becomes a star.
std::string op_family(std::string_view op_id);

}  // namespace ridgepoint
