#include "profiler/cupti/activity_recording.h"

#include <fmt/format.h>

#include <cstring>
#include <fstream>
#include <map>
#include <type_traits>
#include <utility>

#if defined(RIDGEPOINT_HAS_CUPTI)
#include <cupti.h>
#endif

namespace ridgepoint {

void ActivityRecording::set_pass(std::int64_t begin_ns, std::int64_t end_ns, NodeOps nodes) {
  begin_ns_ = begin_ns;
  end_ns_ = end_ns;
  nodes_ = std::move(nodes);
}

#if defined(RIDGEPOINT_HAS_CUPTI)

namespace {

constexpr std::string_view kRecordingMagic = "RIDGEACT";
constexpr std::uint32_t kRecordingVersion = 1;

/// Every string that a record of `buffer` points to becomes changed(it); empty, or why the buffer
/// could not be walked through. Records are packed, so nothing refers to what is in them.
template <typename Change>
std::string change_strings(std::span<std::byte> buffer, NextActivityRecord next,
                           const Change& changed) {
  void* record = nullptr;
  for (;;) {
    const int status =
        next(reinterpret_cast<unsigned char*>(buffer.data()), buffer.size(), &record);
    if (status == CUPTI_ERROR_MAX_LIMIT_REACHED) return {};
    if (status != CUPTI_SUCCESS) return "a buffer could not be read to its end";
    switch (static_cast<CUpti_Activity*>(record)->kind) {
      case CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL:
      case CUPTI_ACTIVITY_KIND_KERNEL: {
        auto& kernel = *static_cast<CUpti_ActivityKernel10*>(record);
        kernel.name = changed(kernel.name);
        kernel.pAccessPolicyWindow = nullptr;
        break;
      }
      case CUPTI_ACTIVITY_KIND_MARKER: {
        auto& marker = *static_cast<CUpti_ActivityMarker2*>(record);
        marker.name = changed(marker.name);
        marker.domain = changed(marker.domain);
        break;
      }
      default:
        break;
    }
  }
}

template <typename T>
void put(std::string& to, T value) {
  static_assert(std::is_trivially_copyable_v<T>);
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// Takes from the front of a file's rest.
class RecordingRest {
 public:
  explicit RecordingRest(std::string_view file) : rest_(file) {}

  template <typename T>
  bool take(T& to) {
    if (rest_.size() < sizeof to) return false;
    std::memcpy(&to, rest_.data(), sizeof to);
    rest_.remove_prefix(sizeof to);
    return true;
  }
  bool take(std::uint64_t bytes, std::string_view& to) {
    if (rest_.size() < bytes) return false;
    to = rest_.substr(0, static_cast<std::size_t>(bytes));
    rest_.remove_prefix(static_cast<std::size_t>(bytes));
    return true;
  }
  [[nodiscard]] bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

constexpr const char* kRecordingEndsEarly = "the recording ends early";

std::vector<std::uint64_t> on_boundary(const void* from, std::size_t bytes) {
  std::vector<std::uint64_t> words((bytes + 7) / 8);
  if (bytes > 0) std::memcpy(words.data(), from, bytes);
  return words;
}

}  // namespace

std::string ActivityRecording::add(std::span<const std::byte> buffer, NextActivityRecord next) {
  std::vector<std::uint64_t> copy = on_boundary(buffer.data(), buffer.size());
  const auto bytes = std::as_writable_bytes(std::span(copy)).first(buffer.size());
  const std::string why = change_strings(bytes, next, [this](const char* name) {
    std::uintptr_t number = 0;
    if (name != nullptr) {
      strings_.emplace_back(name);
      number = strings_.size();
    }
    return reinterpret_cast<const char*>(number);
  });
  if (!why.empty()) return why;
  buffers_.push_back(std::move(copy));
  sizes_.push_back(buffer.size());
  return {};
}

std::string ActivityRecording::encoded() const {
  std::string file(kRecordingMagic);
  put(file, kRecordingVersion);
  put(file, std::uint32_t{CUPTI_API_VERSION});
  put(file, begin_ns_);
  put(file, end_ns_);
  put(file, std::uint64_t{nodes_.size()});
  for (const auto& [node, op] : std::map(nodes_.begin(), nodes_.end())) {
    put(file, std::uint64_t{node});
    put(file, std::uint64_t{op});
  }
  put(file, std::uint64_t{strings_.size()});
  for (const std::string& each : strings_) {
    put(file, static_cast<std::uint32_t>(each.size()));
    file += each;
  }
  put(file, std::uint64_t{buffers_.size()});
  for (std::size_t i = 0; i < buffers_.size(); ++i) {
    put(file, std::uint64_t{sizes_[i]});
    file.append(reinterpret_cast<const char*>(buffers_[i].data()), sizes_[i]);
  }
  return file;
}

std::string read_recorded_activities(std::string_view file, NextActivityRecord next,
                                     RecordedActivities& to) {
  RecordingRest rest(file);
  std::string_view magic;
  std::uint32_t version = 0;
  if (!rest.take(kRecordingMagic.size(), magic) || magic != kRecordingMagic ||
      !rest.take(version) || version != kRecordingVersion) {
    return "no recording of activities, or one of another format";
  }
  if (!rest.take(to.api_version) || !rest.take(to.begin_ns) || !rest.take(to.end_ns)) {
    return kRecordingEndsEarly;
  }
  if (to.api_version != CUPTI_API_VERSION) {
    return fmt::format("recorded with CUPTI {}, whose records {} does not lay out alike",
                       to.api_version, CUPTI_API_VERSION);
  }
  std::uint64_t count = 0;
  if (!rest.take(count)) return kRecordingEndsEarly;
  for (; count > 0; --count) {
    std::uint64_t node = 0, op = 0;
    if (!rest.take(node) || !rest.take(op)) return kRecordingEndsEarly;
    to.nodes[node] = op;
  }
  std::vector<std::string> strings;
  if (!rest.take(count)) return kRecordingEndsEarly;
  for (; count > 0; --count) {
    std::uint32_t length = 0;
    std::string_view text;
    if (!rest.take(length) || !rest.take(length, text)) return kRecordingEndsEarly;
    strings.emplace_back(text);
  }
  if (!rest.take(count)) return kRecordingEndsEarly;
  for (; count > 0; --count) {
    std::uint64_t length = 0;
    std::string_view bytes;
    if (!rest.take(length) || !rest.take(length, bytes)) return kRecordingEndsEarly;
    std::vector<std::uint64_t> buffer = on_boundary(bytes.data(), bytes.size());
    const auto all = std::as_writable_bytes(std::span(buffer)).first(bytes.size());
    bool known = true;
    const std::string why = change_strings(all, next, [&](const char* name) {
      const auto number = reinterpret_cast<std::uintptr_t>(name);
      known = known && number <= strings.size();
      return number == 0 || !known ? nullptr : strings[number - 1].c_str();
    });
    if (!why.empty()) return why;
    if (!known) return "a record points to no string of the recording";
    if (std::string reason = read_activities(all, next, to.activities); !reason.empty()) {
      return reason;
    }
  }
  return rest.empty() ? std::string() : "something follows the recording";
}

#else

std::string ActivityRecording::add(std::span<const std::byte>, NextActivityRecord) {
  return "this build has no CUPTI (there was no CUDA toolkit)";
}
std::string ActivityRecording::encoded() const {
  return {};
}
std::string read_recorded_activities(std::string_view, NextActivityRecord, RecordedActivities&) {
  return "this build has no CUPTI (there was no CUDA toolkit)";
}

#endif

std::string ActivityRecording::write(const std::string& path) const {
  const std::string file = encoded();
  std::ofstream out(path, std::ios::binary);
  out.write(file.data(), static_cast<std::streamsize>(file.size()));
  out.flush();
  return out ? std::string() : fmt::format("cannot write {}", path);
}

}  // namespace ridgepoint
