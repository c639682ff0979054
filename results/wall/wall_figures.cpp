#include "results/wall/wall_figures.h"

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

namespace ridgepoint {
namespace {

using WallJson = nlohmann::json;

constexpr std::array kArchitectures{Architecture::llama, Architecture::qwen2, Architecture::gpt2,
                                    Architecture::mixtral, Architecture::gpt_oss};

/// The numbers of a shape that its graphs follow from.
constexpr std::pair<const char*, std::int64_t ModelConfig::*> kShapeNumbers[] = {
    {"layers", &ModelConfig::layers},
    {"hidden", &ModelConfig::hidden},
    {"heads", &ModelConfig::heads},
    {"kv_heads", &ModelConfig::kv_heads},
    {"head_dim", &ModelConfig::head_dim},
    {"ffn", &ModelConfig::ffn},
    {"vocab", &ModelConfig::vocab},
    {"context", &ModelConfig::context},
    {"sliding_window", &ModelConfig::sliding_window}};

WallJson json_of_shape(const ModelConfig& shape) {
  WallJson json = {{"architecture", name_of(shape.architecture)},
                   {"name", shape.name},
                   {"tied_embeddings", shape.tied_embeddings},
                   {"qkv_bias", shape.qkv_bias}};
  for (const auto& [name, number] : kShapeNumbers) json[name] = shape.*number;
  return json;
}

std::optional<ModelConfig> shape_from_json(const WallJson& json) {
  ModelConfig shape;
  const auto architecture = json.at("architecture").get<std::string>();
  bool is_known = false;
  for (const Architecture each : kArchitectures) {
    if (name_of(each) != architecture) continue;
    shape.architecture = each;
    is_known = true;
  }
  if (!is_known) return std::nullopt;
  shape.name = json.at("name").get<std::string>();
  shape.tied_embeddings = json.at("tied_embeddings").get<bool>();
  shape.qkv_bias = json.at("qkv_bias").get<bool>();
  for (const auto& [name, number] : kShapeNumbers) {
    shape.*number = json.at(name).get<std::int64_t>();
  }
  return shape;
}

/// Rows of numbers: rows, past, seconds.
WallJson json_of_costs(const std::vector<EngineCosts::PastCost>& costs) {
  WallJson json = WallJson::array();
  for (const auto& cost : costs) json.push_back({cost.rows, cost.past, cost.seconds});
  return json;
}

/// A number alone stands for all rows and pasts, in records from before there were several.
std::vector<EngineCosts::PastCost> costs_from_json(const WallJson& json) {
  if (json.is_number()) return {{1, 0, json.get<double>()}};
  std::vector<EngineCosts::PastCost> costs;
  for (const auto& cost : json) {
    costs.push_back(
        {cost.at(0).get<std::int64_t>(), cost.at(1).get<std::int64_t>(), cost.at(2).get<double>()});
  }
  return costs;
}

}  // namespace

nlohmann::json to_json(const WallFigures& figures) {
  WallJson rows = WallJson::array();
  for (const auto& cost : figures.costs.by_rows) {
    rows.push_back({cost.rows, cost.seconds_per_weight_byte});
  }
  WallJson json = {
      {"model", figures.model},
      {"type", figures.type},
      {"engine", figures.engine},
      {"threads", figures.threads},
      {"kv", figures.kv},
      {"load_bytes_per_second", {figures.load.value, figures.load.low, figures.load.high}},
      {"load_over_bytes", figures.load_bytes},
      {"arithmetic", figures.arithmetic},
      {"operations_per_second", figures.operations_per_second},
      {"sliced_layers", figures.sliced_layers},
      {"sliced_bytes", figures.sliced_bytes},
      {"seconds_per_weight_byte_by_rows", std::move(rows)},
      {"seconds_per_kv_byte", json_of_costs(figures.costs.kv)},
      {"seconds_per_attention_flop", json_of_costs(figures.costs.attention)},
      {"available_bytes", figures.need.available_bytes},
      {"weight_bytes", figures.need.weight_bytes},
      {"kv_bytes_per_token", figures.need.kv_bytes_per_token}};
  if (figures.shape) json["shape"] = json_of_shape(*figures.shape);
  return json;
}

std::optional<WallFigures> wall_figures_from_json(const nlohmann::json& json) {
  try {
    WallFigures figures;
    figures.model = json.at("model").get<std::string>();
    figures.type = json.at("type").get<std::string>();
    figures.engine = json.at("engine").get<std::string>();
    figures.threads = json.at("threads").get<std::int64_t>();
    figures.kv = json.at("kv").get<std::string>();
    const auto& load = json.at("load_bytes_per_second");
    figures.load = {load.at(1).get<double>(), load.at(0).get<double>(), load.at(2).get<double>()};
    figures.load_bytes = json.at("load_over_bytes").get<std::int64_t>();
    figures.arithmetic = json.at("arithmetic").get<std::string>();
    figures.operations_per_second = json.at("operations_per_second").get<double>();
    figures.sliced_layers = json.at("sliced_layers").get<std::int64_t>();
    figures.sliced_bytes = json.at("sliced_bytes").get<std::int64_t>();
    for (const auto& row : json.at("seconds_per_weight_byte_by_rows")) {
      figures.costs.by_rows.push_back({row.at(0).get<std::int64_t>(), row.at(1).get<double>()});
    }
    if (figures.costs.by_rows.empty()) return std::nullopt;
    figures.costs.kv = costs_from_json(json.at("seconds_per_kv_byte"));
    figures.costs.attention = costs_from_json(json.at("seconds_per_attention_flop"));
    figures.need.available_bytes = json.at("available_bytes").get<std::int64_t>();
    figures.need.weight_bytes = json.at("weight_bytes").get<std::int64_t>();
    figures.need.kv_bytes_per_token = json.at("kv_bytes_per_token").get<std::int64_t>();
    if (json.contains("shape")) figures.shape = shape_from_json(json.at("shape"));
    return figures;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

}  // namespace ridgepoint
