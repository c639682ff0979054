#include "backends/cuda/cuda_execution.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "profiler/clock/monotonic_clock.h"
#include "profiler/span_recorder.h"
#include "workloads/graph/fused_op_id.h"
#include "workloads/ops/operands.h"

namespace ridgepoint::cuda {
namespace {

PlanOptions with_cache(PlanOptions options, DeviceCache* cache) {
  options.cache = cache;
  return options;
}

std::vector<std::string> op_ids_of(const Graph& graph, std::span<const Stage> stages) {
  std::vector<std::string> ids;
  for (const Stage& stage : stages) {
    std::vector<std::string> members;
    for (const std::size_t node : stage.nodes) members.push_back(graph.nodes()[node].op_id);
    ids.push_back(fused_op_id(members));
  }
  return ids;
}

}  // namespace

CudaExecution::CudaExecution(const Graph& graph, const WeightMap& weights,
                             const PlanOptions& options, std::shared_ptr<DeviceCache> cache,
                             bool record)
    : graph_(graph),
      arena_(options.arena),
      cache_(std::move(cache)),
      plan_(plan_device(graph_, weights, with_cache(options, cache_.get()))),
      spans_(graph_, op_ids_of(graph_, plan_.stages)),
      event_times_(options.event_times ? options.event_times : std::make_shared<EventTimes>()) {
  arena_->device().load([this] { launch_all(); });
  if (record) recording_ = arena_->device().record([this] { launch_all(); });
}

std::byte* CudaExecution::end(ValueId id, Role role, std::size_t size) const {
  const Value& value = graph_.value(id);
  if (value.role != role || static_cast<std::size_t>(bytes_of(value)) != size) {
    throw std::logic_error(
        fmt::format("CudaExecution: '{}' is no such input or output, or {} bytes are not its size",
                    value.name, size));
  }
  return plan_.places[id];
}

void CudaExecution::write_input(ValueId id, std::span<const std::byte> bytes) {
  std::byte* const to = end(id, Role::input, bytes.size());
  std::ranges::copy(bytes, plan_.written[id]->begin());
  arena_->device().copy_in(to, bytes);
}

void CudaExecution::read_output(ValueId id, std::span<std::byte> bytes) const {
  arena_->device().copy_out(bytes, end(id, Role::output, bytes.size()));
}

void CudaExecution::launch_all() {
  for (const Stage& stage : plan_.stages) {
    for (const auto& launch : stage.launches) launch();
  }
}

void CudaExecution::launch_announced(SpanListener* listener, Marks* marks) {
  if (marks != nullptr) marks->set(0);
  for (std::size_t s = 0; s < plan_.stages.size(); ++s) {
    if (listener != nullptr) listener->begin(source_, static_cast<std::uint32_t>(s));
    for (const auto& launch : plan_.stages[s].launches) launch();
    if (listener != nullptr) listener->end();
    if (marks != nullptr) marks->set(s + 1);
  }
}

void CudaExecution::begin(std::int64_t past) {
  if (past < 0 || (plan_.has_caches && past + graph_.tokens() > graph_.capacity())) {
    throw std::logic_error(fmt::format("CudaExecution: {} tokens after {} exceed a cache of {}",
                                       graph_.tokens(), past, graph_.capacity()));
  }
  for (const auto& check : plan_.checks) check(past);
  started_ns_ = monotonic_ns();
  Device& device = arena_->device();
  for (const auto& upload : plan_.uploads) upload(past);
  device.launches().set_past(plan_.past.as<std::int64_t>(), past, device.stream());
}

void CudaExecution::run(std::int64_t past) {
  begin(past);
  // Whoever listens is told when each op is launched, which is not to wait behind another kernel.
  if (timer_) timer_->begin(/*hold=*/track_ == nullptr);
  if (track_ != nullptr && spans_come() == DeviceSpans::by_execution) {
    make_marks();  // the listener may have gone since
    launch_announced(track_->listener(), marks_.get());
    to_announce_ = true;
  } else if (track_ != nullptr && (!recording_ || spans_come() == DeviceSpans::none)) {
    launch_announced(track_->listener(), nullptr);
  } else if (recording_) {
    recording_->play();
  } else {
    launch_all();
  }
  if (timer_) timer_->end();
  arena_->device().check_launches(graph_.name());
}

void CudaExecution::synchronise() {
  arena_->device().synchronise();
  if (timer_) timer_->finish();
  if (to_announce_) announce();
}

void CudaExecution::announce() {
  to_announce_ = false;
  // The device's last mark passed before the host learnt of it, so that every span lies within the
  // pass; should the clocks run apart, spans are cut where the pass began.
  const std::int64_t done_ns = monotonic_ns();
  const std::int64_t all_ns = marks_->since_first_ns(plan_.stages.size());
  event_times_->add(all_ns, done_ns - started_ns_, false);
  const std::int64_t first_ns = std::max(started_ns_, done_ns - all_ns);
  std::int64_t begin_ns = first_ns;
  for (std::size_t s = 0; s < plan_.stages.size(); ++s) {
    const std::int64_t end_ns =
        std::clamp(first_ns + marks_->since_first_ns(s + 1), begin_ns, done_ns);
    track_->add({.begin_ns = begin_ns,
                 .end_ns = end_ns,
                 .source = source_,
                 .op = static_cast<std::uint32_t>(s)});
    begin_ns = end_ns;
  }
}

Support CudaExecution::time_on_device(bool on) {
  timer_.reset();
  if (on) timer_.emplace(arena_, event_times_);
  return Support::yes();
}

Support CudaExecution::trace(SpanRecorder* recorder) {
  spans_.trace(recorder);
  track_ = spans_.track();
  source_ = spans_.source_number();
  if (track_ == nullptr) return Support::yes();
  if (spans_come() == DeviceSpans::by_execution) {
    make_marks();
  } else if (recording_ && spans_come() == DeviceSpans::by_listener) {
    // Once more, so that the listener hears which op makes which node.
    recording_ = arena_->device().record([this] { launch_announced(track_->listener(), nullptr); });
  }
  return Support::yes();
}

void CudaExecution::make_marks() {
  if (!marks_) marks_ = arena_->device().make_marks(plan_.stages.size() + 1);
}

DeviceSpans CudaExecution::spans_come() const {
  const SpanListener* const listener = track_->listener();
  return listener == nullptr ? DeviceSpans::by_execution : listener->device_spans();
}

}  // namespace ridgepoint::cuda
