#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <utility>

#include "backends/registry.h"
#include "backends/session.h"
#include "harness/run/random_tokens.h"
#include "harness/streaming/cold_pages.h"
#include "harness/streaming/direct_feed.h"
#include "harness/streaming/disk_rates.h"
#include "harness/streaming/mapped_feed.h"
#include "harness/streaming/memory_limit.h"
#include "harness/streaming/stream_plan.h"
#include "harness/streaming/streaming.h"
#include "profiler/clock/monotonic_clock.h"
#include "results/statistics/quantile.h"
#include "results/store/scratch_file.h"
#include "workloads/error.h"
#include "workloads/formats/load_model.h"

namespace ridgepoint {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kPrompt = 8, kWarmSteps = 1;
constexpr std::int64_t kMostProbeBytes = std::int64_t{512} << 20;
// What a process takes beside the weights that a limit is for.
constexpr std::int64_t kLimitSlack = std::int64_t{64} << 20;
// What a session takes beside the weights: activations, a short cache, the program.
constexpr std::int64_t kBesideWeights = std::int64_t{512} << 20;
// The page cache keeps up to 2 MiB together, which may lie on both sides of a border to what stays.
constexpr double kLargestWarmShare = 0.05;

struct WayName {
  StreamWay way;
  std::string_view name;
};
constexpr std::array<WayName, 3> kNames = {{{StreamWay::mapped, "mapped"},
                                            {StreamWay::direct, "direct"},
                                            {StreamWay::limited, "limited"}}};

std::string largest_file(const std::string& model) {
  std::error_code ignored;
  if (fs::is_regular_file(model, ignored)) return model;
  std::string largest;
  std::uintmax_t most = 0;
  for (const auto& entry : fs::directory_iterator(model, ignored)) {
    if (!entry.is_regular_file(ignored) || entry.file_size(ignored) <= most) continue;
    most = entry.file_size(ignored);
    largest = entry.path().string();
  }
  if (largest.empty()) {
    throw Error(model +
                ": lies in no file, so nothing of it can be streamed; 'ridgepoint model make' "
                "writes one of any shape");
  }
  return largest;
}

SliceOptions slice_options_of(const StreamingOptions& options) {
  SliceOptions slice;
  slice.threads = options.threads;
  slice.kv_type = options.kv_type;
  slice.batches = {1};
  slice.prompts = {64};
  slice.deep = 256;
  slice.deep_batches = {1};
  return slice;
}

SessionOptions session_options(const StreamingOptions& options, WeightFeed* feed) {
  return {.batch = 1,
          .capacity = kPrompt + kWarmSteps + options.steps + 1,
          .kv_type = options.kv_type,
          .threads = options.threads,
          .feed = feed};
}

/// What steps chose and how long they took.
struct Steps {
  std::vector<std::int32_t> tokens;
  std::vector<float> logits;  // of the last
  std::vector<std::int64_t> step_ns;
  std::optional<double> storage_bytes;  // a step
};

Steps take_steps(Session& session, const Model& model, int count) {
  session.forward(random_tokens(1, TokenStream::prompt, 1, kPrompt, model.config.vocab));
  Steps steps;
  const auto step = [&] {
    steps.tokens.push_back(session.next_tokens().front());
    const auto start_ns = monotonic_ns();
    session.forward(std::span(&steps.tokens.back(), 1));
    return monotonic_ns() - start_ns;
  };
  for (int i = 0; i < kWarmSteps; ++i) static_cast<void>(step());
  const auto before = bytes_from_storage();
  for (int i = 0; i < count; ++i) steps.step_ns.push_back(step());
  const auto after = bytes_from_storage();
  if (before && after) {
    steps.storage_bytes = static_cast<double>(after.value() - before.value()) / count;
  }
  const auto logits = session.logits();
  steps.logits.assign(logits.begin(), logits.end());
  return steps;
}

Steps take_resident_steps(const Backend& backend, const Model& model,
                          const StreamingOptions& options) {
  const auto session = backend.open_session(model, session_options(options, nullptr));
  return take_steps(*session, model, options.steps);
}

/// Why the weights cannot all lie in memory; empty where they can.
std::string too_large(const Streaming& streaming) {
  const MemoryNeed& need = streaming.model.need;
  const std::int64_t wanted = need.weight_bytes + kBesideWeights;
  if (need.available_bytes <= 0 || wanted <= need.available_bytes) return {};
  return fmt::format(
      "{:.1f} GB of weights do not fit in the {:.1f} GB of memory that are available",
      static_cast<double>(need.weight_bytes) * 1e-9,
      static_cast<double>(need.available_bytes) * 1e-9);
}

/// What a point's tokens and logits are held against.
struct Truth {
  Steps steps;
  std::string whose;  ///< empty: there is none yet
};

std::string difference(const Steps& steps, const Truth& truth) {
  if (steps.tokens != truth.steps.tokens) return "it chose other tokens than " + truth.whose;
  if (steps.logits != truth.steps.logits) return "its logits are not those of " + truth.whose;
  return {};
}

/// All streamed, for the way in which a limit says what stays.
StreamPlan plan_for(const StreamingPoint& point, const StreamPlan& plan) {
  const auto all = static_cast<double>(plan.bytes());
  // Shares came from a plan: the same budget, up to rounding.
  return with_budget(plan, point.way == StreamWay::limited
                               ? 0
                               : static_cast<std::int64_t>(std::ceil(point.share * all)) + 1);
}

std::unique_ptr<StreamedWeights> open_feed(const StreamingPoint& point, const Model& model,
                                           const StreamPlan& plan, const fs::path& scratch,
                                           int readers) {
  if (point.way == StreamWay::direct) {
    return std::make_unique<DirectFeed>(model, plan, scratch, readers);
  }
  return std::make_unique<MappedFeed>(model, plan, scratch,
                                      /*forgets=*/point.way == StreamWay::mapped);
}

void doubt_point(StreamingPoint& point, const StreamedWeights& feed) {
  if (point.way == StreamWay::limited) return;  // what stays is the kernel's to say
  const auto cached = feed.cached_share();
  point.cached_share = cached.value_or(1);
  if (!cached) {
    point.doubt = "whether it was cold: " + cached.why();
  } else if (point.cached_share > kLargestWarmShare) {
    point.doubt = fmt::format(
        "{:.0f} % of what is streamed was in the page cache after a step: it was not "
        "cold",
        100 * point.cached_share);
  }
}

void measure_point(StreamingPoint& point, const Streaming& streaming, const Backend& backend,
                   const Model& model, const StreamPlan& plan, Truth& truth) {
  const StreamingOptions& options = streaming.options;
  const ScratchFile scratch(options.folder / fmt::format("ridgepoint-{}.weights", ::getpid()));
  std::shared_ptr<MemoryLimit> limit;
  if (point.way == StreamWay::limited) {
    const double kept = point.share * static_cast<double>(plan.bytes());
    const auto set = MemoryLimit::set(static_cast<std::int64_t>(kept) + kLimitSlack);
    if (!set) {
      point.absent = set.why();
      return;
    }
    limit = set.value();
  }
  const auto feed =
      open_feed(point, model, plan_for(point, plan), scratch.path(), streaming.readers);
  const Model fed = feed->model();
  const auto session = backend.open_session(fed, session_options(options, feed.get()));
  const Steps steps = take_steps(*session, fed, options.steps);
  point.buffer_bytes = feed->buffer_bytes();
  point.step_ns = steps.step_ns;
  point.storage_bytes = steps.storage_bytes;
  if (truth.whose.empty()) {
    truth = {steps, fmt::format("those streamed first ({}, {:.0f} % in memory)", name_of(point.way),
                                100 * point.share)};
  }
  point.wrong = difference(steps, truth);
  doubt_point(point, *feed);
}

/// Cold pages of a mapping where nearly every one of them takes another's place.
Reading<double> limited_rate_of(const std::string& file, int threads) {
  const auto limit = MemoryLimit::set(kLimitSlack);
  if (!limit) return Reading<double>::absent(limit.why());
  return measure_mapped_rate(file, kMostProbeBytes, threads);
}

/// What direct reads get from the disk now; 0 where a point does not read so.
double disk_now(const StreamingPoint& point, const Streaming& streaming) {
  return point.way == StreamWay::direct
             ? direct_rate_now(streaming.file, kMostProbeBytes / 2, streaming.readers)
             : 0;
}

}  // namespace

