#include "harness/ab/ab_options.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "workloads/error.h"

namespace ridgepoint {
namespace {

void require(bool holds, std::string_view what, double value) {
  if (!holds) throw Error(fmt::format("{}, not {:g}", what, value));
}

nlohmann::json number_or_null(const std::optional<double>& number) {
  return number ? nlohmann::json(*number) : nlohmann::json(nullptr);
}

std::optional<double> number_if_there(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return std::nullopt;
  return found->get<double>();
}

}  // namespace

void validate(const AbOptions& options) {
  const auto& rules = options.rules;
  require(rules.tolerance > 0 && rules.tolerance <= 1,
          "--tolerance: expected more than 0 % and at most 100 %", 100 * rules.tolerance);
  require(rules.alpha > 0 && rules.alpha <= 0.2, "--alpha: expected more than 0 % and at most 20 %",
          100 * rules.alpha);
  require(rules.correlation_up_to >= 0 && rules.correlation_up_to <= 0.95,
          "--correlation-up-to: expected 0 to 0.95", rules.correlation_up_to);
  require(options.power_at > rules.tolerance,
          "--power-at: expected more than the tolerance, within which a difference does not count",
          100 * options.power_at);
  require(options.budget_seconds > 0, "--budget: expected more than 0 s", options.budget_seconds);
  require(options.most_pairs >= 1, "--pairs: expected at least 1",
          static_cast<double>(options.most_pairs));
  require(options.arm.time_limit_seconds > 0, "--time-limit-seconds: expected more than 0",
          options.arm.time_limit_seconds);
}

std::string to_json(const AbOptions& options) {
  return nlohmann::json{
      {"tolerance", options.rules.tolerance},
      {"alpha", options.rules.alpha},
      {"correlation_up_to", options.rules.correlation_up_to},
      {"power_at", options.power_at},
      {"budget_seconds", options.budget_seconds},
      {"most_pairs", options.most_pairs},
      {"seed", options.seed},
      {"most_steal_share", options.most_steal_share},
      {"number_after", options.arm.number_after},
      {"unit", options.arm.unit},
      {"more_is_better", options.arm.more_is_better},
      {"time_limit_seconds", options.arm.time_limit_seconds},
      {"working_directory", options.arm.working_directory.string()},
      {"max_kl", number_or_null(options.budget.max_kl)},
      {"max_perplexity_increase", number_or_null(options.budget.max_perplexity_increase)},
      {"refs",
       {{"repository", options.refs.repository},
        {"name_a", options.refs.name_a},
        {"name_b", options.refs.name_b},
        {"commit_a", options.refs.commit_a},
        {"commit_b", options.refs.commit_b},
        {"build", options.refs.build},
        {"bench", options.refs.bench}}}}
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

AbOptions ab_options_from_json(std::string_view json) {
  try {
    const auto stored = nlohmann::json::parse(json);
    AbOptions options;
    options.rules.tolerance = stored.at("tolerance");
    options.rules.alpha = stored.at("alpha");
    options.rules.correlation_up_to = stored.at("correlation_up_to");
    options.power_at = stored.at("power_at");
    options.budget_seconds = stored.at("budget_seconds");
    options.most_pairs = stored.at("most_pairs");
    options.seed = stored.at("seed");
    options.most_steal_share = stored.at("most_steal_share");
    options.arm.number_after = stored.at("number_after");
    options.arm.unit = stored.at("unit");
    options.arm.more_is_better = stored.at("more_is_better");
    options.arm.time_limit_seconds = stored.at("time_limit_seconds");
    options.arm.working_directory = stored.at("working_directory").get<std::string>();
    // Sessions of before there was a budget have none.
    options.budget.max_kl = number_if_there(stored, "max_kl");
    options.budget.max_perplexity_increase = number_if_there(stored, "max_perplexity_increase");
    const auto& refs = stored.at("refs");
    options.refs = {.repository = refs.at("repository"),
                    .name_a = refs.at("name_a"),
                    .name_b = refs.at("name_b"),
                    .commit_a = refs.at("commit_a"),
                    .commit_b = refs.at("commit_b"),
                    .build = refs.at("build"),
                    .bench = refs.at("bench")};
    return options;
  } catch (const nlohmann::json::exception& problem) {
    throw Error(fmt::format("the options of this A/B session are damaged: {}", problem.what()));
  }
}

}  // namespace ridgepoint
