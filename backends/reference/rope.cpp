#include <cmath>

#include "backends/reference/operators.h"

namespace ridgepoint::reference {
namespace {

constexpr std::int64_t kGrain = 4;  // rows

}  // namespace

std::size_t scratch_bytes(const Rope& op, const Call&) {
  return 2 * scratch_for<double>(op.inverse_frequencies.size());
}

void run(const Rope& op, const Call& call) {
  const std::size_t pairs = op.inverse_frequencies.size();
  const std::size_t heads = static_cast<std::size_t>(call.output.row_length()) / (2 * pairs);
  // Where a pair's two elements lie within its head.
  const bool adjacent = op.pairing == RopePairing::adjacent;
  const std::size_t step = adjacent ? 2 : 1, apart = adjacent ? 1 : pairs;
  call.pool->for_range(
      call.output.rows(), kGrain, [&](std::int64_t begin, std::int64_t end, int part) {
        Scratch scratch = call.scratch(part);
        const auto cosines = scratch.take<double>(pairs), sines = scratch.take<double>(pairs);
        for (std::int64_t r = begin; r < end; ++r) {
          const auto position = static_cast<double>(call.step.past + r % call.step.tokens);
          for (std::size_t i = 0; i < pairs; ++i) {
            cosines[i] = std::cos(position * op.inverse_frequencies[i]);
            sines[i] = std::sin(position * op.inverse_frequencies[i]);
          }
          const auto source = call.inputs[0].floats(r), target = call.output.floats(r);
          for (std::size_t head = 0; head < heads; ++head) {
            for (std::size_t i = 0; i < pairs; ++i) {
              const std::size_t first = head * 2 * pairs + i * step, second = first + apart;
              const auto a = static_cast<double>(source[first]);
              const auto b = static_cast<double>(source[second]);
              target[first] = static_cast<float>(a * cosines[i] - b * sines[i]);
              target[second] = static_cast<float>(a * sines[i] + b * cosines[i]);
            }
          }
        }
      });
}

}  // namespace ridgepoint::reference
