// --max-kl and --max-perplexity-increase: the same words for every command that takes a budget.
#pragma once

#include <optional>
#include <string>

#include "results/compare/quality_budget.h"

namespace CLI {
class App;
}

namespace ridgepoint {

struct QualityBudgetArguments {
  std::optional<std::string> max_kl, max_perplexity_increase;  ///< as typed
};

/// `consequence` says what happens past the budget; `arguments` must outlive the parser.
void add_budget_options(CLI::App& command, QualityBudgetArguments& arguments,
                        const std::string& consequence);
/// Error for what is no number of nats or no share.
QualityBudget parse_budget(const QualityBudgetArguments& arguments);

}  // namespace ridgepoint
