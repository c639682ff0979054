// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/wall_forecast.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <exception>

#include "results/wall/step_work.h"
#include "workloads/error.h"
#include "workloads/models/lower.h"
#include "workloads/models/model_type.h"
#include "workloads/models/slice.h"
#include "workloads/tensor/kv_type.h"

namespace ridgepoint {
namespace {

double rate_of_batch(double seconds, std::int64_t batch) {
  return seconds > 0 ? static_cast<double>(batch) / seconds : 0;
}

std::int64_t along(std::int64_t at_zero, std::int64_t at_some, std::int64_t some,
                   std::int64_t context) {
  const double slope = static_cast<double>(at_some - at_zero) / static_cast<double>(some);
  return at_zero + std::llround(slope * static_cast<double>(context));
}

std::string key_of(const WallQuestion& question) {
  const ModelConfig& shape = question.shape;
  return fmt::format("{} {} {} {} {} {} {} {} {} {}", shape.name, shape.layers, shape.hidden,
                     shape.heads, shape.kv_heads, shape.head_dim, shape.ffn, shape.vocab,
                     question.type, question.kv);
}

std::int64_t bytes_of_weights(const Model& outline) {
  std::int64_t bytes = 0;
  for (const auto& [name, view] : outline.weights) bytes += byte_count(view.type, view.shape);
  return bytes;
}

}  // namespace

bool WallQuestion::operator==(const WallQuestion& other) const {
  return key_of(*this) == key_of(other) && batch == other.batch && context == other.context &&
         machine.bytes_per_second == other.machine.bytes_per_second &&
         machine.operations_per_second == other.machine.operations_per_second &&
         memory_bytes == other.memory_bytes;
}

const std::vector<std::int64_t>& wall_batches() {
  static const std::vector<std::int64_t> batches{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};
  return batches;
}

void WallForecast::choose(const WallQuestion& question) {
  std::string key = key_of(question);
  if (key == chosen_) return;
  outline_ = outline_model(question.shape, ModelType::parse(question.type));
  by_batch_.clear();
  chosen_ = std::move(key);
}

StepWork WallForecast::step(const WallQuestion& question, std::int64_t batch) {
  constexpr std::int64_t kSomeTokens = 512;
  auto found = by_batch_.find(batch);
  if (found == by_batch_.end()) {
    Lowered lowered;
    lowered.filled_tokens = std::clamp<std::int64_t>(question.shape.context - 1, 1, kSomeTokens);
    const Phase phase{.batch = batch,
                      .tokens = 1,
                      .capacity = lowered.filled_tokens + 1,
                      .kv_type = find_kv_type(question.kv).value_or(Type::f16)};
    const Graph graph = lower(outline_, phase);
    lowered.empty = step_work(graph, 0);
    lowered.filled = step_work(graph, lowered.filled_tokens);
    found = by_batch_.emplace(batch, lowered).first;
  }
  const auto& [empty, filled, some] = found->second;
  StepWork work = empty;
  work.past = question.context;
  work.kv_bytes = along(empty.kv_bytes, filled.kv_bytes, some, question.context);
  work.attention_flops =
      along(empty.attention_flops, filled.attention_flops, some, question.context);
  return work;
}

WallAnswer WallForecast::answer(const WallQuestion& question, const WallFigures* engine) {
  WallAnswer answer;
  try {
    choose(question);
    if (question.machine.bytes_per_second <= 0 || question.machine.operations_per_second <= 0) {
      throw Error("no bandwidth, or no arithmetic, is set");
    }
    const auto point_of = [&](std::int64_t batch) {
      const StepWork work = step(question, batch);
      const double roof = roof_seconds(question.machine, std::array{work});
      WallPoint point{static_cast<double>(batch), rate_of_batch(roof, batch), 0};
      if (engine != nullptr) {
        const MachineRoof own{engine->load.value, engine->operations_per_second};
        const double timed = predict_decode(engine->costs, work).seconds;
        const double own_roof = roof_seconds(own, std::array{work});
        if (own_roof > 0) point.tokens_per_second = rate_of_batch(roof * timed / own_roof, batch);
      }
      return point;
    };
    for (const std::int64_t batch : wall_batches()) answer.over_batch.push_back(point_of(batch));
    const WallPoint here = point_of(question.batch);
    answer.step = step(question, question.batch);
    answer.roof_tokens_per_second = here.roof_tokens_per_second;
    if (engine != nullptr) {
      answer.tokens_per_second = here.tokens_per_second;
      answer.critical_batch = critical_batch(engine->costs);
    }
    const auto batch = static_cast<double>(question.batch);
    answer.weight_bytes_per_token = static_cast<double>(answer.step.weight_bytes) / batch;
    answer.kv_bytes_per_token = static_cast<double>(answer.step.kv_bytes) / batch;
    answer.critical_batch_by_roof = critical_batch(question.machine, step(question, 1));
    answer.weight_bytes = bytes_of_weights(outline_);
    const Type kv_type = find_kv_type(question.kv).value_or(Type::f16);
    const MemoryNeed need{.available_bytes = question.memory_bytes,
                          .weight_bytes = answer.weight_bytes,
                          .kv_bytes_per_token = kv_bytes_per_token(question.shape, kv_type),
                          .parameters = parameter_count(question.shape)};
    answer.cache_bytes =
        need.kv_bytes_per_token * question.batch * std::max<std::int64_t>(question.context, 1);
    answer.largest_batch = largest_batch(need, question.context);
    answer.largest_context = largest_context(need, question.batch);
    const double kv_a_token = static_cast<double>(need.kv_bytes_per_token) * batch;
    if (kv_a_token > 0) {
      answer.crossing_context = static_cast<double>(answer.step.weight_bytes) / kv_a_token;
    }
  } catch (const std::exception& problem) {
    answer = {};
    answer.problem = QString::fromUtf8(problem.what());
  }
  return answer;
}

}  // namespace ridgepoint
