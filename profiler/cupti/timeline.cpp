#include "profiler/cupti/timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "profiler/clock/monotonic_clock.h"
#include "profiler/cupti/activity_reader.h"
#include "profiler/cupti/cupti_error.h"
#include "profiler/cupti/toolkit_library.h"

#if defined(RIDGEPOINT_HAS_CUPTI)
#include <cupti.h>
#include <dlfcn.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <mutex>
#endif

namespace ridgepoint {

void TimelinePass::add(const TimelinePass& other) {
  kernels += other.kernels;
  copies += other.copies;
  fills += other.fills;
  by_external += other.by_external;
  by_node += other.by_node;
  by_range += other.by_range;
  by_nothing += other.by_nothing;
  dropped += other.dropped;
  without_times += other.without_times;
  lost_buffers += other.lost_buffers;
  cut += other.cut;
  copied_bytes += other.copied_bytes;
  overhead_ns += other.overhead_ns;
  outside_ns = std::max(outside_ns, other.outside_ns);
  gaps.busy_ns += other.gaps.busy_ns;
  gaps.idle_ns += other.gaps.idle_ns;
  gaps.whole_ns += other.gaps.whole_ns;
  gaps.gaps += other.gaps.gaps;
  gaps.longest_ns = std::max(gaps.longest_ns, other.gaps.longest_ns);
}

CuptiTimeline::CuptiTimeline(SpanRecorder& recorder, const std::string& library)
    : recorder_(recorder) {
  open(library);
}

TimelinePass CuptiTimeline::collect(std::int64_t begin_ns, std::int64_t end_ns) {
  TimelinePass pass;
  if (!why_.empty()) return pass;
  ActivityRecording recording;
  const bool records = !recording_path_.empty() && recording_.empty();
  const Activities activities = drain(pass, records ? &recording : nullptr);
  pass.dropped += activities.dropped;
  pass.without_times += activities.without_times;
  pass.cut += activities.cut;
  pass.overhead_ns += activities.overhead_ns;
  for (const DeviceActivity& each : activities.on_device) {
    pass.kernels += each.kind == DeviceActivity::Kind::kernel ? 1U : 0U;
    pass.copies += each.kind == DeviceActivity::Kind::copy ? 1U : 0U;
    pass.fills += each.kind == DeviceActivity::Kind::fill ? 1U : 0U;
    if (each.kind == DeviceActivity::Kind::copy) pass.copied_bytes += each.bytes;
    pass.outside_ns = std::max({pass.outside_ns, begin_ns - each.begin_ns, each.end_ns - end_ns});
  }
  const Joined joined = join_activities(activities, nodes(), recorder_.sources());
  pass.by_external = joined.by_external;
  pass.by_node = joined.by_node;
  pass.by_range = joined.by_range;
  pass.by_nothing = joined.by_nothing;
  pass.gaps = gaps_between(joined.activities);
  if (pass.whole()) add_spans(joined, activities);
  if (records && pass.whole()) {
    recording.set_pass(begin_ns, end_ns, nodes());
    recording_ = recording.empty() ? "no records" : recording.write(recording_path_);
    if (recording_.empty()) recording_ = "written";
  }
  return pass;
}

void CuptiTimeline::record_to(std::string path) {
  recording_path_ = std::move(path);
  recording_.clear();
}

void CuptiTimeline::forget() {
  TimelinePass pass;
  if (why_.empty()) static_cast<void>(drain(pass));
}

void CuptiTimeline::add_spans(const Joined& joined, const Activities& activities) {
  SpanTrack& ops = recorder_.track(kOpsTrack);
  for (const Span& span : spans_of_ops(joined)) ops.add(span);
  if (!has_names_source_) {
    names_source_ = recorder_.add_source({.name = "on the device", .op_ids = {}});
    has_names_source_ = true;
  }
  // Each pass numbers its names anew.
  std::vector<std::uint32_t> numbers;
  for (const std::string& name : activities.names) {
    numbers.push_back(recorder_.op_number(names_source_, name));
  }
  for (const JoinedActivity& each : joined.activities) {
    recorder_.track(fmt::format("device stream {}", each.activity.stream))
        .add({.begin_ns = each.activity.begin_ns,
              .end_ns = each.activity.end_ns,
              .source = names_source_,
              .op = numbers[each.activity.name]});
  }
}

#if defined(RIDGEPOINT_HAS_CUPTI)

namespace {

constexpr std::size_t kActivityBufferBytes = std::size_t{1} << 20U;
/// What CUPTI may have waiting for us: 256 MiB.
constexpr std::size_t kMostFilledBuffers = 256;

struct FilledBuffer {
  std::uint8_t* memory = nullptr;
  std::size_t bytes = 0;
};

/// What CUPTI's callbacks, which are told nothing of who listens, write to. Never destroyed:
/// CUPTI's own threads may call until the very end. Has all its room from the beginning.
struct ActivityBuffers {
  std::mutex mutex;
  std::array<FilledBuffer, kMostFilledBuffers> filled{};
  std::size_t count = 0;
  std::atomic<std::size_t> lost{0};
  std::atomic<bool> taken{false};  ///< by a timeline of this process
};

ActivityBuffers& activity_buffers() {
  static auto* const kBuffers = new ActivityBuffers;
  return *kBuffers;
}

void CUPTIAPI on_buffer_requested(std::uint8_t** buffer, std::size_t* size,
                                  std::size_t* most_records) {
  // A fresh one each time, on a boundary of 8; none where there is no memory, which CUPTI counts as
  // dropped records.
  *buffer = static_cast<std::uint8_t*>(std::aligned_alloc(64, kActivityBufferBytes));
  *size = *buffer == nullptr ? 0 : kActivityBufferBytes;
  *most_records = 0;  // as many as fit
}

void CUPTIAPI on_buffer_completed(CUcontext, std::uint32_t, std::uint8_t* buffer, std::size_t,
                                  std::size_t valid) {
  ActivityBuffers& buffers = activity_buffers();
  if (valid > 0) {
    // A mutex of which nobody else's lock is ever abandoned: locking it cannot fail.
    const std::lock_guard lock(buffers.mutex);
    if (buffers.count < buffers.filled.size()) {
      buffers.filled[buffers.count++] = {buffer, valid};
      return;
    }
    buffers.lost.fetch_add(1, std::memory_order_relaxed);
  }
  std::free(buffer);
}

std::uint64_t CUPTIAPI monotonic_stamp() {
  return static_cast<std::uint64_t>(monotonic_ns());
}

}  // namespace

struct CuptiTimeline::Cupti {
  void* handle = nullptr;
  decltype(&cuptiSubscribe_v2) subscribe = nullptr;
  decltype(&cuptiUnsubscribe) unsubscribe = nullptr;
  decltype(&cuptiEnableCallback) enable_callback = nullptr;
  decltype(&cuptiSetThreadIdType) set_thread_id_type = nullptr;
  decltype(&cuptiActivityRegisterTimestampCallback) register_clock = nullptr;
  decltype(&cuptiActivityRegisterCallbacks) register_callbacks = nullptr;
  decltype(&cuptiActivityEnable) enable = nullptr;
  decltype(&cuptiActivityDisable) disable = nullptr;
  decltype(&cuptiActivityFlushAll) flush = nullptr;
  decltype(&cuptiActivityGetNumDroppedRecords) dropped = nullptr;
  decltype(&cuptiActivityPushExternalCorrelationId) push = nullptr;
  decltype(&cuptiActivityPopExternalCorrelationId) pop = nullptr;
  decltype(&cuptiGetGraphNodeId) node_id = nullptr;
  NextActivityRecord next = nullptr;

