#include "results/wall/engine_costs.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "workloads/error.h"

namespace ridgepoint {
namespace {

double as_double(std::int64_t value) {
  return static_cast<double>(value);
}

/// The pass of the same rows with the short past.
const SliceTime& partner_of(const SliceTime& deep, std::span<const SliceTime> shallow) {
  const auto found = std::ranges::find_if(
      shallow, [&](const SliceTime& time) { return time.work.rows == deep.work.rows; });
  if (found == shallow.end()) {
    throw Error("wall: the deep pass was timed with rows that no shallow pass has");
  }
  return *found;
}

double rate_of(double more_seconds, std::int64_t more_work) {
  if (more_work <= 0) return 0;
  return std::max(more_seconds, 0.0) / as_double(more_work);
}

void add_row_cost(EngineCosts& costs, const SliceTime& time, double attention_seconds) {
  const double rest = std::max(time.seconds - attention_seconds, 0.0);
  costs.by_rows.push_back({time.work.rows, rest / as_double(time.work.weight_bytes)});
}

}  // namespace

double EngineCosts::seconds_per_weight_byte(std::int64_t rows) const {
  const auto above = std::ranges::lower_bound(by_rows, rows, {}, &RowCost::rows);
  if (above == by_rows.end()) {
    const RowCost& last = by_rows.back();
    return last.seconds_per_weight_byte * as_double(rows) / as_double(last.rows);
  }
  if (above == by_rows.begin() || above->rows == rows) return above->seconds_per_weight_byte;
  const RowCost& below = *std::prev(above);
  const double along = as_double(rows - below.rows) / as_double(above->rows - below.rows);
  return std::lerp(below.seconds_per_weight_byte, above->seconds_per_weight_byte, along);
}

EngineCosts fit_costs(std::span<const SliceTime> decode, const SliceTime& deep_decode,
                      std::span<const SliceTime> prefill, const SliceTime& deep_prefill) {
  if (decode.empty() || prefill.empty()) throw Error("wall: nothing was timed");
  const SliceTime& step = partner_of(deep_decode, decode);
  const SliceTime& piece = partner_of(deep_prefill, prefill);
  EngineCosts costs;
  costs.seconds_per_kv_byte =
      rate_of(deep_decode.seconds - step.seconds, deep_decode.work.kv_bytes - step.work.kv_bytes);
  costs.seconds_per_attention_flop =
      rate_of(deep_prefill.seconds - piece.seconds,
              deep_prefill.work.attention_flops - piece.work.attention_flops);
  for (const SliceTime& time : decode) {
    add_row_cost(costs, time, costs.seconds_per_kv_byte * as_double(time.work.kv_bytes));
  }
  for (const SliceTime& time : prefill) {
    add_row_cost(costs, time,
                 costs.seconds_per_attention_flop * as_double(time.work.attention_flops));
  }
  std::ranges::sort(costs.by_rows, {}, &EngineCosts::RowCost::rows);
  return costs;
}

PredictedTime predict_decode(const EngineCosts& costs, const StepWork& step) {
  PredictedTime time;
  time.weight_seconds = costs.seconds_per_weight_byte(step.rows) * as_double(step.weight_bytes);
  time.attention_seconds = costs.seconds_per_kv_byte * as_double(step.kv_bytes);
  time.seconds = time.weight_seconds + time.attention_seconds;
  return time;
}

PredictedTime predict_prefill(const EngineCosts& costs, std::span<const StepWork> pieces) {
  PredictedTime time;
  for (const StepWork& piece : pieces) {
    time.weight_seconds +=
        costs.seconds_per_weight_byte(piece.rows) * as_double(piece.weight_bytes);
    time.attention_seconds += costs.seconds_per_attention_flop * as_double(piece.attention_flops);
  }
  time.seconds = time.weight_seconds + time.attention_seconds;
  return time;
}

double roof_seconds(const MachineRoof& roof, std::span<const StepWork> steps) {
  double seconds = 0;
  for (const StepWork& step : steps) {
    const double moving = as_double(step.weight_bytes + step.kv_bytes) / roof.bytes_per_second;
    const double computing =
        as_double(step.product_flops + step.attention_flops) / roof.operations_per_second;
    seconds += std::max(moving, computing);
  }
  return seconds;
}

double critical_batch(const EngineCosts& costs) {
  const double limit = 2 * costs.by_rows.front().seconds_per_weight_byte;
  for (std::size_t i = 1; i < costs.by_rows.size(); ++i) {
    const auto& [rows, cost] = costs.by_rows[i];
    if (cost < limit) continue;
    const auto& [rows_before, cost_before] = costs.by_rows[i - 1];
    const double along = (limit - cost_before) / (cost - cost_before);
    return std::lerp(as_double(rows_before), as_double(rows), along);
  }
  return 0;
}

double critical_batch(const MachineRoof& roof, const StepWork& one) {
  return as_double(one.weight_bytes) / roof.bytes_per_second * roof.operations_per_second /
         as_double(one.product_flops);
}

double crossing_context(const EngineCosts& costs, const StepWork& step, std::int64_t context) {
  const PredictedTime time = predict_decode(costs, step);
  if (time.attention_seconds <= 0) return 0;
  // The cache grows in proportion to the context; the rest does not change.
  return as_double(context) * time.weight_seconds / time.attention_seconds;
}

}  // namespace ridgepoint
