#include "harness/ab/ab_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "harness/run/progress.h"
#include "results/pair_contamination.h"
#include "results/report/markdown_text.h"
#include "results/report/table.h"
#include "results/statistics/betting_test.h"
#include "results/statistics/quantile.h"
#include "workloads/number_of.h"
#include "workloads/shell_quote.h"

namespace ridgepoint {
namespace {

constexpr int kAbJsonVersion = 1;
// What more pairs might be worth is told up to here.
constexpr std::size_t kMostForecastPairs = 1000;
// A finer question than the one asked, to say what this machine could resolve.
constexpr double kFinerShare = 0.25;

/// 1.032 becomes "+3.2 %".
std::string change_text(double ratio) {
  const double percent = 100 * (ratio - 1);
  return std::abs(percent) < 10 ? fmt::format("{:+.2f} %", percent)
                                : fmt::format("{:+.1f} %", percent);
}

/// Of how much worse B is, B over A in the figure's own unit: 1.25 times as bad is 0.8 of the
/// tokens a second.
double in_own_unit(const AbFigure& figure, double worse_ratio) {
  return figure.more_is_better ? 1 / worse_ratio : worse_ratio;
}

RatioInterval in_own_unit(const AbFigure& figure, RatioInterval worse) {
  if (!figure.more_is_better) return worse;
  for (auto* end : {&worse.low, &worse.high}) {
    if (*end) **end = 1 / **end;
  }
  std::swap(worse.low, worse.high);
  return worse;
}

std::string end_text(const std::optional<double>& ratio) {
  return ratio ? change_text(*ratio) : "unknown";
}

std::string interval_text(const RatioInterval& interval) {
  if (!interval.low && !interval.high) return "no bounds yet";
  return end_text(interval.low) + " to " + end_text(interval.high);
}

std::string percent_text(double share) {
  return fmt::format("{:g} %", std::round(share * 1e5) / 1e3);
}

GateRules with_tolerance(GateRules rules, double tolerance) {
  rules.tolerance = tolerance;
  return rules;
}

std::string forecast_text(const SequentialGate& gate, double tolerance, std::size_t pairs_left,
                          const AbProgress& progress, std::uint64_t seed) {
  const auto most = std::min(pairs_left, kMostForecastPairs);
  const auto needed =
      forecast_pairs(gate.history(), with_tolerance(gate.rules(), tolerance), most, seed);
  if (!needed) return percent_text(tolerance) + " is not to be had within this budget";
  if (*needed == 0) return percent_text(tolerance) + " is decided";
  const auto time = duration_text(static_cast<std::int64_t>(*needed) * progress.pair_ns);
  return fmt::format("{} needs about {} ({})", percent_text(tolerance),
                     number_of(*needed, "more pair"), time);
}

/// Values of one arm over the pairs that count.
std::vector<double> values_of(const AbSession& session, std::size_t figure,
                              std::vector<double> AbPair::*side) {
  std::vector<double> values;
  for (const auto& pair : session.pairs) {
    if (pair.dropped.empty()) values.push_back((pair.*side).at(figure));
  }
  return values;
}

double median_of(const std::vector<double>& values) {
  return values.empty() ? 0 : median(std::span<const double>(values));
}

/// Each line, as `shown` gives it, after `mark`.
std::string indented(
    std::string_view lines, std::string_view mark,
    const std::function<std::string(std::string_view)>& shown = [](std::string_view line) {
      return std::string(line);
    }) {
  std::string text;
  while (!lines.empty()) {
    const auto end = std::min(lines.find('\n'), lines.size());
    text += fmt::format("{}{}\n", mark, shown(lines.substr(0, end)));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return text;
}

std::string shown_name(const AbFigure& figure) {
  return figure.name == figure.name_b ? figure.name : figure.name + " | " + figure.name_b;
}

/// Of one figure. Where the session was not called faster though all pairs say so (a quality
/// budget), neither is a figure of it.
Verdict verdict_of_figure(const AbSession& session, const AbEvaluation& evaluation,
                          const SequentialGate& gate) {
  const bool withheld =
      session.verdict == Verdict::undecided && evaluation.verdict() == Verdict::faster;
  return withheld && gate.verdict() == Verdict::faster ? Verdict::undecided : gate.verdict();
}

/// Heading first.
std::vector<std::vector<std::string>> figure_rows(const AbSession& session,
                                                  const AbEvaluation& evaluation) {
  std::vector<std::vector<std::string>> rows{
      {"figure", "verdict", "B against A", "interval", "A", "B", "best A", "best B"}};
  for (std::size_t i = 0; i < evaluation.figures().size(); ++i) {
    const auto& figure = evaluation.figures()[i];
    const auto& gate = evaluation.gates()[i];
    const auto best = [&](std::vector<double> AbPair::*side) {
      const auto values = values_of(session, i, side);
      if (values.empty()) return 0.0;
      return figure.more_is_better ? *std::ranges::max_element(values)
                                   : *std::ranges::min_element(values);
    };
    rows.push_back({shown_name(figure),
                    std::string(name_of(verdict_of_figure(session, evaluation, gate))),
                    change_text(in_own_unit(figure, gate.ratio())),
                    interval_text(in_own_unit(figure, gate.interval())),
                    format_value(median_of(values_of(session, i, &AbPair::a)), figure.unit),
                    format_value(median_of(values_of(session, i, &AbPair::b)), figure.unit),
                    format_value(best(&AbPair::a_least), figure.unit),
                    format_value(best(&AbPair::b_least), figure.unit)});
  }
  return rows;
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

/// The sentence that a reader in a hurry takes away.
std::string headline(const AbSession& session, const AbEvaluation& evaluation,
                     const GateRules& rules) {
  const std::string tolerance = percent_text(rules.tolerance);
  const std::string rate = percent_text(rules.alpha);
  switch (session.verdict) {
    case Verdict::slower:
      return fmt::format(
          "slower: B is slower than A by more than {} (false with probability at most {})",
          tolerance, rate);
    case Verdict::faster:
      return fmt::format(
          "faster: B is faster than A by more than {} (false with probability at most {})",
          tolerance, rate);
    case Verdict::same:
      return fmt::format(
          "same: B differs from A by less than {} (false with probability at most {})", tolerance,
          rate);
    case Verdict::incomparable:
      return "incomparable: " + first_line(session.reason);
    case Verdict::undecided:
      break;
  }
  const bool not_slower =
      !evaluation.gates().empty() && evaluation.verdict() == Verdict::undecided &&
      std::ranges::all_of(evaluation.gates(), [](const auto& gate) { return gate.not_slower(); });
  return fmt::format("undecided: {}{}", first_line(session.reason),
                     not_slower ? fmt::format("; that B is not slower by more than {} is certain "
                                              "enough, same or faster is not",
                                              tolerance)
                                : "");
}

nlohmann::json conditions_json(const ArmConditions& conditions) {
  return {{"duration_ns", conditions.duration_ns},
          {"involuntary_switches", conditions.involuntary_switches},
          {"major_faults", conditions.major_faults},
          {"clock_khz", conditions.clock_khz},
          {"cpu_ns", conditions.cpu_ns}};
}

/// What the kernel counted so often for one arm that it is that arm's own doing.
std::vector<std::string> own_contamination(const AbSession& session, const AbOptions& options) {
  PairContamination contamination({.steal_share = options.most_steal_share});
  for (const auto& pair : session.pairs) contamination.judge(pair);
  std::vector<std::string> lines;
  for (const auto& [cause, pairs] : contamination.by_cause()) {
    const std::string owner = contamination.owner(cause);
    if (owner.empty()) continue;
    lines.push_back(fmt::format("{} in {} keep to {}: they are its own doing, and such pairs count",
                                cause, number_of(pairs, "pair"), owner));
  }
  return lines;
}

/// How far an undecided session is from a verdict.
std::string forecast_text(const SequentialGate& gate, const AbOptions& options, double pair_ns) {
  if (gate.history().count() < kPairsToForecastBy) {
    return fmt::format("how many more pairs a verdict needs can be told from {} on",
                       kPairsToForecastBy);
  }
  const auto forecast =
      forecast_pairs(gate.history(), gate.rules(), 2 * kMostForecastPairs, options.seed);
  if (!forecast) {
    return fmt::format(
        "no verdict is to be expected within {} more pairs: the difference is too near the "
        "tolerance for this noise",
        2 * kMostForecastPairs);
  }
  return fmt::format(
      "a verdict needs about {} ({})", number_of(*forecast, "more pair"),
      duration_text(static_cast<std::int64_t>(static_cast<double>(*forecast) * pair_ns)));
}

/// What a reader must know to trust it or to go on, a line each.
std::vector<std::string> notes(const AbSession& session, const AbEvaluation& evaluation,
                               const AbOptions& options, const std::string& database) {
  std::vector<std::string> lines;
  lines.push_back("A: " + session.a);
  lines.push_back("B: " + session.b);
  if (const auto end = session.reason.find('\n'); end != std::string::npos) {
    lines.push_back(session.reason.substr(end + 1));
    for (auto at = lines.back().find('\n'); at != std::string::npos; at = lines.back().find('\n')) {
      std::string rest = lines.back().substr(at + 1);
      lines.back().resize(at);
      lines.push_back(std::move(rest));
    }
  }
  if (evaluation.gates().empty()) return lines;
  const auto& gate = evaluation.gates()[evaluation.telling_figure()];
  std::string pairs = fmt::format("{} of fresh processes in random order (seed {})",
                                  number_of(evaluation.pairs(), "pair"), options.seed);
  if (evaluation.dropped() > 0) {
    pairs += fmt::format(", {} more dropped for what the kernel counted", evaluation.dropped());
  }
  lines.push_back(pairs);
  for (std::string& line : own_contamination(session, options)) lines.push_back(std::move(line));
  lines.push_back(fmt::format(
      "noise of a pair {:.2f} %; lag-1 correlation of the differences {:+.2f}, {}",
      100 * gate.history().scale(), gate.history().autocorrelation(),
      gate.beyond_covered_correlation() &&
              (gate.verdict_within_covered() != gate.verdict() ||
               gate.history().unbiased_autocorrelation() > options.rules.correlation_up_to)
          ? fmt::format("more than the {:g} that --correlation-up-to covers is not ruled out: the "
                        "evidence is what holds for up to {:g}",
                        options.rules.correlation_up_to, kLargestCorrelation)
          : fmt::format("up to {:g} is covered", options.rules.correlation_up_to)));
  // What was decided and withheld needs no more pairs.
  if (session.verdict != Verdict::undecided || evaluation.verdict() != Verdict::undecided) {
    return lines;
  }

  std::vector<std::int64_t> durations;
  for (const auto& pair : session.pairs) durations.push_back(pair.duration_ns);
  if (durations.empty()) return lines;
  const auto pair_ns = median(std::span<const std::int64_t>(durations));
  lines.push_back(forecast_text(gate, options, pair_ns));
  if (const auto power = power_at(gate.history(), gate.rules(), options.power_at,
                                  evaluation.pairs(), options.seed)) {
    lines.push_back(
        fmt::format("a slowdown of {} would have been found by now with probability "
                    "{:.0f} %",
                    percent_text(options.power_at), 100 * *power));
  }
  lines.push_back("go on with: ridgepoint ab --resume " + session.id.substr(0, 8) +
                  (database.empty() ? "" : " --db " + shell_quote(database)));
  return lines;
}

nlohmann::json optional_number(const std::optional<double>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

}  // namespace

std::string progress_text(const AbEvaluation& evaluation, const AbOptions& options,
                          const AbProgress& progress, bool forecast) {
  const auto telling = evaluation.telling_figure();
  const auto& gate = evaluation.gates().at(telling);
  const auto& figure = evaluation.figures()[telling];
  const auto evidence = gate.evidence();
  const std::pair<double, std::string_view> leading =
      std::max({std::pair<double, std::string_view>(evidence.slower, "slower"),
                std::pair<double, std::string_view>(evidence.faster, "faster"),
                std::pair<double, std::string_view>(
                    std::min(evidence.not_slower, evidence.not_faster), "same")});
  std::string text = fmt::format(
      "{}{}: B {} ({}), {:.0f} % of the evidence for \"{}\"", number_of(evaluation.pairs(), "pair"),
      evaluation.gates().size() > 1 ? ", " + shown_name(figure) : "",
      change_text(in_own_unit(figure, gate.ratio())),
      interval_text(in_own_unit(figure, gate.interval())),
      100 * std::clamp(leading.first / evidence.threshold, 0.0, 1.0), leading.second);
  if (!forecast || gate.verdict() != Verdict::undecided ||
      gate.history().count() < kPairsToForecastBy) {
    return text;
  }
  for (const double tolerance : {options.rules.tolerance, kFinerShare * options.rules.tolerance}) {
    text += "; " + forecast_text(gate, tolerance, progress.pairs_left(), progress, options.seed);
  }
  return text;
}

std::string ab_table(const AbSession& session, const AbOptions& options,
                     const std::string& database) {
  const auto evaluation = evaluate(session, options.rules);
  std::string text = headline(session, evaluation, options.rules) + "\n\n";
  if (evaluation.pairs() > 0) text += align(figure_rows(session, evaluation)) + "\n";
  if (!session.cause.empty()) text += "why:\n" + indented(session.cause, "  ") + "\n";
  for (const auto& line : notes(session, evaluation, options, database)) text += line + "\n";
  return text;
}

std::string ab_markdown(const AbSession& session, const AbOptions& options,
                        const std::string& database) {
  const auto evaluation = evaluate(session, options.rules);
  const auto line = headline(session, evaluation, options.rules);
  const auto colon = line.find(':');
  std::string text =
      fmt::format("**{}**{}\n\n", line.substr(0, colon), markdown_escaped(line.substr(colon)));
  if (evaluation.pairs() > 0) {
    text += pipe_table(figure_rows(session, evaluation));
  }
  if (!session.cause.empty())
    text += "\nWhy:\n\n" + indented(session.cause, "- ", markdown_escaped);
  text += "\n<details><summary>How it was measured</summary>\n\n";
  for (const auto& note : notes(session, evaluation, options, database))
    text += "- " + markdown_escaped(note) + "\n";
  return text + "\n</details>\n";
}

std::string ab_json(const AbSession& session, const AbOptions& options) {
  const auto evaluation = evaluate(session, options.rules);
  auto figures = nlohmann::json::array();
  for (std::size_t i = 0; i < evaluation.figures().size(); ++i) {
    const auto& figure = evaluation.figures()[i];
    const auto& gate = evaluation.gates()[i];
    const auto interval = gate.interval();
    const auto evidence = gate.evidence();
    figures.push_back({{"name", figure.name},
                       {"name_b", figure.name_b},
                       {"unit", figure.unit},
                       {"more_is_better", figure.more_is_better},
                       {"verdict", name_of(verdict_of_figure(session, evaluation, gate))},
                       {"worse_ratio", gate.ratio()},
                       {"worse_ratio_low", optional_number(interval.low)},
                       {"worse_ratio_high", optional_number(interval.high)},
                       {"ratio", in_own_unit(figure, gate.ratio())},
                       {"ratio_low", optional_number(in_own_unit(figure, interval).low)},
                       {"ratio_high", optional_number(in_own_unit(figure, interval).high)},
                       {"printed_unit", figure.printed_unit.value_or("")},
                       {"median_a", median_of(values_of(session, i, &AbPair::a))},
                       {"median_b", median_of(values_of(session, i, &AbPair::b))},
                       {"noise", gate.history().scale()},
                       {"autocorrelation", gate.history().autocorrelation()},
                       {"beyond_covered_correlation", gate.beyond_covered_correlation()},
                       {"log_evidence",
                        {{"slower", evidence.slower},
                         {"not_slower", evidence.not_slower},
                         {"faster", evidence.faster},
                         {"not_faster", evidence.not_faster},
                         {"needed", evidence.threshold}}}});
  }
  auto pairs = nlohmann::json::array();
  for (const auto& pair : session.pairs) {
    pairs.push_back({{"b_first", pair.b_first},
                     {"a", pair.a},
                     {"b", pair.b},
                     {"duration_ns", pair.duration_ns},
                     {"steal_share", pair.steal_share},
                     {"throttles", pair.throttles},
                     {"a_conditions", conditions_json(pair.a_conditions)},
                     {"b_conditions", conditions_json(pair.b_conditions)},
                     {"dropped", pair.dropped}});
  }
  return nlohmann::json{{"format", "ridgepoint-ab"},
                        {"version", kAbJsonVersion},
                        {"id", session.id},
                        {"label", session.label},
                        {"a", session.a},
                        {"b", session.b},
                        {"status", session.status},
                        {"verdict", name_of(session.verdict)},
                        {"reason", session.reason},
                        {"cause", session.cause},
                        {"options", nlohmann::json::parse(session.options)},
                        {"environment_hash", session.environment_hash},
                        {"started_unix_ns", session.started_unix_ns},
                        {"finished_unix_ns", session.finished_unix_ns},
                        {"counted_pairs", evaluation.pairs()},
                        {"dropped_pairs", evaluation.dropped()},
                        {"figures", figures},
                        {"pairs", pairs}}
             .dump(2, ' ', false, nlohmann::json::error_handler_t::replace) +
         "\n";
}

}  // namespace ridgepoint