  CUpti_SubscriberHandle subscriber = nullptr;
  std::vector<CUpti_ActivityKind> enabled{};
  bool has_buffers = false;
  std::atomic<std::uint64_t> current{0};  ///< the op at work, for nodes that it makes
  std::mutex nodes_mutex{};
  NodeOps nodes{};
  std::atomic<std::size_t> lost_nodes{0};

  Cupti() = default;
  Cupti(const Cupti&) = delete;
  Cupti& operator=(const Cupti&) = delete;
  ~Cupti() {
    for (const CUpti_ActivityKind kind : enabled) static_cast<void>(disable(kind));
    if (!enabled.empty()) static_cast<void>(flush(CUPTI_ACTIVITY_FLAG_FLUSH_FORCED));
    if (subscriber != nullptr) static_cast<void>(unsubscribe(subscriber));
    if (has_buffers) {
      ActivityBuffers& buffers = activity_buffers();
      const std::lock_guard lock(buffers.mutex);
      for (std::size_t i = 0; i < buffers.count; ++i) std::free(buffers.filled[i].memory);
      buffers.count = 0;
      buffers.taken.store(false);
    }
    // The library stays: it keeps threads and hooks of its own, and cuptiFinalize is to be avoided.
  }

  template <typename Function>
  bool find(const char* name, Function& to) {
    to = reinterpret_cast<Function>(dlsym(handle, name));
    return to != nullptr;
  }
  bool find_all() {
    return find("cuptiSubscribe_v2", subscribe) && find("cuptiUnsubscribe", unsubscribe) &&
           find("cuptiEnableCallback", enable_callback) &&
           find("cuptiSetThreadIdType", set_thread_id_type) &&
           find("cuptiActivityRegisterTimestampCallback", register_clock) &&
           find("cuptiActivityRegisterCallbacks", register_callbacks) &&
           find("cuptiActivityEnable", enable) && find("cuptiActivityDisable", disable) &&
           find("cuptiActivityFlushAll", flush) &&
           find("cuptiActivityGetNumDroppedRecords", dropped) &&
           find("cuptiActivityPushExternalCorrelationId", push) &&
           find("cuptiActivityPopExternalCorrelationId", pop) &&
           find("cuptiGetGraphNodeId", node_id) && find("cuptiActivityGetNextRecord", next);
  }

