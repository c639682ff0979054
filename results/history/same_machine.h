// Whether two environments are of machines alike enough for their times to stand in one line.
#pragma once

#include <string_view>

namespace ridgepoint {

/// Of two stable environments (Run::environment, docs/formats.md): CPU, memory, huge pages, kernel,
/// OS, virtualisation, limits and GPU agree wherever both say something. Build and tool may differ.
/// Texts that are not JSON objects say nothing.
bool same_machine(std::string_view a, std::string_view b);

}  // namespace ridgepoint
