#include "harness/cli/quality_budget_options.h"

#include <CLI/CLI.hpp>

#include "harness/cli/quantity.h"

namespace ridgepoint {

void add_budget_options(CLI::App& command, QualityBudgetArguments& arguments,
                        const std::string& consequence) {
  command
      .add_option("--max-kl", arguments.max_kl,
                  "Mean KL divergence from the baseline, in nats a token; past it " + consequence)
      ->type_name("NATS")
      ->group("Quality budget");
  command
      .add_option("--max-perplexity-increase", arguments.max_perplexity_increase,
                  "Perplexity above the baseline's, as in 2%; past it " + consequence)
      ->type_name("SHARE")
      ->group("Quality budget");
}

QualityBudget parse_budget(const QualityBudgetArguments& arguments) {
  QualityBudget budget;
  if (arguments.max_kl) budget.max_kl = parse_nats(*arguments.max_kl, "--max-kl");
  if (arguments.max_perplexity_increase) {
    budget.max_perplexity_increase =
        parse_share(*arguments.max_perplexity_increase, "--max-perplexity-increase");
  }
  return budget;
}

}  // namespace ridgepoint
