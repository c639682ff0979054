#include "harness/ab/passport.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "harness/ab/ab_evaluation.h"
#include "harness/ab/ab_options.h"
#include "harness/ab/ab_run.h"
#include "harness/run/progress.h"
#include "results/report/table.h"
#include "results/report/time_text.h"
#include "results/statistics/quantile.h"
#include "results/store/store.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

constexpr std::string_view kLabel = "passport ";
constexpr std::size_t kMostPairs = 2000;
constexpr double kTolerances[] = {0.005, 0.01, 0.02, 0.05, 0.1};
// So fine that no case is decided before its time is over.
constexpr double kNeverDecided = 1e-5;

class NoObserver : public AbObserver {
 public:
  void warming_up() override {}
  void pair_done(const AbPair&, const AbEvaluation&, const AbProgress&) override {}
};

AbOptions passport_options(double seconds) {
  AbOptions options;
  options.rules.tolerance = kNeverDecided;
  options.power_at = 0.01;
  options.budget_seconds = seconds;
  return options;
}

/// "passport ID NAME" in its two parts.
std::pair<std::string, std::string> parts_of(const std::string& label) {
  const auto rest = label.substr(kLabel.size());
  const auto space = rest.find(' ');
  return {rest.substr(0, space), space == std::string::npos ? "" : rest.substr(space + 1)};
}

PassportLine line_of(const AbSession& session, const std::string& name) {
  PassportLine line{.name = name, .resolutions = {}};
  const AbOptions options = ab_options_from_json(session.options);
  const auto evaluation = evaluate(session, options.rules);
  line.pairs = evaluation.pairs();
  if (evaluation.gates().empty() || line.pairs == 0) return line;
  const auto& history = evaluation.gates().front().history();
  line.noise = history.scale();
  line.autocorrelation = history.autocorrelation();
  std::vector<std::int64_t> durations;
  for (const auto& pair : session.pairs) {
    durations.push_back(pair.duration_ns);
    line.steal_share += pair.steal_share / static_cast<double>(session.pairs.size());
  }
  const double pair_ns = median(std::span<const std::int64_t>(durations));
  line.pair_ns = static_cast<std::int64_t>(pair_ns);
  for (const double tolerance : kTolerances) {
    GateRules rules;
    rules.tolerance = tolerance;
    PassportResolution resolution{.tolerance = tolerance, .pairs = {}};
    resolution.pairs = pairs_to_resolve(history, rules, kMostPairs, options.seed);
    if (resolution.pairs) {
      resolution.duration_ns =
          static_cast<std::int64_t>(static_cast<double>(*resolution.pairs) * pair_ns);
    }
    line.resolutions.push_back(resolution);
  }
  return line;
}

}  // namespace

std::vector<PassportCase> passport_cases() {
  return {
      {"process", "starting and ending a process", "cmd:true"},
      {"compute", "arithmetic over data that the caches hold",
       "run:--op matrix_product --rows 16 --in 256 --out 256 --type f32 --threads 1"},
      {"memory", "a matrix larger than the caches, read once a pass",
       "run:--op matrix_product --rows 1 --in 4096 --out 8192 --type f16 --threads 1"},
      {"model", "prefill and decode of the bundled model on all cores",
       "run:--model byte-llama-6m --prompt 32 --generate 8"},
  };
}

std::string measure_passport(AbStore& store, double budget_seconds, const std::string& command,
                             const std::function<void(const PassportCase&)>& on_case,
                             const std::atomic<bool>& stop) {
  const std::string id = new_uuid().substr(0, 8);
  const auto cases = passport_cases();
  for (const auto& entry : cases) {
    if (stop.load(std::memory_order_relaxed)) break;
    on_case(entry);
    const std::string spec(entry.arm);
    const auto options = passport_options(budget_seconds / static_cast<double>(cases.size()));
    const auto session = begin_ab(store, spec, spec, options,
                                  fmt::format("{}{} {}", kLabel, id, entry.name), command);
    const auto a = parse_arm(spec, options.arm);
    const auto b = parse_arm(spec, options.arm);
    NoObserver observer;
    run_ab(store, session.id, *a, *b, options, observer, stop);
  }
  return id;
}