  /// A node was made while an op was recorded, or copied from such a one.
  void on_graph_node(CUpti_CallbackId which, const CUpti_GraphData& data) noexcept {
    std::uint64_t node = 0, original = 0;
    if (node_id(data.node, &node) != CUPTI_SUCCESS) return;
    try {
      const std::lock_guard lock(nodes_mutex);
      if (which == CUPTI_CBID_RESOURCE_GRAPHNODE_CREATED) {
        const std::uint64_t op = current.load(std::memory_order_relaxed);
        if (op != 0) nodes[node] = op;
      } else if (node_id(data.originalNode, &original) == CUPTI_SUCCESS) {
        if (const auto known = nodes.find(original); known != nodes.end()) {
          const std::uint64_t op = known->second;
          nodes[node] = op;
        }
      }
    } catch (...) {  // no memory: the node's kernels belong to no op
      lost_nodes.fetch_add(1, std::memory_order_relaxed);
    }
  }

  static void CUPTIAPI on_callback(void* self, CUpti_CallbackDomain domain, CUpti_CallbackId which,
                                   const void* data) {
    if (domain != CUPTI_CB_DOMAIN_RESOURCE || data == nullptr) return;
    const auto* const resource = static_cast<const CUpti_ResourceData*>(data);
    if (resource->resourceDescriptor == nullptr) return;
    static_cast<Cupti*>(self)->on_graph_node(
        which, *static_cast<const CUpti_GraphData*>(resource->resourceDescriptor));
  }

