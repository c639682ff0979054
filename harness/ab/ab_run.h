// The loop of an A/B: pairs of fresh processes in an order drawn for each, stored one by one, until
// there is a verdict or the budget is spent.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/ab/ab_evaluation.h"
#include "harness/ab/ab_options.h"
#include "harness/ab/arm.h"
#include "results/store/ab_store.h"

namespace ridgepoint {

struct AbProgress {
  std::int64_t elapsed_ns = 0;
  std::int64_t budget_ns = 0;
  std::int64_t pair_ns = 0;  ///< what a pair takes, median so far
  /// Pairs that fit into what is left of the budget.
  [[nodiscard]] std::size_t pairs_left() const;
};

/// Watches an A/B; called on its thread.
class AbObserver {
 public:
  virtual ~AbObserver() = default;
  virtual void warming_up() = 0;
  virtual void pair_done(const AbPair& pair, const AbEvaluation& evaluation,
                         const AbProgress& progress) = 0;
};

/// What is on record of the machine and this call; begins the session in the store.
AbSession begin_ab(AbStore& store, std::string a, std::string b, const AbOptions& options,
                   std::string label, std::string command);

/// Goes on with a session, whose pairs so far count. Stores the verdict, with the reason, and
/// returns the session as it is then. Error when an arm fails, which is stored with its reason; the
/// session stays resumable, and says so when it went on.
/// With a budget, B is not called faster when `qualities` (stored_qualities) say that one of its
/// model cases is past it, or nothing.
AbSession run_ab(AbStore& store, const std::string& session_id, Arm& a, Arm& b,
                 const AbOptions& options, AbObserver& observer, const std::atomic<bool>& stop,
                 const std::vector<Record>& qualities = {});

/// An arm failed as a tool before or while it was measured.
void store_failure(AbStore& store, const AbSession& begun, std::string_view why);

/// Why a session cannot go on here: what of the machine (of this program too, where an arm runs it)
/// is not what it was; empty: it can.
std::string difference_from_beginning(const AbSession& session);

}  // namespace ridgepoint
