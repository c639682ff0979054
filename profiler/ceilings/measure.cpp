#include "profiler/ceilings/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <span>
#include <utility>

#include "profiler/ceilings/bandwidth_kernels.h"
#include "profiler/ceilings/chase.h"
#include "profiler/ceilings/compute_kernels.h"
#include "profiler/ceilings/memory_block.h"
#include "profiler/ceilings/tsc.h"
#include "profiler/clock/monotonic_clock.h"

namespace ridgepoint::ceilings {
namespace {

/// What the optimiser must believe to be used.
void keep(double value) {
  asm volatile("" ::"m"(value) : "memory");
}

/// The memory of one set of threads: a block each, first touched by the thread that uses it.
class TeamMemory {
 public:
  TeamMemory(std::span<const int> cpus, std::int64_t bytes, std::uint64_t seed)
      : cpus_(cpus.begin(), cpus.end()) {
    const auto each = static_cast<std::size_t>(bytes) / cpus.size() + kLineBytes * kManyStreams;
    for (std::size_t i = 0; i < cpus.size(); ++i) blocks_.emplace_back(each);
    if (given()) fill(seed);
  }

  void fill(std::uint64_t seed) {
    const BatchPlan once{.batch_ns = 0, .batches = 1, .budget_ns = 0, .least_batches = 1};
    const auto filled = time_together(
        cpus_, once,
        [&](int part) {
          const MemoryBlock& block = of(part);
          fill_with_random_doubles(block.data(), block.size(),
                                   seed + static_cast<std::uint64_t>(part));
        },
        [](int, std::int64_t) {});
    pinned_ = filled.pinned;
  }

  [[nodiscard]] bool given() const {
    return std::ranges::all_of(blocks_, [](const auto& block) { return block.data() != nullptr; });
  }
  [[nodiscard]] const MemoryBlock& of(int part) const {
    return blocks_[static_cast<std::size_t>(part)];
  }
  [[nodiscard]] std::span<const int> cpus() const { return cpus_; }
  [[nodiscard]] int threads() const { return static_cast<int>(cpus_.size()); }
  [[nodiscard]] bool pinned() const { return pinned_; }

  [[nodiscard]] std::int64_t bytes() const {
    std::int64_t sum = 0;
    for (const auto& block : blocks_) sum += static_cast<std::int64_t>(block.size());
    return sum;
  }
  [[nodiscard]] Reading<std::int64_t> huge_bytes() const {
    std::int64_t sum = 0;
    for (const auto& block : blocks_) {
      const auto huge = block.huge_bytes();
      if (!huge) return huge;
      sum += huge.value();
    }
    return Reading<std::int64_t>::of(sum);
  }

 private:
  std::vector<int> cpus_;
  std::vector<MemoryBlock> blocks_;
  bool pinned_ = true;
};

std::vector<double> rates_of(const Batches& batches, double work_a_pass, std::size_t threads) {
  std::vector<double> rates;
  const double work =
      work_a_pass * static_cast<double>(batches.passes) * static_cast<double>(threads);
  for (const double seconds : batches.seconds) rates.push_back(work / seconds);
  return rates;
}

BandwidthPass pass_over(const MemoryBlock& block, std::size_t lines) {
  constexpr std::size_t kDoubles = kLineBytes / sizeof(double);
  auto* const a = reinterpret_cast<double*>(block.data());
  return {.a = a,
          .b = a + lines * kDoubles,
          .c = a + 2 * lines * kDoubles,
          .lines = lines,
          .factor = 1};
}

/// What the batches at one working set gave.
struct PointSamples {
  std::int64_t bytes = 0;
  std::vector<double> values;
};

PointSamples measure_bandwidth(const TeamMemory& memory, const BandwidthKernelFacts& facts,
                               BandwidthFunction function, std::int64_t bytes,
                               const BatchPlan& plan) {
  const std::size_t lines = lines_for(bytes, memory.threads(), facts.arrays);
  const auto batches = time_together(
      memory.cpus(), plan, [](int) {},
      [&](int part, std::int64_t passes) {
        keep(function(pass_over(memory.of(part), lines), passes));
      });
  const double array_bytes = static_cast<double>(lines * kLineBytes);
  const double useful = array_bytes * (facts.reads + facts.writes);
  return {static_cast<std::int64_t>(array_bytes) * facts.arrays * memory.threads(),
          rates_of(batches, useful, memory.cpus().size())};
}

PointSamples measure_latency(const TeamMemory& memory, std::int64_t bytes,
                             const MeasureOptions& options) {
  constexpr std::int64_t kSteps = 1000;  // of a pass
  const auto ring = static_cast<std::size_t>(bytes) / kLineBytes * kLineBytes;
  const void* at = memory.of(0).data();
  const auto batches = time_together(
      memory.cpus(), options.batch,
      [&](int) {
        build_chase({memory.of(0).data(), ring}, options.seed);
      },
      [&](int, std::int64_t passes) { at = follow_chase(at, passes * kSteps); });
  std::vector<double> each;
  for (const double seconds : batches.seconds) {
    each.push_back(seconds * 1e9 / static_cast<double>(batches.passes * kSteps));
  }
  return {static_cast<std::int64_t>(ring), std::move(each)};
}

/// The batches of one figure, by round.
using Rounds = std::vector<std::vector<double>>;

void add_to_round(Rounds& rounds, std::size_t round, const std::vector<double>& more) {
  if (rounds.size() <= round) rounds.resize(round + 1);
  rounds[round].insert(rounds[round].end(), more.begin(), more.end());
}

/// A curve on its way: the samples of all rounds, by working set.
struct Sweep {
  Curve curve;  ///< without points
  double moved_ratio = 1;
  Best best = Best::highest;
  std::function<PointSamples(const TeamMemory&, std::int64_t bytes)> measure;
  std::map<std::int64_t, Rounds> points;

