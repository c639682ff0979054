#include "harness/ab/ab_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <random>
#include <utility>

#include "harness/environment/environment.h"
#include "profiler/clock/clock_estimate.h"
#include "profiler/clock/monotonic_clock.h"
#include "profiler/machine/load.h"
#include "profiler/machine/throttling.h"
#include "results/compare/attribution.h"
#include "results/pair_contamination.h"
#include "results/report/attribution_text.h"
#include "results/statistics/quantile.h"
#include "results/store/store.h"
#include "workloads/error.h"

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
          .clock_khz = clock_khz ? clock_khz.value() : 0};
}

std::string names_of(const Slice& slice) {
  std::string names;
  for (const auto& value : slice.values) names += (names.empty() ? "" : ", ") + value.name;
  return names;
}

const SliceValue* find_value(const Slice& slice, std::string_view name) {
  const auto found = std::ranges::find(slice.values, name, &SliceValue::name);
  return found == slice.values.end() ? nullptr : &*found;
}

/// The figures that both arms give: by name; where no name is shared, by position.
std::vector<AbFigure> match_figures(const Slice& a, const Slice& b) {
  std::vector<AbFigure> figures;
  const auto add = [&](const SliceValue& of_a, const SliceValue& of_b) {
    if (of_a.unit != of_b.unit || of_a.more_is_better != of_b.more_is_better) {
      throw Error(fmt::format("A gives '{}' in {} and B gives '{}' in {}: they cannot be compared",
                              of_a.name, of_a.unit, of_b.name, of_b.unit));
    }
    figures.push_back({of_a.name, of_b.name, of_a.unit, of_a.more_is_better});
  };
  for (const auto& value : a.values) {
    if (const auto* other = find_value(b, value.name)) add(value, *other);
  }
  if (figures.empty() && a.values.size() == b.values.size()) {
    for (std::size_t i = 0; i < a.values.size(); ++i) add(a.values[i], b.values[i]);
  }
  if (figures.empty()) {
    throw Error(fmt::format("A and B have no figure in common: A gives {}; B gives {}",
                            a.values.empty() ? "none" : names_of(a),
                            b.values.empty() ? "none" : names_of(b)));
  }
  return figures;
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
                 fmt::format("B measures faster after {} pairs, but is not called so: {}",
                             evaluation_.pairs(), why));
    }
    return end("finished", evaluation_.verdict(),
               fmt::format("decided after {} pairs", evaluation_.pairs()));
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
    const auto figures = match_figures(a, b);
    if (session_.pairs.empty()) {
      session_.figures = figures;
      store_.set_figures(session_.id, figures);
      evaluation_ = AbEvaluation(figures, options_.rules);
    } else if (figures != session_.figures) {
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

  /// Why B may not be called faster; empty: it may, or is not.
  [[nodiscard]] std::string withheld() const {
    if (evaluation_.verdict() != Verdict::faster || !options_.budget.given()) return {};
    // A session that goes on and is decided already has only its first slices.
    for (const Record& record : budgeted_) {
      if (record.subject.workload != "llm") continue;
      auto why = withheld_by_quality(options_.budget, record.subject, qualities_);
      if (!why.empty()) return why;
    }
    return budgeted_.empty() ? "an arm that is no case of ours has no stored quality"
                             : std::string();
  }

  /// Why the figure that decides differs: from the records of the last pair, whose op times,
  /// memory and clock stand for the others.
  [[nodiscard]] std::string cause() const {
    const auto figure = evaluation_.telling_figure();
    const auto verdict = evaluation_.gates().at(figure).verdict();
    if (verdict != Verdict::slower && verdict != Verdict::faster) return {};
    const auto* a = find_value(last_a_, session_.figures[figure].name);
    const auto* b = find_value(last_b_, session_.figures[figure].name_b);
    if (a == nullptr || b == nullptr || !a->record || !b->record) return {};
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
      return fmt::format("{} of {} pairs were disturbed from outside and do not count",
                         evaluation_.dropped(), evaluation_.dropped() + evaluation_.pairs());
    }
    if (static_cast<double>(elapsed_ns) >= options_.budget_seconds * 1e9) {
      return fmt::format("the budget of {:g} s is spent after {} pairs", options_.budget_seconds,
                         evaluation_.pairs());
    }
    if (evaluation_.pairs() >= static_cast<std::size_t>(options_.most_pairs)) {
      return fmt::format("{} pairs did not decide it", evaluation_.pairs());
    }
    return std::nullopt;
  }

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
    session_.reason = reason;
    session_.finished_unix_ns = unix_ns();
    store_.finish(session_.id, status, verdict, reason, session_.cause, session_.finished_unix_ns);
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
  AbEvaluation evaluation_;
  std::int64_t start_ns_ = 0;
  std::vector<std::int64_t> durations_ns_;
  PairContamination contamination_;
  ThrottleCount throttles_;
  Slice last_a_, last_b_;
  std::vector<Record> budgeted_;  ///< B's cases, whose quality the budget is for
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
  return PairLoop(store, store.session(session_id), a, b, options, observer, stop, qualities).run();
}

}  // namespace ridgepoint
