#include "results/history/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>
#include <utility>

#include "results/compare/environment_difference.h"
#include "results/peer_metric.h"
#include "results/report/case_tables.h"
#include "workloads/error.h"
#include "workloads/nearest_name.h"

namespace ridgepoint {
namespace {

// The figures that stand for a case, first to last: of an operator, a whole generation, decoding
// alone, prefill alone, an imported benchmark.
constexpr std::string_view kTelling[] = {"run_ns",  "tpot_ns",      "decode_tokens_per_second",
                                         "ttft_ns", "real_time_ns", "bits_per_byte"};
// Below this, correlation matters little for the error rate.
constexpr double kNotableCorrelation = 0.2;

/// So many that p at alpha rests on ten orders.
std::int64_t permutations_for(double alpha) {
  return static_cast<std::int64_t>(std::ceil(10 / alpha)) - 1;
}

/// The metric that is asked for, or the telling one among `present`.
std::string choose_metric(const std::string& asked, const std::vector<std::string>& present,
                          const Case& subject) {
  const auto is_present = [&](std::string_view name) {
    return std::ranges::find(present, name) != present.end();
  };
  if (!asked.empty()) {
    if (is_present(asked)) return asked;
    // Of a case that only ever failed nobody knows what it would have.
    if (present.empty() && find_metric(asked) != nullptr) return asked;
    const std::vector<std::string_view> names(present.begin(), present.end());
    throw Error(
        fmt::format("--metric: the newest run of this case that is ok has no '{}'{}; it has {}",
                    asked, did_you_mean(asked, names),
                    present.empty() ? "none" : fmt::format("{}", fmt::join(present, ", "))));
  }
  for (const std::string_view name : kTelling) {
    if (is_present(name)) return std::string(name);
  }
  for (const MetricSpec& spec : metrics()) {
    if (spec.better != Better::neither && is_present(spec.name)) return std::string(spec.name);
  }
  Measurement of_peer;
  for (const std::string& name : present) of_peer.metrics.emplace(name, 0);
  if (const auto names = primary_peer_metrics(of_peer); !names.empty()) return names.front();
  return subject.workload == "op" ? "run_ns" : "ttft_ns";
}

/// What else stands for the case beside `first`: the prefill of a generation, the distance of a
/// quality case.
std::vector<std::string> metrics_beside(const std::string& first,
                                        const std::vector<std::string>& present) {
  constexpr std::pair<std::string_view, std::string_view> kBeside[] = {
      {"tpot_ns", "ttft_ns"},
      {"decode_tokens_per_second", "ttft_ns"},
      {"bits_per_byte", "kl_mean"}};
  std::vector<std::string> metrics;
  for (const auto& [main, other] : kBeside) {
    if (first == main && std::ranges::find(present, other) != present.end()) {
      metrics.emplace_back(other);
    }
  }
  return metrics;
}

std::string gap_of(const HistoryRow& row, std::string_view metric) {
  if (row.outcome != Outcome::ok) return fmt::format("{}: {}", name_of(row.outcome), row.reason);
  if (!row.value) return fmt::format("no {}", metric);
  if (!(*row.value > 0)) return fmt::format("{} is {:g}: no ratio to others", metric, *row.value);
  return {};
}

/// By hash, as the query gives them.
using Environments = std::map<std::string, std::string>;

/// Empty, which says nothing, where a run has none.
std::string environment_of(const Environments& environments, const std::string& hash) {
  const auto found = environments.find(hash);
  return found == environments.end() ? std::string() : found->second;
}

/// Points by machine, the machine of the newest point first.
class Machines {
 public:
  explicit Machines(const Environments& environments) : environments_(environments) {}

  void add(HistoryPoint point) {
    machine_of(point.row.run.environment_hash).points.push_back(std::move(point));
  }
  std::vector<OtherMachine> take() && { return std::move(machines_); }

 private:
  OtherMachine& machine_of(const std::string& hash) {
    const auto known = position_.find(hash);
    if (known != position_.end()) return machines_[known->second];
    const std::string own = environment_of(environments_, hash);
    auto alike = std::ranges::find_if(machines_, [&](const OtherMachine& machine) {
      return same_machine(environment_of(environments_, machine.environment_hash), own);
    });
    if (alike == machines_.end()) {
      machines_.push_back({machine_text(own), hash, {}});
      alike = std::prev(machines_.end());
    }
    position_.emplace(hash, static_cast<std::size_t>(alike - machines_.begin()));
    return *alike;
  }