  /// Small steps may round to the same whole lines.
  void add(const PointSamples& more, std::size_t round) {
    add_to_round(points[more.bytes], round, more.values);
  }
  Curve finish() {
    for (const auto& [bytes, rounds] : points) {
      curve.points.push_back({bytes, estimate_best(rounds, best)});
    }
    return std::move(curve);
  }
};

/// One kind of arithmetic on its way.
struct ArithmeticRounds {
  Ceiling ceiling;  ///< without a figure
  const ComputeKernel* kernel = nullptr;
  Rounds rounds;
  std::vector<double> clocks;

  Ceiling finish() {
    if (kernel == nullptr) return std::move(ceiling);
    ceiling.estimate = estimate_best(rounds, Best::highest);
    for (const auto& round : rounds) {
      // What is kept are the samples that the figure is the median of.
      if (estimate_median(round).value == ceiling.estimate.value) ceiling.samples = round;
    }
    ceiling.clock_hz = estimate_median(clocks).value;
    return std::move(ceiling);
  }
};

/// What is measured with one number of threads, over all rounds.
struct Team {
  std::vector<int> cpus;
  std::vector<ArithmeticRounds> arithmetic;
  std::vector<Sweep> sweeps;
  bool had_memory = true;
};

/// Whether the level holds for half of the largest working set at least: single points at the end
/// of a curve are few batches each.
bool reaches_out(const Plateau& plateau, const Curve& curve) {
  return plateau.to_bytes >= curve.points.back().bytes / 2;
}

/// What stands for the outermost level of a curve that is not flat there: its points over the last
/// factor 4 of sizes, as far as they are in no level, and all of their range.
Ceiling uneven_end(const Curve& curve, std::int64_t level_end_bytes, Ceiling ceiling) {
  ceiling.level = "outermost";
  if (curve.points.empty()) {
    ceiling.why_absent = "nothing was measured";
    return ceiling;
  }
  for (const CurvePoint& point : curve.points) {
    if (point.bytes < curve.points.back().bytes / 4 || point.bytes <= level_end_bytes) continue;
    if (ceiling.samples.empty()) ceiling.from_bytes = point.bytes;
    ceiling.samples.push_back(point.estimate.value);
  }
  ceiling.to_bytes = curve.points.back().bytes;
  const auto [lowest, highest] = std::ranges::minmax(ceiling.samples);
  ceiling.estimate = {estimate_median(ceiling.samples).value, lowest, highest};
  ceiling.note = "not flat: the interval is the range of its points";
  return ceiling;
}

}  // namespace

void add_levels(const Curve& curve, double moved_ratio, std::vector<Ceiling>& into) {
  Ceiling common;
  common.kind = curve.kind;
  common.what = curve.what;
  common.threads = curve.threads;
  common.streams = curve.streams;
  common.unit = curve.unit;
  common.moved_ratio = moved_ratio;
  const auto plateaus = find_plateaus(curve.points);
  for (std::size_t i = 0; i < plateaus.size(); ++i) {
    const Plateau& plateau = plateaus[i];
    Ceiling ceiling = common;
    const bool outermost = reaches_out(plateau, curve);
    ceiling.level = outermost ? "outermost" : fmt::format("{}", i + 1);
    ceiling.estimate = plateau.estimate;
    ceiling.from_bytes = plateau.from_bytes;
    ceiling.to_bytes = plateau.to_bytes;
    for (std::size_t at = plateau.first; at <= plateau.last; ++at) {
      ceiling.samples.push_back(curve.points[at].estimate.value);
    }
    into.push_back(std::move(ceiling));
  }
  if (plateaus.empty() || !reaches_out(plateaus.back(), curve)) {
    const std::int64_t level_end_bytes = plateaus.empty() ? 0 : plateaus.back().to_bytes;
    into.push_back(uneven_end(curve, level_end_bytes, std::move(common)));
  }
}

namespace {

/// One measuring of everything: what it needs at every step.
class Measuring {
 public:
  Measuring(const MeasureOptions& options, const std::function<void(const std::string&)>& progress,
            const std::atomic<bool>& stop)
      : options_(options), progress_(progress), stop_(stop) {}

