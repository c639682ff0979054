#include <algorithm>
#include <cmath>

#include "backends/reference/operators.h"

namespace ridgepoint::reference {

void run(const Softmax&, const Call& call) {
  call.pool->for_range(call.output.rows(), 2, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t r = begin; r < end; ++r) {
      const auto source = call.inputs[0].floats(r), target = call.output.floats(r);
      const auto most = static_cast<double>(*std::ranges::max_element(source));
      double total = 0.0;
      for (const float each : source) total += std::exp(static_cast<double>(each) - most);
      for (std::size_t i = 0; i < target.size(); ++i) {
        target[i] = static_cast<float>(std::exp(static_cast<double>(source[i]) - most) / total);
      }
    }
  });
}

}  // namespace ridgepoint::reference
