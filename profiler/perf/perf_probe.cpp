#include "profiler/perf/perf_probe.h"

#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <span>
#include <system_error>
#include <utility>

#include "profiler/machine/system_file.h"
#include "profiler/perf/core_pmu.h"
#include "profiler/perf/event_code.h"
#include "profiler/perf/open_event.h"

namespace ridgepoint {
namespace {

struct EventKind {
  const char* name;
  const char* unit;
  std::uint32_t type;
  std::uint64_t config;
  const char* pfm_name;  ///< as libpfm4 knows it on every PMU; null: software
};

constexpr EventKind kHardware[] = {
    {"cycles", "1", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, "perf::CYCLES"},
    {"instructions", "1", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS, "perf::INSTRUCTIONS"},
    {"cache_references", "1", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_REFERENCES,
     "perf::CACHE-REFERENCES"},
    {"cache_misses", "1", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES, "perf::CACHE-MISSES"},
    {"branch_misses", "1", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES, "perf::BRANCH-MISSES"},
};
constexpr EventKind kSoftware[] = {
    {"cpu_time", "ns", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK, nullptr},
    {"page_faults", "1", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, nullptr},
    {"context_switches", "1", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES, nullptr},
    {"migrations", "1", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS, nullptr},
};

/// The event of a kind as the kernel takes it.
perf_event_attr attributes_of(const EventKind& kind) {
  perf_event_attr attributes;
  std::memset(&attributes, 0, sizeof attributes);
  attributes.size = sizeof attributes;
  attributes.type = kind.type;
  attributes.config = kind.config;
  if (kind.pfm_name != nullptr) {
    if (const auto known = look_up_event(kind.pfm_name)) {
      attributes.type = known.value().type;
      attributes.config = known.value().config;
      attributes.config1 = known.value().config1;
    }
  }
  attributes.disabled = 1;
  attributes.exclude_kernel = 1;
  attributes.exclude_hv = 1;
  attributes.inherit = 1;  // threads that are begun later
  attributes.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
  return attributes;
}

/// One open event of this process; closed with it.
class OpenEvent {
 public:
  OpenEvent(const EventKind& kind, pid_t thread, int group)
      : descriptor_(opened(kind, thread, group, error_)) {}

  [[nodiscard]] int descriptor() const { return descriptor_.number(); }
  [[nodiscard]] int error() const { return error_; }

  struct Count {
    std::uint64_t value = 0, enabled_ns = 0, running_ns = 0;
  };
  [[nodiscard]] std::optional<Count> read() const {
    Count count;
    return ::read(descriptor(), &count, sizeof count) == sizeof count ? std::optional(count)
                                                                      : std::nullopt;
  }

 private:
  static EventDescriptor opened(const EventKind& kind, pid_t thread, int group, int& error) {
    perf_event_attr attributes = attributes_of(kind);
    // Only the leader is off until it is switched on; with it, all are.
    if (group >= 0) attributes.disabled = 0;
    return open_event(attributes, thread, -1, group, error);
  }

  int error_ = 0;
  EventDescriptor descriptor_;
};

/// Threads of this process as of now.
std::vector<pid_t> threads_now() {
  std::vector<pid_t> threads;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task", error)) {
    if (const auto id = parse_integer(entry.path().filename().string())) {
      threads.push_back(static_cast<pid_t>(*id));
    }
  }
  if (threads.empty()) threads.push_back(0);  // the one that asks
  return threads;
}

using EventGroup = std::vector<OpenEvent>;

/// The events of one thread; the first leads.
EventGroup open_group(std::span<const EventKind> kinds, pid_t thread) {
  EventGroup group;
  for (const EventKind& kind : kinds) {
    group.emplace_back(kind, thread, group.empty() ? -1 : group.front().descriptor());
  }
  return group;
}

class PerfProbe : public Probe {
 public:
  PerfProbe(std::string_view name, std::span<const EventKind> kinds, std::string why)
      : name_(name), kinds_(kinds), why_(std::move(why)) {
    if (!why_.empty()) return;
    for (const pid_t thread : threads_now()) {
      EventGroup group = open_group(kinds_, thread);
      if (group.front().error() == ESRCH) continue;  // it has ended meanwhile
      for (const OpenEvent& event : group) reasons_.push_back(why_not_opened(event.error()));
      if (group.front().descriptor() < 0) {
        why_ = reasons_.front();
        groups_.clear();
        return;
      }
      groups_.push_back(std::move(group));
    }
    if (groups_.empty()) why_ = "no thread of this process could be watched";
  }