  Measured run() {
    const std::int64_t begun = monotonic_ns();
    const TscWatch tsc;
    std::vector<int> cpus = one_cpu_a_core();
    const std::size_t wanted =
        options_.threads > 0 ? static_cast<std::size_t>(options_.threads) : cpus.size();
    cpus.resize(std::min(wanted, cpus.size()));
    result_.conditions.cpus = cpus;
    result_.conditions.isa = bandwidth_tables().back()->isa;
    std::vector<Team> teams{team_of({cpus.front()}, /*with_latency=*/true)};
    if (cpus.size() > 1) teams.push_back(team_of(cpus, /*with_latency=*/false));
    // Round by round through everything: the rounds of each figure lie as far apart as they can.
    std::int64_t longest_ns = 0;
    for (int round = 0; round < options_.rounds && !stop_.load(); ++round) {
      const std::int64_t at = monotonic_ns();
      if (round >= options_.least_rounds && at - begun + longest_ns > options_.budget_ns) break;
      for (Team& team : teams) compute(team, round);
      for (Team& team : teams) memory(team, round);
      longest_ns = std::max(longest_ns, monotonic_ns() - at);
      result_.conditions.rounds = round + 1;
    }
    for (Team& team : teams) finish_arithmetic(team);
    clock();
    for (Team& team : teams) finish_memory(team);
    nodes();
    result_.conditions.tsc_hz = tsc.finish();
    result_.conditions.seconds = static_cast<double>(monotonic_ns() - begun) * 1e-9;
    result_.interrupted = stop_.load();
    return std::move(result_);
  }

  /// Only what computes.
  std::vector<Ceiling> arithmetic(std::span<const int> cpus) {
    Team team{.cpus = {cpus.begin(), cpus.end()}, .arithmetic = arithmetic_of(cpus), .sweeps = {}};
    compute(team, 0);
    finish_arithmetic(team);
    return std::move(result_.ceilings);
  }

 private:
  [[nodiscard]] Team team_of(const std::vector<int>& cpus, bool with_latency) const {
    return {.cpus = cpus,
            .arithmetic = arithmetic_of(cpus),
            .sweeps = sweeps_of(static_cast<int>(cpus.size()), with_latency)};
  }

  [[nodiscard]] static std::vector<ArithmeticRounds> arithmetic_of(std::span<const int> cpus) {
    std::vector<ArithmeticRounds> all;
    for (const ComputeEntry& entry : compute_kernels()) {
      ArithmeticRounds one;
      one.ceiling.kind = "compute";
      one.ceiling.what = entry.name;
      one.ceiling.unit = entry.unit;
      one.ceiling.threads = static_cast<int>(cpus.size());
      one.ceiling.why_absent = entry.why_not;
      one.kernel = entry.kernel;
      all.push_back(std::move(one));
    }
    return all;
  }

  void compute(Team& team, int round) {
    const ComputeData data = make_compute_data(options_.seed);
    BatchPlan plan = options_.batch;
    plan.batch_ns = std::max<std::int64_t>(plan.batch_ns, 2'000'000);
    for (ArithmeticRounds& one : team.arithmetic) {
      if (stop_.load()) return;
      if (one.kernel == nullptr) continue;
      announce(round, name_of(one.ceiling));
      constexpr std::int64_t kRounds = 100;  // of a pass
      const auto batches = time_together(
          team.cpus, plan, [](int) {},
          [&](int, std::int64_t passes) { keep(one.kernel->run(passes * kRounds, data)); });
      add_to_round(one.rounds, static_cast<std::size_t>(round),
                   rates_of(batches, one.kernel->operations * kRounds, team.cpus.size()));
      one.clocks.insert(one.clocks.end(), batches.clock_hz.begin(), batches.clock_hz.end());
    }
  }