std::span<const StreamWay> stream_ways() {
  static constexpr std::array<StreamWay, 3> kAll = {StreamWay::mapped, StreamWay::direct,
                                                    StreamWay::limited};
  return kAll;
}

std::string_view name_of(StreamWay way) {
  return std::ranges::find(kNames, way, &WayName::way)->name;
}

std::optional<StreamWay> find_stream_way(std::string_view name) {
  const auto found = std::ranges::find(kNames, name, &WayName::name);
  return found == kNames.end() ? std::nullopt : std::optional(found->way);
}

double StreamingPoint::measured_seconds() const {
  return step_ns.empty() ? 0 : median(step_ns) * 1e-9;
}

double StreamingPoint::error() const {
  const double seconds = measured_seconds();
  return seconds > 0 ? predicted_seconds / seconds - 1 : 0;
}

StreamingCosts Streaming::costs(StreamWay way) const {
  const double rate = way == StreamWay::direct   ? direct_rate
                      : way == StreamWay::mapped ? mapped_rate
                                                 : limited_rate;
  return {.step_seconds = step_seconds,
          .weight_bytes = static_cast<double>(weight_bytes),
          .disk_bytes_per_second = rate,
          .ahead = way == StreamWay::direct};
}

std::vector<StreamingKnee> Streaming::knees() const {
  std::vector<StreamingKnee> knees;
  for (const StreamWay way : options.ways) {
    // Where the kernel says what stays, nothing does, as long as not everything does.
    if (way == StreamWay::limited) continue;
    StreamingCosts known = costs(way);
    if (known.disk_bytes_per_second <= 0) continue;
    StreamingKnee knee{.way = way,
                       .predicted_share = streaming_knee(known),
                       .measured_share = {},
                       .disk_bytes_per_second = known.disk_bytes_per_second,
                       .seen_bytes_per_second = {}};
    std::vector<StreamedStep> steps;
    for (const StreamingPoint& point : points) {
      if (point.way != way || point.measured_seconds() <= 0) continue;
      steps.push_back({static_cast<double>(point.streamed_bytes), point.measured_seconds()});
    }
    // Of a model that memory does not hold the step is only predicted.
    if (!steps.empty()) {
      if (!resident_ns.empty()) known.step_seconds = median(resident_ns) * 1e-9;
      knee.seen_bytes_per_second = disk_rate_seen(known, steps);
      if (knee.seen_bytes_per_second) {
        known.disk_bytes_per_second = *knee.seen_bytes_per_second;
        knee.measured_share = streaming_knee(known);
      }
    }
    knees.push_back(knee);
  }
  return knees;
}

