// Operators that move rows: from tables, into the cache, out of a batch.
#include <fmt/format.h>

#include <algorithm>

#include "backends/reference/operators.h"
#include "workloads/error.h"

namespace ridgepoint::reference {
namespace {

constexpr std::int64_t kGrain = 16;  // rows

}  // namespace

void run(const Embedding&, const Call& call) {
  const auto tokens = call.inputs[0].integers();
  const Operand& table = call.inputs[1];
  for (const std::int32_t token : tokens) {
    if (token < 0 || token >= table.shape[0]) {
      throw Error(fmt::format("embedding: token {} is outside the table of {} rows", token,
                              table.shape[0]));
    }
  }
  call.pool->for_range(call.output.rows(), kGrain, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t r = begin; r < end; ++r) {
      to_float(table.type, table.row(tokens[static_cast<std::size_t>(r)]), call.output.floats(r));
    }
  });
}

std::size_t scratch_bytes(const PositionEmbedding&, const Call& call) {
  return scratch_for<float>(static_cast<std::size_t>(call.output.row_length()));
}

void run(const PositionEmbedding&, const Call& call) {
  const Operand& table = call.inputs[1];
  if (call.step.past + call.step.tokens > table.shape[0]) {
    throw Error(fmt::format("position_embedding: position {} is outside the table of {} rows",
                            call.step.past + call.step.tokens - 1, table.shape[0]));
  }
  call.pool->for_range(
      call.output.rows(), kGrain, [&](std::int64_t begin, std::int64_t end, int part) {
        const auto length = static_cast<std::size_t>(call.output.row_length());
        const auto learned = call.scratch(part).take<float>(length);
        for (std::int64_t r = begin; r < end; ++r) {
          to_float(table.type, table.row(call.step.past + r % call.step.tokens), learned);
          const auto source = call.inputs[0].floats(r), target = call.output.floats(r);
          for (std::size_t i = 0; i < length; ++i) target[i] = source[i] + learned[i];
        }
      });
}

void run(const KvAppend&, const Call& call) {
  const Operand& input = call.inputs[0];
  const Operand& cache = call.inputs[KvAppend::kCacheInput];
  call.pool->for_range(input.rows(), kGrain, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t r = begin; r < end; ++r) {
      const std::int64_t sequence = r / call.step.tokens, token = r % call.step.tokens;
      from_float(cache.type, input.floats(r),
                 cache.row(sequence * cache.shape[1] + call.step.past + token));
    }
  });
}

void run(const SelectLast& op, const Call& call) {
  const std::int64_t tokens = call.inputs[0].rows() / op.batch;
  for (std::int64_t s = 0; s < op.batch; ++s) {
    std::ranges::copy(call.inputs[0].floats(s * tokens + tokens - 1),
                      call.output.floats(s).begin());
  }
}

}  // namespace ridgepoint::reference
