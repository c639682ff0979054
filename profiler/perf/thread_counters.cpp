#include "profiler/perf/thread_counters.h"

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <utility>
#include <vector>

#include "profiler/perf/counter_page.h"
#include "profiler/perf/open_event.h"

namespace ridgepoint {
namespace {

perf_event_attr attributes_for(const EventCode& event) {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = event.type;
  attributes.config = event.config;
  attributes.config1 = event.config1;
  attributes.exclude_kernel = 1;
  attributes.exclude_hv = 1;
  attributes.read_format =
      PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
  return attributes;
}

/// The page that the kernel shares of an event; null where it does not.
class MappedPage {
 public:
  explicit MappedPage(int descriptor) : bytes_(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))) {
    void* const place = ::mmap(nullptr, bytes_, PROT_READ, MAP_SHARED, descriptor, 0);
    if (place != MAP_FAILED) page_ = static_cast<perf_event_mmap_page*>(place);
  }
  ~MappedPage() {
    if (page_ != nullptr) ::munmap(page_, bytes_);
  }
  MappedPage(MappedPage&& other) noexcept
      : page_(std::exchange(other.page_, nullptr)), bytes_(other.bytes_) {}
  MappedPage(const MappedPage&) = delete;
  MappedPage& operator=(const MappedPage&) = delete;
  MappedPage& operator=(MappedPage&&) = delete;

  [[nodiscard]] const perf_event_mmap_page* get() const { return page_; }

 private:
  perf_event_mmap_page* page_ = nullptr;
  std::size_t bytes_;
};

class PerfThreadCounters : public ThreadCounters {
 public:
  /// Where `error` is not 0 afterwards, it was refused.
  PerfThreadCounters(std::span<const EventCode> events, int& error)
      : answer_(kHeadWords + events.size()) {
    for (const EventCode& event : events) {
      perf_event_attr attributes = attributes_for(event);
      const int leader = group_.empty() ? -1 : group_.front().number();
      if (leader < 0) attributes.disabled = 1;
      EventDescriptor opened = open_event(attributes, 0, -1, leader, error);
      if (error != 0) return;
      pages_.emplace_back(opened.number());
      group_.push_back(std::move(opened));
    }
    // Only now: an event that joins a group that counts already may wait for the next switch of
    // threads.
    if (!group_.empty()) ::ioctl(group_.front().number(), PERF_EVENT_IOC_ENABLE, 0);
  }

  bool read(std::span<EventCount> counts) noexcept override {
    if (counts.size() != group_.size()) return false;
    return read_pages(counts) || read_group(counts);
  }

 private:
  static constexpr std::size_t kHeadWords = 3;  ///< how many there are, two times

  bool read_pages(std::span<EventCount> counts) const noexcept {
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (!read_counter_page(pages_[i].get(), hardware_counter, counts[i])) return false;
    }
    return true;
  }

  bool read_group(std::span<EventCount> counts) noexcept {
    const std::size_t bytes = answer_.size() * sizeof(std::uint64_t);
    if (::read(group_.front().number(), answer_.data(), bytes) != static_cast<ssize_t>(bytes)) {
      return false;
    }
    if (answer_[0] != counts.size()) return false;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      counts[i] = {answer_[kHeadWords + i], answer_[1], answer_[2]};
    }
    return true;
  }

  std::vector<EventDescriptor> group_;
  std::vector<MappedPage> pages_;
  std::vector<std::uint64_t> answer_;
};

}  // namespace

std::unique_ptr<ThreadCounters> PerfCounterSource::open(std::span<const EventCode> events,
                                                        std::string& why) {
  int error = events.empty() ? EINVAL : 0;
  auto counters = std::make_unique<PerfThreadCounters>(events, error);
  why = why_not_opened(error);
  return error == 0 ? std::move(counters) : nullptr;
}

}  // namespace ridgepoint