double Streaming::error_at_disk(const StreamingPoint& point) const {
  const double measured = point.measured_seconds();
  if (measured <= 0 || point.disk_bytes_per_second <= 0) return 0;
  StreamingCosts then = costs(point.way);
  if (!resident_ns.empty()) then.step_seconds = median(resident_ns) * 1e-9;
  then.disk_bytes_per_second = point.disk_bytes_per_second;
  return streamed_step_seconds(then, static_cast<double>(point.streamed_bytes)) / measured - 1;
}

double Streaming::mean_absolute_error() const {
  double sum = 0;
  int count = 0;
  for (const StreamingPoint& point : points) {
    if (point.measured_seconds() <= 0) continue;
    sum += std::abs(point.error());
    ++count;
  }
  return count > 0 ? sum / count : 0;
}

Streaming predict_streaming(const Case& variant, const StreamingOptions& options,
                            const std::function<void(const std::string&)>& on_step) {
  Streaming streaming;
  streaming.options = options;
  // Before anything maps it: what is mapped does not leave the page cache.
  streaming.file = largest_file(variant.model);
  const std::string& file = streaming.file;
  on_step("the disk: mapped pages, cold");
  const auto mapped = measure_mapped_rate(file, kMostProbeBytes, options.threads);
  Reading<double> limited = Reading<double>::absent("not asked for");
  if (std::ranges::count(options.ways, StreamWay::limited) > 0) {
    on_step("the disk: mapped pages, in a full control group");
    limited = limited_rate_of(file, options.threads);
  }
  on_step("the disk: O_DIRECT");
  const auto direct = measure_direct_rate(file, kMostProbeBytes);
  streaming.mapped_rate = mapped.value_or(0);
  streaming.limited_rate = limited.value_or(0);
  streaming.direct_rate = direct.value_or({}).bytes_per_second;
  streaming.readers = options.readers > 0 ? options.readers : direct.value_or({}).readers;
  on_step("a slice of the model in memory");
  streaming.model = measure_wall_model(variant, slice_options_of(options));

  const auto backend = open_backend(streaming.model.variant.backend);
  if (const Support streams = backend->streams(); !streams.supported) throw Error(streams.reason);
  const StreamPlan plan = plan_stream(streaming.model.outline, *backend);
  streaming.weight_bytes = plan.bytes();
  streaming.fixed_bytes = plan.fixed_bytes;
  const std::int64_t past = kPrompt + kWarmSteps + options.steps / 2;
  streaming.step_seconds = streaming.model.decode(1, past).seconds;
  streaming.roof_seconds =
      roof_seconds(streaming.model.roof, std::array{streaming.model.decode_step(1, past)});
  for (const StreamWay way : options.ways) {
    std::vector<double> seen;
    for (const double share : options.shares) {
      const StreamPlan kept =
          with_budget(plan, static_cast<std::int64_t>(share * static_cast<double>(plan.bytes())));
      StreamingPoint point;
      point.way = way;
      point.share = kept.resident_share();
      if (way == StreamWay::limited) point.share = share;
      if (kept.streamed_bytes() == 0 || std::ranges::count(seen, point.share) > 0) continue;
      seen.push_back(point.share);
      point.streamed_bytes =
          way == StreamWay::limited ? plan.bytes() - plan.fixed_bytes : kept.streamed_bytes();
      StreamingCosts costs = streaming.costs(way);
      if (costs.disk_bytes_per_second <= 0) {
        point.absent = way == StreamWay::direct   ? direct.why()
                       : way == StreamWay::mapped ? mapped.why()
                                                  : limited.why();
      } else {
        const auto bytes = static_cast<double>(point.streamed_bytes);
        point.predicted_seconds = streamed_step_seconds(costs, bytes);
        costs.step_seconds = streaming.roof_seconds;
        point.roof_seconds = streamed_step_seconds(costs, bytes);
      }
      streaming.points.push_back(std::move(point));
    }
  }
  return streaming;
}

void measure_streaming(Streaming& streaming,
                       const std::function<void(const StreamingPoint&)>& on_point,
                       const std::atomic<bool>& stop) {
  const auto backend = open_backend(streaming.model.variant.backend);
  const Model& model = streaming.model.outline;
  const StreamPlan plan = plan_stream(model, *backend);
  // A model that is larger than memory has no steps with all in it: what came first, by one way,
  // is then what the other ways and shares have to come to.
  Truth truth;
  streaming.resident_absent = too_large(streaming);
  if (streaming.resident_absent.empty()) {
    truth = {take_resident_steps(*backend, model, streaming.options), "those with all in memory"};
    streaming.resident_ns = truth.steps.step_ns;
  }
  for (StreamingPoint& point : streaming.points) {
    if (stop.load()) break;
    if (point.absent.empty()) {
      try {
        const double before = disk_now(point, streaming);
        measure_point(point, streaming, *backend, model, plan, truth);
        point.disk_bytes_per_second = (before + disk_now(point, streaming)) / 2;
      } catch (const Error& error) {
        point.absent = error.what();
      }
    }
    on_point(point);
  }
  streaming.interrupted = stop.load();
}

}  // namespace ridgepoint
