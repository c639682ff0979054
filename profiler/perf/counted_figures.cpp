#include "profiler/perf/counted_figures.h"

#include <fmt/format.h>
#include <linux/perf_event.h>

#include <algorithm>
#include <span>

#include "profiler/perf/core_pmu.h"

namespace ridgepoint {
namespace {

constexpr double kLineBytes = 64;

struct KnownEvent {
  const char* name;
  double factor;
};

/// One way to count something: the PMUs that have its first event are those that it is for; those
/// of the rest that a PMU lacks, its cores cannot do.
struct KnownFigure {
  CountedKind kind;
  const char* meaning;
  const char* says;
  const char* leaves_out;
  std::span<const KnownEvent> events;
  std::span<const char* const> tried_with;  ///< PMUs as libpfm4 calls them
};

// Lanes of an instruction. The counter itself counts a fused multiply-add twice.
constexpr KnownEvent kIntelFlops[] = {{"FP_ARITH_INST_RETIRED:SCALAR_SINGLE", 1},
                                      {"FP_ARITH_INST_RETIRED:128B_PACKED_SINGLE", 4},
                                      {"FP_ARITH_INST_RETIRED:256B_PACKED_SINGLE", 8},
                                      {"FP_ARITH_INST_RETIRED:512B_PACKED_SINGLE", 16},
                                      {"FP_ARITH_INST_RETIRED:SCALAR_DOUBLE", 1},
                                      {"FP_ARITH_INST_RETIRED:128B_PACKED_DOUBLE", 2},
                                      {"FP_ARITH_INST_RETIRED:256B_PACKED_DOUBLE", 4},
                                      {"FP_ARITH_INST_RETIRED:512B_PACKED_DOUBLE", 8},
                                      {"FP_ARITH_INST_RETIRED2:SCALAR_HALF", 1},
                                      {"FP_ARITH_INST_RETIRED2:128B_PACKED_HALF", 8},
                                      {"FP_ARITH_INST_RETIRED2:256B_PACKED_HALF", 16},
                                      {"FP_ARITH_INST_RETIRED2:512B_PACKED_HALF", 32}};
constexpr KnownEvent kAmdFlops[] = {{"RETIRED_SSE_AVX_FLOPS:ANY", 1}};
constexpr KnownEvent kIntelReads[] = {{"OCR:READS_TO_CORE_DRAM", kLineBytes}};
constexpr KnownEvent kAmdFills[] = {
    {"ANY_DATA_CACHE_FILLS_FROM_SYSTEM:DRAM_IO_NEAR:DRAM_IO_FAR", kLineBytes}};
constexpr KnownEvent kAmdFillsBefore[] = {
    {"ANY_DATA_CACHE_FILLS_FROM_SYSTEM:MEM_IO_LCL:MEM_IO_RMT", kLineBytes}};
constexpr KnownEvent kIntelMisses[] = {{"LONGEST_LAT_CACHE:MISS", kLineBytes}};

constexpr const char* kIntelCores[] = {"bdw", "skl", "skx", "icl", "icx", "spr"};
constexpr const char* kIntelReadCores[] = {"icx", "spr"};
constexpr const char* kAmdFlopCores[] = {"amd64_fam17h_zen2", "amd64_fam19h_zen3",
                                         "amd64_fam19h_zen4"};
constexpr const char* kZen4[] = {"amd64_fam19h_zen4"};
constexpr const char* kZen3[] = {"amd64_fam19h_zen3"};

constexpr const char* kNoDotProducts =
    "dot products of integers and bfloat16 (VNNI, AMX) and conversions are no FLOPs to them";
constexpr const char* kFills =
    "lines that memory or devices filled into the first cache, of 64 bytes";
constexpr const char* kFillsLack =
    "what the second cache prefetched, writes back to memory, stores past the caches";

// In the order in which they are preferred.
constexpr KnownFigure kKnown[] = {
    {CountedKind::flops, "flops", "floating-point instructions retired, times their lanes",
     kNoDotProducts, kIntelFlops, kIntelCores},
    {CountedKind::flops, "flops", "floating-point operations retired, as the processor adds them",
     kNoDotProducts, kAmdFlops, kAmdFlopCores},
    {CountedKind::bytes, "core_dram_read_bytes",
     "lines that the core and its prefetchers were given from DRAM, of 64 bytes",
     "what was prefetched into the last cache, writes back to memory, stores past the caches",
     kIntelReads, kIntelReadCores},
    {CountedKind::bytes, "l1_dram_fill_bytes", kFills, kFillsLack, kAmdFills, kZen4},
    {CountedKind::bytes, "l1_dram_fill_bytes", kFills, kFillsLack, kAmdFillsBefore, kZen3},
    {CountedKind::bytes, "llc_miss_bytes", "misses of the last cache, of 64 bytes each",
     "what hardware prefetched into it, writes back to memory, stores past the caches",
     kIntelMisses, kIntelCores}};

/// Nothing where the PMU does not have it; `why` then says of what is looked for first.
std::vector<CountedEvent> looked_up(const KnownFigure& known, const EventLookUp& look_up,
                                    std::string& why) {
  std::vector<CountedEvent> events;
  for (const KnownEvent& event : known.events) {
    const auto code = look_up(event.name);
    if (code) {
      events.push_back({event.name, event.factor, code.value()});
    } else if (events.empty()) {
      why = code.why();
      return {};
    }
  }
  return events;
}

void add_hardware(CountedKind kind, const EventLookUp& look_up, CountedFigures& chosen,
                  std::string& why_none) {
  std::string names;
  for (const KnownFigure& known : kKnown) {
    if (known.kind != kind) continue;
    std::string why;
    auto events = looked_up(known, look_up, why);
    if (!events.empty()) {
      chosen.figures.push_back(
          {kind, known.meaning, known.says, known.leaves_out, std::move(events)});
      return;
    }
    names += fmt::format("{}{}", names.empty() ? "" : ", ", known.events.front().name);
  }
  why_none = fmt::format("libpfm4 knows none of these events of this processor: {}", names);
}

}  // namespace

CountedFigures choose_figures(const EventLookUp& look_up, const std::string& why_no_pmu,
                              const std::string& why_no_names) {
  CountedFigures chosen;
  const std::string& why = why_no_pmu.empty() ? why_no_names : why_no_pmu;
  if (why.empty()) {
    add_hardware(CountedKind::bytes, look_up, chosen, chosen.why_no_bytes);
    add_hardware(CountedKind::flops, look_up, chosen, chosen.why_no_flops);
  } else {
    chosen.why_no_bytes = chosen.why_no_flops = why;
  }
  chosen.figures.push_back(
      {.meaning = "cpu_time_ns",
       .says = "time on a CPU of all threads, spinning included",
       .events = {{"task-clock", 1, {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK, 0}}}});
  chosen.figures.push_back(
      {.meaning = "page_faults",
       .says = "page faults",
       .events = {{"page-faults", 1, {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, 0}}}});
  return chosen;
}

CountedFigures choose_figures() {
  return choose_figures(look_up_event, read_core_pmu().why(), why_no_pfm());
}

std::vector<std::string> known_event_names() {
  std::vector<std::string> names;
  for (const KnownFigure& known : kKnown) {
    for (const char* pmu : known.tried_with) {
      names.push_back(fmt::format("{}::{}", pmu, known.events.front().name));
    }
  }
  for (const KnownEvent& event : kIntelFlops) names.push_back(fmt::format("spr::{}", event.name));
  return names;
}

bool is_bytes_read(std::string_view meaning) {
  return std::ranges::any_of(kKnown, [&](const KnownFigure& known) {
    return known.kind == CountedKind::bytes && known.meaning == meaning;
  });
}

}  // namespace ridgepoint