Passport read_passport(const AbStore& store, const std::string& id) {
  Passport passport;
  passport.id = id;
  for (const auto& session : store.list()) {  // newest first
    if (!session.label.starts_with(kLabel)) continue;
    const auto [own, name] = parts_of(session.label);
    if (passport.id.empty()) passport.id = own;
    if (own != passport.id) continue;
    passport.lines.push_back(line_of(store.session(session.id), name));
    passport.started_unix_ns = session.started_unix_ns;
    passport.environment_hash = session.environment_hash;
  }
  if (passport.lines.empty()) {
    throw Error(fmt::format("no passport {}in {}; make one with 'ridgepoint passport'",
                            id.empty() ? "" : "'" + id + "' ", store.path().string()));
  }
  std::ranges::reverse(passport.lines);
  return passport;
}

std::string passport_table(const Passport& passport) {
  std::string text =
      fmt::format("passport {} of {}, environment {}\n\n", passport.id,
                  time_text(passport.started_unix_ns), passport.environment_hash.substr(0, 12));
  std::vector<std::vector<std::string>> rows;
  rows.push_back({"case", "pairs", "a pair takes", "noise", "lag-1", "steal"});
  for (const double tolerance : kTolerances) {
    rows.back().push_back(fmt::format("{:g} % in", 100 * tolerance));
  }
  bool any_too_few = false;
  for (const auto& line : passport.lines) {
    if (line.pairs == 0) {
      rows.push_back({line.name, "0"});
      rows.back().resize(rows.front().size());
      continue;
    }
    const bool too_few = line.pairs < kPairsToForecastBy;
    any_too_few = any_too_few || too_few;
    rows.push_back({line.name, std::to_string(line.pairs),
                    format_value(static_cast<double>(line.pair_ns), "ns"),
                    fmt::format("{:.2f} %", 100 * line.noise),
                    fmt::format("{:+.2f}", line.autocorrelation),
                    fmt::format("{:.1f} %", 100 * line.steal_share)});
    for (const auto& resolution : line.resolutions) {
      rows.back().push_back(resolution.pairs ? duration_text(resolution.duration_ns)
                            : too_few        ? "?"
                                             : "-");
    }
    rows.back().resize(rows.front().size());
  }
  text += align(rows);
  text +=
      "\n\"2 % in 20 s\": the time in which an A/B of two equal arms of this kind ends with "
      "\"same\" at "
      "a\ntolerance of 2 %; -: not within 2000 pairs. Noise is that of one pair's ratio.\n";
  if (any_too_few) {
    text +=
        fmt::format("?: fewer than {} pairs, which say too little; a longer --budget has more.\n",
                    kPairsToForecastBy);
  }
  for (const auto& entry : passport_cases()) {
    text += fmt::format("  {:<8} {}: {}\n", entry.name, entry.purpose, entry.arm);
  }
  return text;
}

std::string passport_json(const Passport& passport) {
  auto lines = nlohmann::json::array();
  for (const auto& line : passport.lines) {
    auto resolutions = nlohmann::json::array();
    for (const auto& resolution : line.resolutions) {
      resolutions.push_back(
          {{"tolerance", resolution.tolerance},
           {"pairs", resolution.pairs ? nlohmann::json(*resolution.pairs) : nlohmann::json()},
           {"duration_ns",
            resolution.pairs ? nlohmann::json(resolution.duration_ns) : nlohmann::json()}});
    }
    lines.push_back({{"case", line.name},
                     {"pairs", line.pairs},
                     {"pair_ns", line.pair_ns},
                     {"noise", line.pairs == 0 ? nlohmann::json() : nlohmann::json(line.noise)},
                     {"autocorrelation",
                      line.pairs == 0 ? nlohmann::json() : nlohmann::json(line.autocorrelation)},
                     {"steal_share", line.steal_share},
                     {"resolutions", resolutions}});
  }
  return nlohmann::json{{"format", "ridgepoint-passport"},
                        {"version", 1},
                        {"id", passport.id},
                        {"started_unix_ns", passport.started_unix_ns},
                        {"environment_hash", passport.environment_hash},
                        {"cases", lines}}
             .dump(2) +
         "\n";
}

}  // namespace ridgepoint
