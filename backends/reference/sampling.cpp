#include <algorithm>

#include "backends/reference/operators.h"
#include "backends/token_choice.h"

namespace ridgepoint::reference {

void run(const Sample& op, const Call& call) {
  const auto chosen = call.output.integers();
  const std::int64_t position = call.step.past + call.step.tokens;
  for (std::size_t s = 0; s < chosen.size(); ++s) {
    const auto sequence = static_cast<std::int64_t>(s);
    const auto logits = call.inputs[0].floats(sequence);
    chosen[s] = op.temperature == 0.0
                    ? static_cast<std::int32_t>(std::ranges::max_element(logits) - logits.begin())
                    : draw_token(op, logits, sample_uniform(op.seed, position, sequence));
  }
}

}  // namespace ridgepoint::reference
