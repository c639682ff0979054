#include "profiler/ceilings/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
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
    if (!given()) return;
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

CurvePoint measure_bandwidth(const TeamMemory& memory, const BandwidthKernelFacts& facts,
                             BandwidthFunction function, std::int64_t bytes,
                             const BatchPlan& plan) {
  const std::size_t lines = lines_for(bytes, memory.threads(), facts.arrays);
  const auto batches = time_together(
      memory.cpus(), plan, [](int) {},
      [&](int part, std::int64_t passes) {
        const BandwidthPass pass = pass_over(memory.of(part), lines);
        double sum = 0;
        for (; passes > 0; --passes) sum += function(pass);
        keep(sum);
      });
  const double array_bytes = static_cast<double>(lines * kLineBytes);
  const double useful = array_bytes * (facts.reads + facts.writes);
  return {static_cast<std::int64_t>(array_bytes) * facts.arrays * memory.threads(),
          estimate_median(rates_of(batches, useful, memory.cpus().size()))};
}

CurvePoint measure_latency(const TeamMemory& memory, std::int64_t bytes,
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
  return {static_cast<std::int64_t>(ring), estimate_median(std::move(each))};
}

/// Whether the level holds for half of the largest working set at least: single points at the end
/// of a curve are few batches each.
bool reaches_out(const Plateau& plateau, const Curve& curve) {
  return plateau.to_bytes >= curve.points.back().bytes / 2;
}

/// The levels of a curve as ceilings; one absent ceiling where there is none.
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
    common.level = "outermost";
    common.why_absent = fmt::format(
        "the curve is flat over no factor 2 of working sets up to the largest, {} bytes",
        curve.points.empty() ? 0 : curve.points.back().bytes);
    into.push_back(std::move(common));
  }
}

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
    compute(std::span(cpus).first(1));
    if (cpus.size() > 1) compute(cpus);
    clock();
    memory(std::span(cpus).first(1), /*with_latency=*/true);
    if (cpus.size() > 1) memory(cpus, /*with_latency=*/false);
    nodes();
    result_.conditions.tsc_hz = tsc.finish();
    result_.conditions.seconds = static_cast<double>(monotonic_ns() - begun) * 1e-9;
    result_.interrupted = stop_.load();
    return std::move(result_);
  }

 private:
  void compute(std::span<const int> cpus) {
    const ComputeData data = make_compute_data(options_.seed);
    BatchPlan plan = options_.batch;
    plan.batch_ns = std::max<std::int64_t>(plan.batch_ns, 2'000'000);
    for (const ComputeEntry& entry : compute_kernels()) {
      if (stop_.load()) return;
      Ceiling ceiling;
      ceiling.kind = "compute";
      ceiling.what = entry.name;
      ceiling.unit = entry.unit;
      ceiling.threads = static_cast<int>(cpus.size());
      ceiling.why_absent = entry.why_not;
      if (entry.kernel != nullptr) {
        progress_(name_of(ceiling));
        constexpr std::int64_t kRounds = 100;  // of a pass
        const auto batches = time_together(
            cpus, plan, [](int) {},
            [&](int, std::int64_t passes) { keep(entry.kernel->run(passes * kRounds, data)); });
        ceiling.samples = rates_of(batches, entry.kernel->operations * kRounds, cpus.size());
        ceiling.estimate = estimate_median(ceiling.samples);
        ceiling.clock_hz = estimate_median(batches.clock_hz).value;
        clocks_.insert(clocks_.end(), batches.clock_hz.begin(), batches.clock_hz.end());
      }
      result_.ceilings.push_back(std::move(ceiling));
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

  void memory(std::span<const int> cpus, bool with_latency) {
    if (stop_.load()) return;
    progress_(fmt::format("filling {} MiB", options_.largest_bytes >> 20));
    const TeamMemory memory(cpus, options_.largest_bytes, options_.seed);
    if (!memory.given()) {
      Ceiling none;
      none.kind = "bandwidth";
      none.what = "load";
      none.threads = static_cast<int>(cpus.size());
      none.unit = "bytes/s";
      none.why_absent = fmt::format("the system gave no {} bytes", options_.largest_bytes);
      result_.ceilings.push_back(std::move(none));
      return;
    }
    Conditions& conditions = result_.conditions;
    conditions.block_bytes = memory.bytes();
    conditions.huge_bytes = memory.huge_bytes();
    conditions.pinned = conditions.pinned && memory.pinned();
    const auto sizes = working_sets(options_.smallest_bytes * memory.threads(),
                                    options_.largest_bytes, options_.step);
    const BandwidthTable& table = *bandwidth_tables().back();
    for (const BandwidthKernelFacts& facts : bandwidth_kernels()) {
      const auto kernel = static_cast<std::size_t>(facts.kernel);
      bandwidth(memory, sizes, facts, table.one_stream[kernel], 1);
      bandwidth(memory, sizes, facts, table.many_streams[kernel], kManyStreams);
    }
    if (with_latency) latency(memory, sizes);
  }

  void bandwidth(const TeamMemory& memory, std::span<const std::int64_t> sizes,
                 const BandwidthKernelFacts& facts, BandwidthFunction function, int streams) {
    if (stop_.load()) return;
    Curve curve{.kind = "bandwidth",
                .what = std::string(facts.name),
                .threads = memory.threads(),
                .streams = streams,
                .unit = "bytes/s",
                .points = {}};
    progress_(fmt::format("{}, {} threads, {} streams", curve.what, curve.threads, streams));
    for (const std::int64_t bytes : sizes) {
      if (stop_.load()) break;
      const auto point = measure_bandwidth(memory, facts, function, bytes, options_.batch);
      // Small steps may round to the same whole lines.
      if (curve.points.empty() || point.bytes > curve.points.back().bytes) {
        curve.points.push_back(point);
      }
    }
    const double useful = facts.reads + facts.writes;
    keep_curve(std::move(curve), (useful + facts.allocated) / useful);
  }

  void latency(const TeamMemory& memory, std::span<const std::int64_t> sizes) {
    if (stop_.load()) return;
    Curve curve{.kind = "latency",
                .what = "random chase",
                .threads = 1,
                .streams = 0,
                .unit = "ns",
                .points = {}};
    progress_(curve.what);
    for (const std::int64_t bytes : sizes) {
      if (stop_.load()) break;
      const auto point = measure_latency(memory, bytes, options_);
      if (curve.points.empty() || point.bytes > curve.points.back().bytes) {
        curve.points.push_back(point);
      }
    }
    keep_curve(std::move(curve), 1);
  }

  void keep_curve(Curve curve, double moved_ratio) {
    // A curve that was broken off would call outermost what is not.
    if (!stop_.load()) add_levels(curve, moved_ratio, result_.ceilings);
    result_.curves.push_back(std::move(curve));
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
        const auto point = measure_bandwidth(
            memory, facts,
            bandwidth_tables().back()->many_streams[static_cast<std::size_t>(facts.kernel)],
            options_.largest_bytes, options_.batch);
        ceiling.estimate = point.estimate;
        ceiling.samples = {point.estimate.value};
        ceiling.from_bytes = ceiling.to_bytes = point.bytes;
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
  return {
      .step = 1.5,
      .batch = {.batch_ns = 200'000, .batches = 9, .budget_ns = 10'000'000, .least_batches = 3}};
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

Measured measure_ceilings(const MeasureOptions& options,
                          const std::function<void(const std::string&)>& progress,
                          const std::atomic<bool>& stop) {
  return Measuring(options, progress, stop).run();
}

}  // namespace ridgepoint::ceilings
