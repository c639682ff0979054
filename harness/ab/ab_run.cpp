#include "harness/ab/ab_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <random>
#include <utility>

#include "harness/ab/conditions_cause.h"
#include "harness/ab/match_figures.h"
#include "harness/environment/environment.h"
#include "profiler/clock/clock_estimate.h"
#include "profiler/clock/monotonic_clock.h"
#include "profiler/machine/load.h"
#include "profiler/machine/throttling.h"
#include "results/compare/attribution.h"
#include "results/compare/environment_difference.h"
#include "results/pair_contamination.h"
#include "results/report/attribution_text.h"
#include "results/statistics/quantile.h"
#include "results/store/store.h"
#include "workloads/error.h"
#include "workloads/number_of.h"

namespace ridgepoint {
namespace {

// When this many pairs have been tried and most were dropped, the machine will not let us decide.
constexpr std::size_t kPairsToGiveUpAfter = 20;

/// A fair coin, the same for a pair however often the session was interrupted before it.
bool draw_b_first(std::uint64_t seed, std::int64_t ordinal) {
  std::seed_seq sequence{seed, static_cast<std::uint64_t>(ordinal)};
  std::mt19937_64 random(sequence);
  return (random() >> 63) != 0;
}

double steal_share(const Reading<CpuTime>& before, const Reading<CpuTime>& after) {
  if (!before || !after) return 0;
  const auto total = after.value().total - before.value().total;
  const auto steal = after.value().steal - before.value().steal;
  return total > 0 ? static_cast<double>(steal) / static_cast<double>(total) : 0;
}

ArmConditions conditions_of(const Slice& slice, const Reading<std::int64_t>& clock_khz) {
  return {.duration_ns = slice.duration_ns,
          .involuntary_switches = slice.involuntary_switches,
          .major_faults = slice.major_faults,
          .clock_khz = clock_khz ? clock_khz.value() : 0,
          .cpu_ns = slice.cpu_ns};
}

const SliceValue* find_value(const Slice& slice, std::string_view name) {
  const auto found = std::ranges::find(slice.values, name, &SliceValue::name);
  return found == slice.values.end() ? nullptr : &*found;
}

std::string quoted_list(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names)
    text += fmt::format("{}'{}'", text.empty() ? "" : ", ", name);
  return text;
}

/// Figures as they were when the session began, whose units may not have been looked at then.
bool same_figures(const std::vector<AbFigure>& now, const std::vector<AbFigure>& stored) {
  return std::ranges::equal(now, stored, [](AbFigure of_now, const AbFigure& of_stored) {
    if (!of_stored.printed_unit) of_now.printed_unit.reset();
    return of_now == of_stored;
  });
}

constexpr std::string_view kFailed = "failed: ";
constexpr std::string_view kWentOn = "it went on after a failure: ";

/// The failures that a session has on record, newest first, a line each.
std::string failures_of(const AbSession& session) {
  std::string lines;
  std::string_view rest = session.reason;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto line = rest.substr(0, end);
    if (line.starts_with(kFailed)) {
      lines += fmt::format("\n{}{}", kWentOn, line.substr(kFailed.size()));
    } else if (line.starts_with(kWentOn)) {
      lines += fmt::format("\n{}", line);
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return lines;
}

class PairLoop {
 public:
  PairLoop(AbStore& store, AbSession session, Arm& a, Arm& b, const AbOptions& options,
           AbObserver& observer, const std::atomic<bool>& stop,
           const std::vector<Record>& qualities)
      : store_(store),
        session_(std::move(session)),
        a_(a),
        b_(b),
        options_(options),
        observer_(observer),
        stop_(stop),
        qualities_(qualities),
        failures_(failures_of(session_)),
        evaluation_(evaluate(session_, options.rules)),
        contamination_({.steal_share = options.most_steal_share}) {
    // What is usual was learnt from every pair so far.
    for (const AbPair& pair : session_.pairs) contamination_.judge(pair);
  }

  AbSession run() {
    start_ns_ = monotonic_ns();
    if (const auto refused = warm_up()) return end("finished", Verdict::incomparable, *refused);
    while (evaluation_.verdict() == Verdict::undecided) {
      if (stop_.load(std::memory_order_relaxed)) return interrupted();
      if (const auto spent = budget_spent()) return end("finished", Verdict::undecided, *spent);
      AbPair pair;
      if (const auto refused = measure(pair)) {
        return end("finished", Verdict::incomparable, *refused);
      }
      if (stop_.load(std::memory_order_relaxed)) return interrupted();
      store_.add_pair(session_.id, pair);
      evaluation_.add(pair);
      session_.pairs.push_back(pair);
      durations_ns_.push_back(pair.duration_ns);
      observer_.pair_done(pair, evaluation_, progress());
    }
    session_.cause = cause();
    if (const auto why = withheld(); !why.empty()) {
      return end("finished", Verdict::undecided,
                 fmt::format("B measures {} after {}, but is not called so: {}",
                             name_of(evaluation_.verdict()), pairs_text(), why));
    }
    std::string reason = fmt::format("decided after {}", pairs_text());
    if (!missing_in_b_.empty()) {
      reason +=
          fmt::format("\nnot compared, since B does not give it: {}", quoted_list(missing_in_b_));
    }
    return end("finished", evaluation_.verdict(), reason);
  }

 private:
  /// One slice of each that does not count: files come into memory, what is compared is seen.
  std::optional<std::string> warm_up() {
    observer_.warming_up();
    const Slice a = a_.run(stop_);
    const Slice b = a.interrupted ? a : b_.run(stop_);
    if (a.interrupted || b.interrupted) return std::nullopt;
    if (const auto refused = refusal(a, b)) return refused;
    budgeted_ = b.records;
    beside_.clear();
    for (const Record& record : a.records) {
      if (record.subject.workload == "llm") beside_.push_back(record.subject);
    }
    const auto [figures, only_a, only_b] = match_figures(a, b);
    missing_in_b_ = only_a;
    if (!only_b.empty()) {
      more_notes_ = "\nnot compared, since A does not give it: " + quoted_list(only_b);
    }
    if (session_.pairs.empty()) {
      session_.figures = figures;
      store_.set_figures(session_.id, figures);
      evaluation_ = AbEvaluation(figures, options_.rules);
    } else if (!same_figures(figures, session_.figures)) {
      throw Error(fmt::format(
          "A/B session {}: the arms give other figures than when it began; begin a new one",
          session_.id.substr(0, 8)));
    }
    return std::nullopt;
  }

  static std::optional<std::string> refusal(const Slice& a, const Slice& b) {
    for (const auto& [name, slice] : {std::pair("A", &a), std::pair("B", &b)}) {
      if (!slice->not_a_result.empty()) return fmt::format("{}: {}", name, slice->not_a_result);
    }
    return std::nullopt;
  }

  std::optional<std::string> measure(AbPair& pair) {
    pair.ordinal = session_.pairs.empty() ? 0 : session_.pairs.back().ordinal + 1;
    pair.b_first = draw_b_first(options_.seed, pair.ordinal);
    const auto start_ns = monotonic_ns();
    const auto load_before = read_cpu_time();
    const auto throttles_before = throttles_.read();
    const Slice first = (pair.b_first ? b_ : a_).run(stop_);
    const auto clock_of_first = estimate_clock_khz();
    const Slice second = first.interrupted ? first : (pair.b_first ? a_ : b_).run(stop_);
    const auto clock_of_second = estimate_clock_khz();
    pair.steal_share = steal_share(load_before, read_cpu_time());
    if (const auto throttles = throttles_.read(); throttles && throttles_before) {
      pair.throttles = throttles.value() - throttles_before.value();
    }
    pair.duration_ns = monotonic_ns() - start_ns;
    if (first.interrupted || second.interrupted) return std::nullopt;
    const Slice& a = pair.b_first ? second : first;
    const Slice& b = pair.b_first ? first : second;
    if (const auto refused = refusal(a, b)) return refused;
    pair.started_unix_ns = first.started_unix_ns;
    pair.involuntary_switches = a.involuntary_switches + b.involuntary_switches;
    pair.major_faults = a.major_faults + b.major_faults;
    pair.a_conditions = conditions_of(a, pair.b_first ? clock_of_second : clock_of_first);
    pair.b_conditions = conditions_of(b, pair.b_first ? clock_of_first : clock_of_second);
    for (const auto& figure : session_.figures) {
      const auto* of_a = find_value(a, figure.name);
      const auto* of_b = find_value(b, figure.name_b);
      if (of_a == nullptr || of_b == nullptr) {
        throw Error(fmt::format("{} gave no '{}' this time", of_a == nullptr ? "A" : "B",
                                of_a == nullptr ? figure.name : figure.name_b));
      }
      require_same_unit(figure, *of_a, "A");
      require_same_unit(figure, *of_b, "B");
      pair.a.push_back(of_a->value);
      pair.b.push_back(of_b->value);
      pair.a_least.push_back(of_a->least);
      pair.b_least.push_back(of_b->least);
    }
    last_a_ = a;
    last_b_ = b;
    pair.dropped = contamination_.judge(pair);
    return std::nullopt;
  }

  /// Why B may not be called faster or the same; empty: it may, or is not.
  [[nodiscard]] std::string withheld() const {
    const bool passes =
        evaluation_.verdict() == Verdict::same || evaluation_.verdict() == Verdict::faster;
    if (passes && !missing_in_b_.empty()) {
      return fmt::format(
          "B does not give {}, which A gives; leave out of A what is gone on purpose",
          quoted_list(missing_in_b_));
    }
    if (evaluation_.verdict() != Verdict::faster || !options_.budget.given()) return {};
    // A session that goes on and is decided already has only its first slices.
    for (const Record& record : budgeted_) {
      if (record.subject.workload != "llm") continue;
      auto why =
          withheld_by_quality(options_.budget, record, case_beside(record.subject), qualities_);
      if (!why.empty()) return why;
    }
    return budgeted_.empty() ? "an arm that is no case of ours has no stored quality"
                             : std::string();
  }

  /// What A runs where B runs this: the same weights where A has them, too; else the same model.
  [[nodiscard]] const Case* case_beside(const Case& subject) const {
    if (beside_.empty()) return nullptr;
    auto found = std::ranges::find_if(
        beside_, [&](const Case& other) { return same_weights(other, subject); });
    if (found == beside_.end()) found = std::ranges::find(beside_, subject.model, &Case::model);
    return found == beside_.end() ? &beside_.front() : &*found;
  }

  /// Why the figure that decides differs: from the records of the last pair, whose op times,
  /// memory and clock stand for the others; for other programs from what the kernel counted.
  [[nodiscard]] std::string cause() const {
    const auto figure = evaluation_.telling_figure();
    const auto verdict = evaluation_.gates().at(figure).verdict();
    if (verdict != Verdict::slower && verdict != Verdict::faster) return {};
    const auto* a = find_value(last_a_, session_.figures[figure].name);
    const auto* b = find_value(last_b_, session_.figures[figure].name_b);
    // A session that goes on and is decided already has no last pair of this call.
    if (a == nullptr || b == nullptr || !a->record || !b->record) {
      return conditions_cause(session_);
    }
    if (a->metric != b->metric || phase_of(a->metric).empty()) return {};
    std::string lines;
    for (const auto& line :
         explain(attribute(last_a_.records[*a->record], last_b_.records[*b->record], a->metric,
                           a->value, b->value))) {
      lines += (lines.empty() ? "" : "\n") + line;
    }
    return lines;
  }

  std::optional<std::string> budget_spent() const {
    const auto elapsed_ns = monotonic_ns() - start_ns_;
    if (evaluation_.dropped() >= kPairsToGiveUpAfter &&
        evaluation_.dropped() > 3 * evaluation_.pairs()) {
      return fmt::format("{} of {} were disturbed from outside and do not count",
                         evaluation_.dropped(),
                         number_of(evaluation_.dropped() + evaluation_.pairs(), "pair"));
    }
    if (static_cast<double>(elapsed_ns) >= options_.budget_seconds * 1e9) {
      return fmt::format("the budget of {:g} s is spent after {}{}", options_.budget_seconds,
                         pairs_text(), correlation_text());
    }
    if (evaluation_.pairs() >= static_cast<std::size_t>(options_.most_pairs)) {
      return fmt::format("{} did not decide it{}", pairs_text(), correlation_text());
    }
    return std::nullopt;
  }

  /// What kept a figure from a verdict that it would have if its noise were as little correlated
  /// as the options say; empty where nothing did.
  [[nodiscard]] std::string correlation_text() const {
    for (const SequentialGate& gate : evaluation_.gates()) {
      if (gate.verdict() != Verdict::undecided ||
          gate.verdict_within_covered() == Verdict::undecided) {
        continue;
      }
      return fmt::format(
          "; it would be {} if differences of neighbouring pairs were correlated by {:g} at most "
          "(--correlation-up-to), but {:.2f} is measured, which does not rule out more",
          name_of(gate.verdict_within_covered()), options_.rules.correlation_up_to,
          gate.history().unbiased_autocorrelation());
    }
    return {};
  }

  [[nodiscard]] std::string pairs_text() const { return number_of(evaluation_.pairs(), "pair"); }

  [[nodiscard]] AbProgress progress() const {
    return {
        .elapsed_ns = monotonic_ns() - start_ns_,
        .budget_ns = static_cast<std::int64_t>(options_.budget_seconds * 1e9),
        .pair_ns = static_cast<std::int64_t>(median(std::span<const std::int64_t>(durations_ns_)))};
  }

  AbSession interrupted() {
    return end("interrupted", Verdict::undecided, "stopped; what was measured is kept");
  }

  AbSession end(std::string_view status, Verdict verdict, const std::string& reason) {
    session_.status = status;
    session_.verdict = verdict;
    session_.reason = reason + more_notes_ + failures_;
    session_.finished_unix_ns = unix_ns();
    store_.finish(session_.id, status, verdict, session_.reason, session_.cause,
                  session_.finished_unix_ns);
    return std::move(session_);
  }

  AbStore& store_;
  AbSession session_;
  Arm& a_;
  Arm& b_;
  const AbOptions& options_;
  AbObserver& observer_;
  const std::atomic<bool>& stop_;
  const std::vector<Record>& qualities_;
  std::string failures_;                   ///< of this session before this call
  std::string more_notes_;                 ///< lines behind the reason
  std::vector<std::string> missing_in_b_;  ///< figures that only A gives
  AbEvaluation evaluation_;
  std::int64_t start_ns_ = 0;
  std::vector<std::int64_t> durations_ns_;
  PairContamination contamination_;
  ThrottleCount throttles_;
  Slice last_a_, last_b_;
  std::vector<Record> budgeted_;  ///< B's cases, whose quality the budget is for
  std::vector<Case> beside_;      ///< A's
};

}  // namespace

std::size_t AbProgress::pairs_left() const {
  if (pair_ns <= 0 || elapsed_ns >= budget_ns) return 0;
  return static_cast<std::size_t>((budget_ns - elapsed_ns) / pair_ns);
}

AbSession begin_ab(AbStore& store, std::string a, std::string b, const AbOptions& options,
                   std::string label, std::string command) {
  const Environment environment = read_environment();
  AbSession session;
  session.id = new_uuid();
  session.label = std::move(label);
  session.command = std::move(command);
  session.a = std::move(a);
  session.b = std::move(b);
  session.options = to_json(options);
  session.status = "running";
  session.started_unix_ns = unix_ns();
  session.environment_hash = environment.stable_hash;
  session.environment = environment.stable;
  store.begin(session);
  return session;
}

AbSession run_ab(AbStore& store, const std::string& session_id, Arm& a, Arm& b,
                 const AbOptions& options, AbObserver& observer, const std::atomic<bool>& stop,
                 const std::vector<Record>& qualities) {
  const AbSession begun = store.session(session_id);
  store.wait_at_most(kPatienceForMeasured);
  try {
    return PairLoop(store, begun, a, b, options, observer, stop, qualities).run();
  } catch (const Error& failure) {
    store_failure(store, begun, failure.what());
    throw;
  }
}

void store_failure(AbStore& store, const AbSession& begun, std::string_view why) {
  std::string reason = fmt::format("{}{}{}", kFailed, why, failures_of(begun));
  try {
    store.finish(begun.id, "interrupted", Verdict::undecided, reason, "", unix_ns());
  } catch (const Error&) {
    // It may be the database that failed; the first failure is the one to tell.
  }
}

std::string difference_from_beginning(const AbSession& session) {
  const auto is_ours = [](const std::string& arm) {
    return arm.starts_with("run:") || arm.find(": run:") != std::string::npos;
  };
  const bool runs_this_program = is_ours(session.a) || is_ours(session.b);
  std::string text;
  for (const auto& difference :
       environment_differences(session.environment, read_environment().stable)) {
    const bool matters = difference.part == EnvironmentPart::machine
                             ? difference.blocks
                             : difference.part == EnvironmentPart::build && runs_this_program;
    if (!matters) continue;
    text += fmt::format("{}{} was {} and is {}", text.empty() ? "" : "; ", difference.key,
                        difference.a, difference.b);
  }
  return text;
}

}  // namespace ridgepoint