  void finish_arithmetic(Team& team) {
    for (ArithmeticRounds& one : team.arithmetic) {
      clocks_.insert(clocks_.end(), one.clocks.begin(), one.clocks.end());
      // Of what was broken off before it began there is nothing to say.
      if (one.kernel != nullptr && one.rounds.empty()) continue;
      result_.ceilings.push_back(one.finish());
    }
  }

  /// Of the first core, right after each batch of arithmetic.
  void clock() {
    Ceiling ceiling;
    ceiling.kind = "clock";
    ceiling.what = "dependent additions";
    ceiling.unit = "Hz";
    ceiling.samples = clocks_;
    ceiling.estimate = estimate_median(clocks_);
    if (clocks_.empty()) ceiling.why_absent = "the chain is not written for this architecture";
    result_.ceilings.push_back(std::move(ceiling));
  }

  /// In memory of this round's own: which pages the system gave is then no part of the figure.
  void memory(Team& team, int round) {
    if (stop_.load() || !team.had_memory) return;
    announce(round, fmt::format("filling {} MiB", options_.largest_bytes >> 20));
    const TeamMemory memory(team.cpus, options_.largest_bytes, options_.seed);
    team.had_memory = memory.given();
    if (!team.had_memory) return;
    Conditions& conditions = result_.conditions;
    conditions.block_bytes = memory.bytes();
    conditions.huge_bytes = memory.huge_bytes();
    conditions.pinned = conditions.pinned && memory.pinned();
    const auto sizes = working_sets(options_.smallest_bytes * memory.threads(),
                                    options_.largest_bytes, options_.step);
    for (Sweep& sweep : team.sweeps) {
      announce(round, fmt::format("{}, {} threads, {} streams", sweep.curve.what,
                                  sweep.curve.threads, std::max(sweep.curve.streams, 1)));
      for (const std::int64_t bytes : sizes) {
        if (stop_.load()) return;
        sweep.add(sweep.measure(memory, bytes), static_cast<std::size_t>(round));
      }
    }
  }

  void finish_memory(Team& team) {
    if (!team.had_memory) {
      Ceiling none;
      none.kind = "bandwidth";
      none.what = "load";
      none.threads = static_cast<int>(team.cpus.size());
      none.unit = "bytes/s";
      none.why_absent = fmt::format("the system gave no {} bytes", options_.largest_bytes);
      result_.ceilings.push_back(std::move(none));
      return;
    }
    for (Sweep& sweep : team.sweeps) {
      if (sweep.points.empty()) continue;
      Curve curve = sweep.finish();
      // A curve that was broken off would call outermost what is not.
      if (!stop_.load()) add_levels(curve, sweep.moved_ratio, result_.ceilings);
      result_.curves.push_back(std::move(curve));
    }
  }

  void announce(int round, const std::string& what) const {
    progress_(fmt::format("round {} of {}: {}", round + 1, options_.rounds, what));
  }

  [[nodiscard]] std::vector<Sweep> sweeps_of(int threads, bool with_latency) const {
    std::vector<Sweep> sweeps;
    const BandwidthTable& table = *bandwidth_tables().back();
    for (const BandwidthKernelFacts& facts : bandwidth_kernels()) {
      for (const bool many : {false, true}) {
        const auto function =
            (many ? table.many_streams : table.one_stream)[static_cast<std::size_t>(facts.kernel)];
        const double useful = facts.reads + facts.writes;
        sweeps.push_back(
            {.curve = {.kind = "bandwidth",
                       .what = std::string(facts.name),
                       .threads = threads,
                       .streams = many ? kManyStreams : 1,
                       .unit = "bytes/s",
                       .points = {}},
             .moved_ratio = (useful + facts.allocated) / useful,
             .measure =
                 [this, &facts, function](const TeamMemory& memory, std::int64_t bytes) {
                   return measure_bandwidth(memory, facts, function, bytes, options_.batch);
                 },
             .points = {}});
      }
    }
    if (!with_latency) return sweeps;
    sweeps.push_back(
        {.curve = {.kind = "latency",
                   .what = "random chase",
                   .threads = 1,
                   .streams = 0,
                   .unit = "ns",
                   .points = {}},
         .best = Best::lowest,
         .measure = [this](const TeamMemory& memory,
                           std::int64_t bytes) { return measure_latency(memory, bytes, options_); },
         .points = {}});
    return sweeps;
  }

