// The flags that users give Google Benchmark after "--", and Ridgepoint's own defaults below them.
#pragma once

#include <string>
#include <vector>

namespace ridgepoint {

/// Hands them to the library, for this whole process. Error for a flag that it does not know.
void accept_benchmark_flags(const std::vector<std::string>& flags);

}  // namespace ridgepoint
