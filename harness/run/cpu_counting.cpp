#include "harness/run/cpu_counting.h"

#include <algorithm>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "harness/run/gpu_passes.h"
#include "profiler/perf/op_counter.h"
#include "profiler/perf/system_counter.h"

namespace ridgepoint {
namespace {

using CpuJson = nlohmann::json;
using EventGroup = std::vector<CountedEvent>;

/// What all passes together said, event by event.
struct EventSums {
  CpuJson phases = CpuJson::object();    ///< of each phase and op: by event
  std::map<std::string, double> shares;  ///< of the time, for how much an event was counted
  std::vector<std::string> without;
  std::size_t threads = 0;
  int passes = 0;

  void add(const CountedPassOfOps& counted, const CpuJson& said) {
    threads = std::max(threads, counted.threads);
    for (std::size_t i = 0; i < counted.schedule.metrics.size(); ++i) {
      shares[counted.schedule.metrics[i].name] = counted.shares[i];
    }
    for (const auto& [phase, ops] : said.items()) {
      for (const auto& [op, values] : ops.items()) {
        CpuJson& entry = phases[phase][op];
        if (entry.is_null()) entry = CpuJson::object();
        entry.update(values);
      }
    }
  }
};

/// Nothing of a figure of which an event is missing: less would be no sum.
std::optional<double> sum_of_events(const CountedFigure& figure, const CpuJson& by_event) {
  double sum = 0;
  for (const CountedEvent& event : figure.events) {
    const auto found = by_event.find(event.name);
    if (found == by_event.end()) return std::nullopt;
    sum += found->get<double>();
  }
  return sum;
}

CpuJson phases_of(const CountedFigures& figures, const CpuJson& by_event) {
  CpuJson phases = CpuJson::object();
  for (const auto& [phase, ops] : by_event.items()) {
    for (const auto& [op, events] : ops.items()) {
      for (const CountedFigure& figure : figures.figures) {
        if (const auto sum = sum_of_events(figure, events)) {
          phases[phase][op][figure.meaning] = *sum;
        }
      }
    }
  }
  return phases;
}

/// Empty where some op has that figure.
std::string why_of_no_op(const CpuJson& phases, const CountedFigure& figure,
                         const EventSums& sums) {
  for (const auto& [phase, ops] : phases.items()) {
    for (const auto& [op, values] : ops.items()) {
      if (values.contains(figure.meaning)) return {};
    }
  }
  for (const CountedEvent& event : figure.events) {
    const auto found = sums.shares.find(event.name);
    if (found != sums.shares.end() && found->second == 0) {
      return event.name +
             " was never counted: others held the counters (perf of other users, or "
             "the kernel's watchdog: sysctl kernel.nmi_watchdog=0)";
    }
    for (const std::string& line : sums.without) {
      if (line.starts_with(event.name + ":")) return line;
    }
  }
  return sums.without.empty() ? "no op was counted" : sums.without.front();
}

CpuJson figure_json(const CountedFigure& figure, const EventSums& sums) {
  CpuJson json{{"meaning", figure.meaning}, {"says", figure.says}, {"events", CpuJson::array()}};
  if (!figure.leaves_out.empty()) json["leaves_out"] = figure.leaves_out;
  for (const CountedEvent& event : figure.events) {
    CpuJson own{{"name", event.name}, {"factor", event.factor}};
    const auto share = sums.shares.find(event.name);
    if (share != sums.shares.end()) own["counted_share"] = share->second;
    json["events"].push_back(std::move(own));
  }
  return json;
}

CpuJson said_of(const CountedFigures& figures, const EventSums& sums) {
  CpuJson json{{"source", "perf_event"},
               {"passes", sums.passes},
               {"threads", sums.threads},
               {"phases", phases_of(figures, sums.phases)},
               {"figures", CpuJson::array()}};
  std::map<CountedKind, std::string> why{{CountedKind::bytes, figures.why_no_bytes},
                                         {CountedKind::flops, figures.why_no_flops}};
  for (const CountedFigure& figure : figures.figures) {
    json["figures"].push_back(figure_json(figure, sums));
    const std::string none = why_of_no_op(json["phases"], figure, sums);
    if (!none.empty()) json["figures"].back()["absent"] = none;
    why[figure.kind] = none;
  }
  if (!why[CountedKind::bytes].empty()) json["bytes_absent"] = why[CountedKind::bytes];
  if (!why[CountedKind::flops].empty()) json["flops_absent"] = why[CountedKind::flops];
  if (!sums.without.empty()) json["without"] = sums.without;
  return json;
}

/// What memory controllers said of each phase: of one part of it, the mean over all.
CpuJson controllers_json(const SystemCounter& counter, std::span<const TracedPart> parts) {
  if (!counter.why_absent().empty()) return {{"absent", counter.why_absent()}};
  std::map<std::string, int> parts_of;
  for (const TracedPart& part : parts) ++parts_of[part.name];
  CpuJson phases = CpuJson::object();
  for (const auto& [phase, values] : counter.sums(parts)) {
    for (const auto& [meaning, value] : values) {
      phases[phase][meaning] = value / parts_of[phase];
    }
  }
  return {{"source", counter.source()}, {"of", "the whole machine"}, {"phases", phases}};
}

}  // namespace

nlohmann::json count_on_cpu(const CpuCounters& counters, SpanRecorder& recorder,
                            const CountedCpuPass& pass) {
  std::vector<CountedEvent> events;
  for (const CountedFigure& figure : counters.figures.figures) {
    events.insert(events.end(), figure.events.begin(), figure.events.end());
  }
  EventSums sums;
  auto groups = groups_that_fit(events, counters.source, sums.without);
  std::deque<EventGroup> waiting(groups.begin(), groups.end());
  CpuJson controllers;
  bool is_stopped = false;
  for (; !waiting.empty() && !is_stopped; waiting.pop_front()) {
    const EventGroup& group = waiting.front();
    OpCounter counter(group, counters.source);
    SystemCounter system(counters.controllers);
    SpanListeners listeners;
    listeners.add(counter);
    if (sums.passes == 0) listeners.add(system);
    recorder.set_listener(&listeners);
    const auto parts = pass([&] {
      counter.start_pass();
      system.start_pass();
    });
    counter.stop_pass();
    system.stop_pass();
    recorder.set_listener(nullptr);
    if (!parts) {
      is_stopped = true;
      sums.without.emplace_back("stopped, or too little time was left for another pass");
      break;
    }
    if (sums.passes++ == 0) controllers = controllers_json(system, *parts);
    const CountedPassOfOps counted = counter.take();
    if (!counted.why.empty()) {
      sums.without.push_back(counted.why);
      if (counted.threads == 0) break;  // every other group would have nothing to count either
      continue;
    }
    const bool never = std::ranges::all_of(counted.shares, [](double share) { return share == 0; });
    if (never && group.size() > 1) {
      // It fits, but for what others hold all the time: in halves it may.
      const auto half = group.begin() + static_cast<std::ptrdiff_t>(group.size() / 2);
      const EventGroup first(group.begin(), half), second(half, group.end());
      waiting.push_back(first);
      waiting.push_back(second);
      continue;
    }
    sums.add(counted, counts_json(counted.ranges, counted.schedule, recorder.sources(), *parts,
                                  counted.is_cut));
  }
  CpuJson json = said_of(counters.figures, sums);
  if (!controllers.is_null()) json["memory_controllers"] = std::move(controllers);
  return json;
}

}  // namespace ridgepoint