  /// Each node's own cores reading its own memory, the largest working set.
  void nodes() {
    if (stop_.load()) return;
    const BandwidthKernelFacts& facts = facts_of(BandwidthKernel::load);
    Ceiling common;
    common.kind = "bandwidth";
    common.what = "load within a NUMA node";
    common.level = "outermost";
    common.unit = "bytes/s";
    common.streams = kManyStreams;
    const int count = count_numa_nodes();
    if (count < 2) {
      common.why_absent = "the machine shows one NUMA node";
      result_.ceilings.push_back(std::move(common));
      return;
    }
    for (int node = 0; node < count && !stop_.load(); ++node) {
      const auto cpus = one_cpu_a_core(node);
      Ceiling ceiling = common;
      ceiling.what = fmt::format("load within NUMA node {}", node);
      ceiling.threads = static_cast<int>(cpus.size());
      progress_(name_of(ceiling));
      const TeamMemory memory(cpus, options_.largest_bytes, options_.seed);
      if (cpus.front() < 0 || !memory.given()) {
        ceiling.why_absent = "this process may use none of its cores, or got no memory";
      } else {
        Rounds rounds;
        for (int round = 0; round < options_.rounds; ++round) {
          const auto point = measure_bandwidth(
              memory, facts,
              bandwidth_tables().back()->many_streams[static_cast<std::size_t>(facts.kernel)],
              options_.largest_bytes, options_.batch);
          ceiling.from_bytes = ceiling.to_bytes = point.bytes;
          ceiling.samples.push_back(estimate_median(point.values).value);
          rounds.push_back(point.values);
        }
        ceiling.estimate = estimate_best(rounds, Best::highest);
      }
      result_.ceilings.push_back(std::move(ceiling));
    }
  }

  const MeasureOptions& options_;
  const std::function<void(const std::string&)>& progress_;
  const std::atomic<bool>& stop_;
  std::vector<double> clocks_;
  Measured result_;
};

}  // namespace

MeasureOptions quick_options() {
  return {.step = 1.5,
          .batch = {.batch_ns = 200'000, .batches = 5, .budget_ns = 5'000'000, .least_batches = 1},
          .budget_ns = 50'000'000'000};
}

std::vector<std::int64_t> working_sets(std::int64_t smallest, std::int64_t largest, double step) {
  std::vector<std::int64_t> sizes;
  for (double size = static_cast<double>(smallest); size < static_cast<double>(largest) * 0.999;
       size *= step) {
    sizes.push_back(static_cast<std::int64_t>(std::llround(size)));
  }
  sizes.push_back(std::max(smallest, largest));
  return sizes;
}

namespace {

std::vector<int> first_cpus(int threads) {
  std::vector<int> cpus = one_cpu_a_core();
  if (threads > 0) cpus.resize(std::min(static_cast<std::size_t>(threads), cpus.size()));
  return cpus;
}

}  // namespace

std::vector<Ceiling> measure_arithmetic(int threads, std::int64_t budget_ns) {
  MeasureOptions options;
  options.rounds = 1;
  options.batch = {
      .batch_ns = 2'000'000, .batches = 100, .budget_ns = budget_ns, .least_batches = 3};
  const std::function<void(const std::string&)> silent = [](const std::string&) {};
  const std::atomic<bool> never{false};
  const auto cpus = first_cpus(threads);
  return Measuring(options, silent, never).arithmetic(cpus);
}

struct LoadProbe::State {
  TeamMemory memory;
  std::int64_t bytes;
};

LoadProbe::LoadProbe(int threads, std::int64_t bytes)
    : state_(new State{TeamMemory(first_cpus(threads), bytes, 1), bytes}) {}
LoadProbe::~LoadProbe() = default;

Estimate LoadProbe::measure(std::int64_t budget_ns) const {
  if (!state_->memory.given()) return {};
  const BandwidthKernelFacts& facts = facts_of(BandwidthKernel::load);
  const BatchPlan plan{
      .batch_ns = 1'000'000, .batches = 1000, .budget_ns = budget_ns, .least_batches = 3};
  return estimate_median(
      measure_bandwidth(
          state_->memory, facts,
          bandwidth_tables().back()->many_streams[static_cast<std::size_t>(facts.kernel)],
          state_->bytes, plan)
          .values);
}

Measured measure_ceilings(const MeasureOptions& options,
                          const std::function<void(const std::string&)>& progress,
                          const std::atomic<bool>& stop) {
  return Measuring(options, progress, stop).run();
}

}  // namespace ridgepoint::ceilings
