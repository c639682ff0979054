#include "results/wall/engine_costs.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "workloads/error.h"

namespace ridgepoint {
namespace {

double as_double(std::int64_t value) {
  return static_cast<double>(value);
}

double rate_of(double more_seconds, std::int64_t more_work) {
  if (more_work <= 0) return 0;
  return std::max(more_seconds, 0.0) / as_double(more_work);
}

/// How far `at` lies from `low` to `high` by logarithms, 0 to 1.
double along(std::int64_t low, std::int64_t high, std::int64_t at) {
  const auto log_of = [](std::int64_t value) {
    return std::log2(as_double(std::max<std::int64_t>(value, 1)));
  };
  if (high <= low) return 0;
  return std::clamp((log_of(at) - log_of(low)) / (log_of(high) - log_of(low)), 0.0, 1.0);
}

using PastCosts = std::span<const EngineCosts::PastCost>;

/// Of costs of one number of rows.
double cost_at(PastCosts costs, std::int64_t past) {
  const auto above = std::ranges::lower_bound(costs, past, {}, &EngineCosts::PastCost::past);
  if (above == costs.end()) return costs.back().seconds;
  if (above == costs.begin()) return above->seconds;
  const auto& below = *std::prev(above);
  return std::lerp(below.seconds, above->seconds, along(below.past, above->past, past));
}

double cost_at(PastCosts costs, std::int64_t rows, std::int64_t past) {
  if (costs.empty()) return 0;
  const auto of_rows = [&](std::int64_t timed) {
    const auto first = std::ranges::lower_bound(costs, timed, {}, &EngineCosts::PastCost::rows);
    const auto last = std::ranges::upper_bound(costs, timed, {}, &EngineCosts::PastCost::rows);
    return cost_at(PastCosts(first, last), past);
  };
  const auto above = std::ranges::lower_bound(costs, rows, {}, &EngineCosts::PastCost::rows);
  if (above == costs.end()) return of_rows(costs.back().rows);
  if (above == costs.begin()) return of_rows(costs.front().rows);
  const std::int64_t below = std::prev(above)->rows;
  return std::lerp(of_rows(below), of_rows(above->rows), along(below, above->rows, rows));
}

std::vector<EngineCosts::PastCost> sorted(std::vector<EngineCosts::PastCost> costs) {
  std::ranges::sort(
      costs, {}, [](const EngineCosts::PastCost& cost) { return std::pair(cost.rows, cost.past); });
  return costs;
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

double EngineCosts::seconds_per_kv_byte(std::int64_t rows, std::int64_t past) const {
  return cost_at(kv, rows, past);
}

double EngineCosts::seconds_per_attention_flop(std::int64_t past) const {
  return cost_at(attention, 1, past);
}

EngineCosts fit_costs(std::span<const SliceTime> decode, std::span<const DeepTime> deep_decode,
                      std::span<const SliceTime> prefill, std::span<const DeepTime> deep_prefill) {
  if (decode.empty() || prefill.empty()) throw Error("wall: nothing was timed");
  EngineCosts costs;
  for (const DeepTime& time : deep_decode) {
    costs.kv.push_back({time.deep.rows, time.deep.past,
                        rate_of(time.more_seconds, time.deep.kv_bytes - time.shallow.kv_bytes)});
  }
  for (const DeepTime& time : deep_prefill) {
    costs.attention.push_back(
        {1, time.deep.past,
         rate_of(time.more_seconds, time.deep.attention_flops - time.shallow.attention_flops)});
  }
  costs.kv = sorted(std::move(costs.kv));
  costs.attention = sorted(std::move(costs.attention));
  for (const SliceTime& time : decode) {
    add_row_cost(
        costs, time,
        costs.seconds_per_kv_byte(time.work.rows, time.work.past) * as_double(time.work.kv_bytes));
  }
  for (const SliceTime& time : prefill) {
    add_row_cost(
        costs, time,
        costs.seconds_per_attention_flop(time.work.past) * as_double(time.work.attention_flops));
  }
  std::ranges::sort(costs.by_rows, {}, &EngineCosts::RowCost::rows);
  return costs;
}

PredictedTime predict_decode(const EngineCosts& costs, const StepWork& step) {
  PredictedTime time;
  time.weight_seconds = costs.seconds_per_weight_byte(step.rows) * as_double(step.weight_bytes);
  time.attention_seconds =
      costs.seconds_per_kv_byte(step.rows, step.past) * as_double(step.kv_bytes);
  time.seconds = time.weight_seconds + time.attention_seconds;
  return time;
}

PredictedTime predict_prefill(const EngineCosts& costs, std::span<const StepWork> pieces) {
  PredictedTime time;
  for (const StepWork& piece : pieces) {
    time.weight_seconds +=
        costs.seconds_per_weight_byte(piece.rows) * as_double(piece.weight_bytes);
    time.attention_seconds +=
        costs.seconds_per_attention_flop(piece.past) * as_double(piece.attention_flops);
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

double crossing_context(const EngineCosts& costs, const StepWork& step) {
  if (step.kv_bytes <= 0) return 0;
  const double weights = predict_decode(costs, step).weight_seconds;
  // The cache grows in proportion to the context; the rest does not change.
  const double bytes_a_token = as_double(step.kv_bytes) / as_double(step.past + 1);
  const auto attention = [&](double context) {
    return costs.seconds_per_kv_byte(step.rows, std::llround(context)) * bytes_a_token * context;
  };
  constexpr double kFurthest = 1e12;
  double low = 0, high = 1;
  while (attention(high) < weights && high < kFurthest) {
    low = high;
    high *= 2;
  }
  if (high >= kFurthest) return 0;
  for (int halving = 0; halving < 60; ++halving) {
    const double middle = (low + high) / 2;
    (attention(middle) < weights ? low : high) = middle;
  }
  return high;
}

}  // namespace ridgepoint
