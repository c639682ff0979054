#include "profiler/cupti/activity_reader.h"

#include <fmt/format.h>

#if defined(RIDGEPOINT_HAS_CUPTI)
#include <cupti.h>
#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#endif

namespace ridgepoint {

#if defined(RIDGEPOINT_HAS_CUPTI)

namespace {

std::int64_t stamp(std::uint64_t ns) {
  return static_cast<std::int64_t>(ns);
}

/// A kernel's name as in its source, without namespaces and arguments: what a line has room for.
std::string short_kernel_name(const char* mangled) {
  if (mangled == nullptr) return "kernel";
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> plain(
      abi::__cxa_demangle(mangled, nullptr, nullptr, &status), &std::free);
  std::string name = status == 0 && plain ? plain.get() : mangled;
  if (name.starts_with("void ")) name.erase(0, 5);
  int depth = 0;
  std::size_t begin = 0, end = name.size();
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '<') ++depth;
    if (name[i] == '>') --depth;
    if (depth == 0 && name[i] == ':') begin = i + 1;
    if (depth == 0 && name[i] == '(') {
      end = i;
      break;
    }
  }
  name = name.substr(begin, end - begin);
  for (std::size_t at = name.find("ridgepoint::cuda::"); at != std::string::npos;
       at = name.find("ridgepoint::cuda::")) {
    name.erase(at, std::string_view("ridgepoint::cuda::").size());
  }
  return name;
}

class ActivityReading {
 public:
  explicit ActivityReading(Activities& to) : to_(to) {}

  void add(const CUpti_Activity& record) {
    switch (record.kind) {
      case CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL:
      case CUPTI_ACTIVITY_KIND_KERNEL:
        return add(reinterpret_cast<const CUpti_ActivityKernel10&>(record));
      case CUPTI_ACTIVITY_KIND_MEMCPY:
        return add(reinterpret_cast<const CUpti_ActivityMemcpy6&>(record));
      case CUPTI_ACTIVITY_KIND_MEMSET:
        return add(reinterpret_cast<const CUpti_ActivityMemset4&>(record));
      case CUPTI_ACTIVITY_KIND_RUNTIME:
      case CUPTI_ACTIVITY_KIND_DRIVER:
        return add(reinterpret_cast<const CUpti_ActivityAPI&>(record));
      case CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION:
        return add(reinterpret_cast<const CUpti_ActivityExternalCorrelation&>(record));
      case CUPTI_ACTIVITY_KIND_MARKER:
        return add(reinterpret_cast<const CUpti_ActivityMarker2&>(record));
      case CUPTI_ACTIVITY_KIND_OVERHEAD: {
        const auto& overhead = reinterpret_cast<const CUpti_ActivityOverhead3&>(record);
        if (overhead.end > overhead.start) to_.overhead_ns += stamp(overhead.end - overhead.start);
        return;
      }
      default:
        ++to_.not_read;
    }
  }

 private:
  template <typename Record>
  void add_on_device(const Record& record, DeviceActivity::Kind kind, std::uint64_t bytes,
                     std::string_view name) {
    if (record.start == 0 || record.end < record.start) {
      ++to_.without_times;
      return;
    }
    to_.on_device.push_back({.kind = kind,
                             .begin_ns = stamp(record.start),
                             .end_ns = stamp(record.end),
                             .correlation = record.correlationId,
                             .stream = record.streamId,
                             .graph_node = record.graphNodeId,
                             .bytes = stamp(bytes),
                             .name = to_.name(name)});
  }
  void add(const CUpti_ActivityKernel10& record) {
    add_on_device(record, DeviceActivity::Kind::kernel, 0, short_kernel_name(record.name));
  }
  void add(const CUpti_ActivityMemcpy6& record) {
    const char* const name = record.copyKind == CUPTI_ACTIVITY_MEMCPY_KIND_HTOD   ? "copy in"
                             : record.copyKind == CUPTI_ACTIVITY_MEMCPY_KIND_DTOH ? "copy out"
                                                                                  : "copy";
    add_on_device(record, DeviceActivity::Kind::copy, record.bytes, name);
  }
  void add(const CUpti_ActivityMemset4& record) {
    add_on_device(record, DeviceActivity::Kind::fill, record.bytes, "fill");
  }
  void add(const CUpti_ActivityAPI& record) {
    to_.calls.push_back(
        {stamp(record.start), stamp(record.end), record.correlationId, record.threadId});
  }
  void add(const CUpti_ActivityExternalCorrelation& record) {
    if (record.externalKind != CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0) return;
    to_.external[record.correlationId] = record.externalId;
  }
  void add(const CUpti_ActivityMarker2& record) {
    if ((record.flags & CUPTI_ACTIVITY_FLAG_MARKER_START) != 0) {
      to_.open_ranges[record.id] = to_.ranges.size();
      to_.ranges.push_back({.begin_ns = stamp(record.timestamp),
                            .end_ns = 0,
                            .thread = record.objectId.pt.threadId,
                            .name = to_.name(record.name != nullptr ? record.name : "")});
    } else if ((record.flags & CUPTI_ACTIVITY_FLAG_MARKER_END) != 0) {
      // An end carries no name: it belongs to the start of the same id.
      if (const auto open = to_.open_ranges.find(record.id); open != to_.open_ranges.end()) {
        to_.ranges[open->second].end_ns = stamp(record.timestamp);
        to_.open_ranges.erase(open);
      }
    }
  }

  Activities& to_;
};

}  // namespace

std::string read_activities(std::span<std::byte> buffer, NextActivityRecord next, Activities& to) {
  ActivityReading reading(to);
  void* record = nullptr;
  for (;;) {
    const int status =
        next(reinterpret_cast<unsigned char*>(buffer.data()), buffer.size(), &record);
    if (status == CUPTI_ERROR_MAX_LIMIT_REACHED) return {};
    if (status != CUPTI_SUCCESS) {
      ++to.cut;
      return {};
    }
    reading.add(*static_cast<const CUpti_Activity*>(record));
  }
}

#else

std::string read_activities(std::span<std::byte>, NextActivityRecord, Activities&) {
  return "this build has no CUPTI (there was no CUDA toolkit)";
}

#endif

}  // namespace ridgepoint
