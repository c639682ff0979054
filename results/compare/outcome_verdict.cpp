#include "results/compare/outcome_verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace ridgepoint {
namespace {

bool is_open(Outcome outcome) {
  return outcome == Outcome::mistrusted || outcome == Outcome::interrupted;
}

bool is_broken(Outcome outcome) {
  return outcome == Outcome::failed || outcome == Outcome::wrong ||
         outcome == Outcome::out_of_memory || outcome == Outcome::timed_out;
}

std::string outcome_text(std::string_view side, const ComparedOutcome& outcome) {
  if (outcome.outcome == Outcome::ok) return fmt::format("{} is ok", side);
  std::string name(name_of(outcome.outcome));
  std::ranges::replace(name, '_', ' ');
  return fmt::format("{} {}: {}", side, name, outcome.reason);
}

}  // namespace

void judge_outcomes(bool backends_differ, ComparisonRow& row) {
  const Outcome a = row.a.outcome;
  const Outcome b = row.b.outcome;
  const bool was_measured = a == Outcome::ok || a == Outcome::mistrusted;
  const bool lost = b == Outcome::unsupported && !backends_differ;
  if (was_measured && (is_broken(b) || lost)) {
    row.verdict = Verdict::slower;
    row.reason = outcome_text("B", row.b);
  } else if ((was_measured || is_open(a)) && (b == Outcome::ok || is_open(b))) {
    row.verdict = Verdict::undecided;
    row.reason = outcome_text(b == Outcome::ok ? "A" : "B", b == Outcome::ok ? row.a : row.b);
  } else {
    row.verdict = Verdict::incomparable;
    row.counts = false;
    row.reason = fmt::format("{}; {}", outcome_text("A", row.a), outcome_text("B", row.b));
  }
}

}  // namespace ridgepoint
