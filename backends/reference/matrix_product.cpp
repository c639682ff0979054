#include <algorithm>
#include <cmath>

#include "backends/reference/dot.h"
#include "backends/reference/operators.h"

namespace ridgepoint::reference {
namespace {

// Weight rows that are widened together: enough to read each activation row seldom, few enough to
// stay in a second-level cache (16 rows of 4096 doubles are 512 KiB).
constexpr std::size_t kWeightRows = 16;
constexpr std::size_t kInputRows = 2;
// Multiply-adds that are worth waking a thread for.
constexpr std::int64_t kGrain = 32 * 1024;

constexpr std::size_t kRoundedTogether = 32;

void round_to_eight_bits(std::span<float> values) {
  float largest = 0;
  for (const float value : values) largest = std::max(largest, std::abs(value));
  const float scale = largest / 127.0F;
  if (!(scale > 0) || !std::isfinite(scale)) return;
  for (float& value : values) value = std::nearbyint(value / scale) * scale;
}

/// What products with such weights make of their inputs where speed counts.
void round_as_fast_backends(Type weight, std::span<float> row) {
  switch (weight) {
    case Type::bf16:
      for (float& value : row) value = bf16_to_float(float_to_bf16(value));
      return;
    case Type::q8_0:
    case Type::q4_0:
    case Type::q5_0:
    case Type::q4_k:
    case Type::q6_k:
    case Type::q8_channel:
    case Type::q8_g64:
    case Type::q8_g128:
      for (std::size_t at = 0; at < row.size(); at += kRoundedTogether) {
        round_to_eight_bits(row.subspan(at, std::min(kRoundedTogether, row.size() - at)));
      }
      return;
    default:
      return;  // floats as they are
  }
}

}  // namespace

std::size_t scratch_bytes(const MatrixProduct&, const Call& call) {
  const auto length = static_cast<std::size_t>(call.inputs[0].row_length());
  return scratch_for<float>(length) + scratch_for<double>(kWeightRows * length) +
         scratch_for<double>(kInputRows * length) + scratch_for<double>(kInputRows * kWeightRows);
}

void run(const MatrixProduct&, const Call& call) {
  const Operand& input = call.inputs[0];
  const Operand& weight = call.inputs[1];
  const auto length = static_cast<std::size_t>(input.row_length());
  const std::int64_t rows = input.rows();
  const std::int64_t grain = std::max<std::int64_t>(1, kGrain / (rows * input.row_length()));
  // Every output is one dot product, whoever computes it and beside whichever others.
  call.pool->for_range(weight.rows(), grain, [&](std::int64_t begin, std::int64_t end, int part) {
    Scratch scratch = call.scratch(part);
    const auto narrow = scratch.take<float>(length);
    const auto wide_weights = scratch.take<double>(kWeightRows * length);
    const auto wide_inputs = scratch.take<double>(kInputRows * length);
    const auto sums = scratch.take<double>(kInputRows * kWeightRows);
    for (std::int64_t first = begin; first < end; first += kWeightRows) {
      const auto columns =
          static_cast<std::size_t>(std::min<std::int64_t>(kWeightRows, end - first));
      for (std::size_t c = 0; c < columns; ++c) {
        to_float(weight.type, weight.row(first + static_cast<std::int64_t>(c)), narrow);
        widen(narrow, wide_weights.subspan(c * length, length));
      }
      for (std::int64_t r = 0; r < rows; r += kInputRows) {
        const auto height = static_cast<std::size_t>(std::min<std::int64_t>(kInputRows, rows - r));
        for (std::size_t i = 0; i < height; ++i) {
          std::span<const float> row = input.floats(r + static_cast<std::int64_t>(i));
          if (call.rounds) {
            std::ranges::copy(row, narrow.begin());
            round_as_fast_backends(weight.type, narrow);
            row = narrow;
          }
          widen(row, wide_inputs.subspan(i * length, length));
        }
        dot_tile({.x = wide_inputs.data(),
                  .x_rows = height,
                  .x_stride = length,
                  .w = wide_weights.data(),
                  .w_rows = columns,
                  .w_stride = length,
                  .count = length,
                  .out = sums.data(),
                  .out_stride = kWeightRows});
        for (std::size_t i = 0; i < height; ++i) {
          const auto target = call.output.floats(r + static_cast<std::int64_t>(i))
                                  .subspan(static_cast<std::size_t>(first), columns);
          for (std::size_t c = 0; c < columns; ++c) {
            target[c] = static_cast<float>(sums[i * kWeightRows + c]);
          }
        }
      }
    }
  });
}

}  // namespace ridgepoint::reference