  const Environments& environments_;
  std::vector<OtherMachine> machines_;
  std::map<std::string, std::size_t> position_;  ///< by environment hash
};

ChangeDirection direction_of(double ratio, Better better) {
  if (better == Better::neither || ratio == 1) return ChangeDirection::neither;
  return (ratio > 1) == (better == Better::lower) ? ChangeDirection::worse
                                                  : ChangeDirection::better;
}

void find_changes(History& history) {
  std::vector<double> values;
  std::vector<std::size_t> position;
  for (std::size_t i = 0; i < history.points.size(); ++i) {
    if (!history.points[i].gap.empty()) continue;
    values.push_back(*history.points[i].row.value);
    position.push_back(i);
  }
  const ChangePoints result = find_change_points(values, history.rules);
  history.below_effect = result.below_effect;
  history.autocorrelation = result.autocorrelation;
  for (std::size_t i = 0; i < result.found.size(); ++i) {
    const ChangePoint& found = result.found[i];
    const std::size_t begin = i == 0 ? 0 : result.found[i - 1].first;
    const std::size_t end =
        i + 1 == result.found.size() ? values.size() : result.found[i + 1].first;
    history.changes.push_back({.before = position[found.first - 1],
                               .after = position[found.first],
                               .median_before = found.median_before,
                               .median_after = found.median_after,
                               .count_before = found.first - begin,
                               .count_after = end - found.first,
                               .p = found.p,
                               .direction = direction_of(found.ratio(), history.better),
                               .replay = {}});
  }
}

}  // namespace

std::string_view name_of(ChangeDirection direction) {
  switch (direction) {
    case ChangeDirection::worse:
      return "worse";
    case ChangeDirection::better:
      return "better";
    case ChangeDirection::neither:
      return "neither";
  }
  throw std::logic_error("name_of: not a ChangeDirection");
}

std::string_view name_of(Confirmation confirmation) {
  switch (confirmation) {
    case Confirmation::none:
      return "not confirmed";
    case Confirmation::confirmed:
      return "confirmed";
    case Confirmation::refuted:
      return "refuted";
    case Confirmation::undecided:
      return "undecided";
  }
  throw std::logic_error("name_of: not a Confirmation");
}

bool is_settled(Confirmation confirmation) {
  return confirmation == Confirmation::confirmed || confirmation == Confirmation::refuted;
}

std::size_t History::counted() const {
  return static_cast<std::size_t>(std::ranges::count(points, std::string(), &HistoryPoint::gap));
}

namespace {

/// A file that people append to is imported again and again, and its first rows each time: a row
/// that began in the same moment and has the same value in another import is the same measurement.
void keep_each_import_once(std::vector<HistoryRow>& rows) {
  std::map<std::pair<std::int64_t, double>, std::string> run_of;
  std::erase_if(rows, [&](const HistoryRow& row) {
    if (row.run.suite != "imported" || !row.value) return false;
    return run_of.try_emplace({row.started_unix_ns, *row.value}, row.run.id).first->second !=
           row.run.id;
  });
}

History history_of_one(const HistoryQuery& query, const CaseSelection& selection,
                       const HistoryOptions& options) {
  History history;
  history.subject = selection.chosen;
  history.rules = options.rules;
  history.rules.permutations =
      std::max(options.rules.permutations, permutations_for(options.rules.alpha));
  const std::string& hash = selection.chosen.hash;
  history.metric =
      choose_metric(options.metric, query.metrics_of_newest(hash), selection.chosen.subject);
  history.unit = unit_of_metric(history.metric);
  history.better = better_of_metric(history.metric);

  auto rows = query.rows(hash, history.metric);
  const auto environments = query.environments(hash);
  std::erase_if(rows, [&](const HistoryRow& row) {
    return !fits(selection, row, environment_of(environments, row.run.environment_hash));
  });
  keep_each_import_once(rows);
  if (rows.empty()) {
    throw Error(fmt::format("no run of '{}' in {} fits; 'ridgepoint list runs' shows what there is",
                            label(selection.chosen.subject), query.path().string()));
  }
  Machines machines(environments);
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    std::string gap = gap_of(*row, history.metric);
    machines.add({std::move(*row), std::move(gap)});
  }
  history.others = std::move(machines).take();
  for (OtherMachine& machine : history.others) std::ranges::reverse(machine.points);
  history.points = std::move(history.others.front().points);
  history.machine = history.others.front().machine;
  history.environment_hash = history.others.front().environment_hash;
  history.others.erase(history.others.begin());

  if (options.last > 0 && history.points.size() > options.last) {
    history.earlier = history.points.size() - options.last;
    history.points.erase(history.points.begin(),
                         history.points.begin() + static_cast<std::ptrdiff_t>(history.earlier));
  }
  find_changes(history);
  return history;
}

bool ends_worse_itself(const History& history) {
  if (history.changes.empty()) return false;
  const HistoryChange& newest = history.changes.back();
  return newest.direction == ChangeDirection::worse &&
         newest.replay.confirmation != Confirmation::refuted;
}

/// What a reader should see first: 2 a slowdown, 1 a change.
int weight_of(const History& history) {
  return ends_worse_itself(history) ? 2 : history.changes.empty() ? 0 : 1;
}

}  // namespace

History history_of(const HistoryQuery& query, const CaseSelection& selection,
                   const HistoryOptions& options) {
  History shown = history_of_one(query, selection, options);
  if (!options.metric.empty()) return shown;
  std::vector<History> beside;
  for (const auto& metric :
       metrics_beside(shown.metric, query.metrics_of_newest(selection.chosen.hash))) {
    HistoryOptions other = options;
    other.metric = metric;
    beside.push_back(history_of_one(query, selection, other));
    if (weight_of(beside.back()) > weight_of(shown)) std::swap(beside.back(), shown);
  }
  shown.beside = std::move(beside);
  return shown;
}

bool ends_worse(const History& history) {
  return ends_worse_itself(history) || std::ranges::any_of(history.beside, ends_worse_itself);
}

bool neighbours_alike(const History& history) {
  const auto count = static_cast<double>(history.counted());
  // Two standard errors of the correlation of independent values.
  return count > 0 && history.autocorrelation > std::max(kNotableCorrelation, 2 / std::sqrt(count));
}

}  // namespace ridgepoint