  /// Empty when it worked.
  std::string subscribe_here() {
    std::array<char, 2 * CUPTI_OLD_SUBSCRIBER_NAME_MIN_LEN> rival{};
    CUpti_SubscriberParams params{};
    params.structSize = CUpti_SubscriberParams_STRUCT_SIZE;
    params.subscriberName = "ridgepoint";
    params.oldSubscriberName = rival.data();
    params.oldSubscriberSize = rival.size();
    const CUptiResult status = subscribe(&subscriber, &on_callback, this, &params);
    if (status == CUPTI_SUCCESS) return {};
    subscriber = nullptr;
    rival.back() = '\0';
    return cupti_sentence("subscribing", status, rival.data());
  }
};

CuptiTimeline::~CuptiTimeline() = default;

void CuptiTimeline::open(const std::string& library) {
  auto cupti = std::make_unique<Cupti>();
  cupti->handle = open_toolkit_library(library);
  if (cupti->handle == nullptr) {
    why_ = fmt::format("no {}, in the loader's places or the toolkit's", library);
    return;
  }
  if (!cupti->find_all()) {
    why_ = fmt::format("{}: without the functions of CUDA 13 for activities", library);
    return;
  }
  if (activity_buffers().taken.exchange(true)) {
    why_ = "this process has a timeline already";
    return;
  }
  cupti->has_buffers = true;
  if (why_ = cupti->subscribe_here(); !why_.empty()) return;
  // Order matters: the clock before any kind is enabled.
  static_cast<void>(cupti->set_thread_id_type(CUPTI_ACTIVITY_THREAD_ID_TYPE_SYSTEM));
  if (const auto status = cupti->register_clock(&monotonic_stamp); status != CUPTI_SUCCESS) {
    why_ = cupti_sentence("giving it the host's clock", status);
    return;
  }
  if (const auto status = cupti->register_callbacks(&on_buffer_requested, &on_buffer_completed);
      status != CUPTI_SUCCESS) {
    why_ = cupti_sentence("giving it buffers", status);
    return;
  }
  struct Kind {
    CUpti_ActivityKind kind;
    const char* what;
    bool needed;
  };
  constexpr Kind kKinds[] = {{CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL, "kernels", true},
                             {CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION, "ids of ops", false},
                             {CUPTI_ACTIVITY_KIND_RUNTIME, "calls of the runtime", false},
                             {CUPTI_ACTIVITY_KIND_DRIVER, "calls of the driver", false},
                             {CUPTI_ACTIVITY_KIND_MEMCPY, "copies", false},
                             {CUPTI_ACTIVITY_KIND_MEMSET, "fills", false},
                             {CUPTI_ACTIVITY_KIND_MARKER, "NVTX ranges", false},
                             {CUPTI_ACTIVITY_KIND_OVERHEAD, "its own overhead", false}};
  for (const Kind& each : kKinds) {
    const CUptiResult status = cupti->enable(each.kind);
    if (status == CUPTI_SUCCESS) {
      cupti->enabled.push_back(each.kind);
    } else if (each.needed) {
      why_ = cupti_sentence(fmt::format("recording {}", each.what), status);
      return;
    } else {
      notes_.push_back(cupti_sentence(fmt::format("recording {}", each.what), status));
    }
  }
  for (const CUpti_CallbackId id :
       {CUPTI_CBID_RESOURCE_GRAPHNODE_CREATED, CUPTI_CBID_RESOURCE_GRAPHNODE_CLONED}) {
    const auto status = cupti->enable_callback(1, cupti->subscriber, CUPTI_CB_DOMAIN_RESOURCE, id);
    if (status == CUPTI_SUCCESS) continue;
    notes_.push_back(cupti_sentence("hearing of nodes of graphs", status));
    break;
  }
  cupti_ = std::move(cupti);
}

void CuptiTimeline::begin(std::uint32_t source, std::uint32_t op) noexcept {
  if (!cupti_) return;
  const std::uint64_t id = external_id(source, op);
  cupti_->current.store(id, std::memory_order_relaxed);
  static_cast<void>(cupti_->push(CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0, id));
}

void CuptiTimeline::end() noexcept {
  if (!cupti_) return;
  cupti_->current.store(0, std::memory_order_relaxed);
  std::uint64_t last = 0;
  static_cast<void>(cupti_->pop(CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0, &last));
}

NodeOps CuptiTimeline::nodes() const {
  const std::lock_guard lock(cupti_->nodes_mutex);
  return cupti_->nodes;
}

Activities CuptiTimeline::drain(TimelinePass& pass, ActivityRecording* recording) {
  Activities activities;
  if (const auto status = cupti_->flush(0); status != CUPTI_SUCCESS) ++pass.lost_buffers;
  std::vector<FilledBuffer> filled;
  {
    ActivityBuffers& buffers = activity_buffers();
    const std::lock_guard lock(buffers.mutex);
    filled.assign(buffers.filled.begin(),
                  buffers.filled.begin() + static_cast<std::ptrdiff_t>(buffers.count));
    buffers.count = 0;
    pass.lost_buffers += buffers.lost.exchange(0);
  }
  for (const FilledBuffer& each : filled) {
    const auto bytes = std::as_writable_bytes(std::span(each.memory, each.bytes));
    static_cast<void>(read_activities(bytes, cupti_->next, activities));
    if (recording != nullptr) static_cast<void>(recording->add(bytes, cupti_->next));
    std::free(each.memory);
  }
  std::size_t dropped = 0;
  if (cupti_->dropped(nullptr, 0, &dropped) == CUPTI_SUCCESS) activities.dropped += dropped;
  return activities;
}

#else

struct CuptiTimeline::Cupti {};
CuptiTimeline::~CuptiTimeline() = default;
void CuptiTimeline::open(const std::string&) {
  why_ = "this build has no CUPTI (there was no CUDA toolkit)";
}
void CuptiTimeline::begin(std::uint32_t, std::uint32_t) noexcept {}
void CuptiTimeline::end() noexcept {}
NodeOps CuptiTimeline::nodes() const {
  return {};
}
Activities CuptiTimeline::drain(TimelinePass&, ActivityRecording*) {
  return {};
}

#endif

}  // namespace ridgepoint