  [[nodiscard]] std::string_view name() const override { return name_; }
  [[nodiscard]] std::string why_absent() const override { return why_; }

  void start() override {
    before_ = read();
    switch_all(PERF_EVENT_IOC_ENABLE);
    is_started_ = true;
  }

  std::vector<ProbeValue> stop() override {
    std::vector<ProbeValue> values;
    for (const EventKind& kind : kinds_) values.push_back({.name = kind.name, .unit = kind.unit});
    if (!why_.empty()) return all_absent(std::move(values), why_);
    switch_all(PERF_EVENT_IOC_DISABLE);
    if (!std::exchange(is_started_, false)) return all_absent(std::move(values), "not started");
    const auto after = read();
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (reasons_[i].empty()) {
        set_value(before_[i], after[i], values[i]);
      } else {
        values[i].value = Reading<double>::absent(reasons_[i]);
      }
    }
    return values;
  }

 private:
  void switch_all(unsigned long request) const {
    for (const EventGroup& group : groups_) {
      ::ioctl(group.front().descriptor(), request, PERF_IOC_FLAG_GROUP);
    }
  }

  /// Of each event, over all threads; nothing for one that cannot be read.
  [[nodiscard]] std::vector<std::optional<OpenEvent::Count>> read() const {
    std::vector<std::optional<OpenEvent::Count>> sums(kinds_.size(), OpenEvent::Count{});
    for (const EventGroup& group : groups_) {
      for (std::size_t i = 0; i < kinds_.size(); ++i) {
        const auto count = group[i].read();
        if (!count || !sums[i]) {
          sums[i].reset();
          continue;
        }
        sums[i]->value += count->value;
        sums[i]->enabled_ns += count->enabled_ns;
        sums[i]->running_ns += count->running_ns;
      }
    }
    return sums;
  }

  // Differences, because a reset would leave the counts of threads that have ended.
  static void set_value(const std::optional<OpenEvent::Count>& before,
                        const std::optional<OpenEvent::Count>& after, ProbeValue& value) {
    if (!before || !after) {
      value.value = Reading<double>::absent("the counter could not be read");
      return;
    }
    const auto enabled = static_cast<double>(after->enabled_ns - before->enabled_ns);
    const auto running = static_cast<double>(after->running_ns - before->running_ns);
    if (!(running > 0)) {
      value.value = Reading<double>::absent(
          "it was never counted: other events held the counters, or nothing ran");
      return;
    }
    auto scaled =
        scale_multiplexed(static_cast<double>(after->value - before->value), enabled, running);
    value.value = Reading<double>::of(scaled.value);
    value.note = std::move(scaled.note);
    if (running < enabled) value.provenance = ProbeProvenance::estimated;
  }

  std::string name_;
  std::span<const EventKind> kinds_;
  std::string why_;
  std::vector<EventGroup> groups_;    ///< one a thread
  std::vector<std::string> reasons_;  ///< why an event is not counted; empty: it is
  std::vector<std::optional<OpenEvent::Count>> before_;
  bool is_started_ = false;
};

}  // namespace

Multiplexed scale_multiplexed(double count, double enabled_ns, double running_ns) {
  if (!(running_ns > 0) || running_ns >= enabled_ns) return {count, {}};
  return {
      count * enabled_ns / running_ns,
      fmt::format("counted for {:.0f} % of the time and scaled", 100 * running_ns / enabled_ns)};
}

std::unique_ptr<Probe> make_perf_probe(PerfEvents events) {
  if (events == PerfEvents::software) {
    return std::make_unique<PerfProbe>("perf_software", kSoftware, "");
  }
  return std::make_unique<PerfProbe>("perf", kHardware, read_core_pmu().why());
}

}  // namespace ridgepoint
