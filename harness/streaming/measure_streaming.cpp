#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "backends/registry.h"
#include "backends/session.h"
#include "harness/loading/disk_rates.h"
#include "harness/run/random_tokens.h"
#include "harness/streaming/apart.h"
#include "harness/streaming/cold_pages.h"
#include "harness/streaming/direct_feed.h"
#include "harness/streaming/file_mapping.h"
#include "harness/streaming/leftovers.h"
#include "harness/streaming/mapped_feed.h"
#include "harness/streaming/memory_group.h"
#include "harness/streaming/stream_plan.h"
#include "harness/streaming/streaming.h"
#include "harness/wall/interrupted.h"
#include "profiler/clock/monotonic_clock.h"
#include "results/statistics/quantile.h"
#include "results/store/scratch_file.h"
#include "workloads/error.h"
#include "workloads/formats/load_model.h"

namespace ridgepoint {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::string_view kScratchSuffix = ".weights";

constexpr std::int64_t kPrompt = 8, kWarmSteps = 1;
constexpr std::int64_t kMostProbeBytes = std::int64_t{512} << 20;
// What a limit leaves beside the weights that are to stay and what the session holds for itself:
// pages on their way.
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

SliceOptions slice_options_of(const StreamingOptions& options, const std::atomic<bool>& stop) {
  SliceOptions slice;
  slice.stop = &stop;
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

void read_prompt(Session& session, const Model& model) {
  session.forward(random_tokens(1, TokenStream::prompt, 1, kPrompt, model.config.vocab));
}

Steps take_steps(Session& session, int count, const std::atomic<bool>& stop) {
  Steps steps;
  const auto step = [&] {
    throw_if(stop);
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
                          const StreamingOptions& options, const std::atomic<bool>& stop) {
  const auto session = backend.open_session(model, session_options(options, nullptr));
  read_prompt(*session, model);
  return take_steps(*session, options.steps, stop);
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

std::int64_t budget_of(const StreamingPoint& point, const StreamPlan& plan) {
  return static_cast<std::int64_t>(point.asked_share * static_cast<double>(plan.bytes()));
}

/// All streamed, for the way in which a limit says what stays.
StreamPlan plan_for(const StreamingPoint& point, const StreamPlan& plan) {
  return with_budget(plan, point.way == StreamWay::limited ? 0 : budget_of(point, plan));
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

/// What a point's process has to say.
struct PointSteps {
  Steps steps;
  std::int64_t buffer_bytes = 0;
  std::optional<double> cached_share;
  std::string why_not_cached;
};

struct PointPlace {
  const StreamingPoint& point;
  const Streaming& streaming;
  const Model& model;
  const StreamPlan& plan;
  const fs::path& scratch;
};

/// `before_steps`: when the session is open and has read a prompt, so that it holds all it needs.
PointSteps steps_of(const PointPlace& place, const std::atomic<bool>& stop,
                    const std::function<void()>& before_steps) {
  const StreamingOptions& options = place.streaming.options;
  const auto backend = open_backend(place.streaming.model.variant.backend);
  const auto feed = open_feed(place.point, place.model, plan_for(place.point, place.plan),
                              place.scratch, place.streaming.readers);
  const Model fed = feed->model();
  const auto session = backend->open_session(fed, session_options(options, feed.get()));
  read_prompt(*session, fed);
  before_steps();
  PointSteps result;
  result.steps = take_steps(*session, options.steps, stop);
  result.buffer_bytes = feed->buffer_bytes();
  // Under a limit what stays is the kernel's to say.
  if (place.point.way == StreamWay::limited) return result;
  const auto cached = feed->cached_share();
  if (cached) {
    result.cached_share = cached.value();
  } else {
    result.why_not_cached = cached.why();
  }
  return result;
}

void doubt_point(StreamingPoint& point, const PointSteps& result) {
  point.cached_share = result.cached_share.value_or(1);
  if (!result.cached_share) {
    point.doubt = "whether it was cold: " + result.why_not_cached;
  } else if (point.cached_share > kLargestWarmShare) {
    point.doubt = fmt::format(
        "{:.0f} % of what is streamed was in the page cache after a step: it was not "
        "cold",
        100 * point.cached_share);
  }
}

/// Logits as bits: what is no number must come through, too.
std::string packed_steps(const PointSteps& result) {
  Json logits = Json::array();
  for (const float logit : result.steps.logits) {
    logits.push_back(std::bit_cast<std::uint32_t>(logit));
  }
  Json json = {{"tokens", result.steps.tokens},
               {"step_ns", result.steps.step_ns},
               {"logits", std::move(logits)},
               {"buffer_bytes", result.buffer_bytes}};
  if (result.steps.storage_bytes) json["storage_bytes"] = *result.steps.storage_bytes;
  return json.dump();
}

PointSteps unpacked_steps(const std::string& text) {
  const Json json = Json::parse(text);
  PointSteps result;
  json.at("tokens").get_to(result.steps.tokens);
  json.at("step_ns").get_to(result.steps.step_ns);
  for (const Json& bits : json.at("logits")) {
    result.steps.logits.push_back(std::bit_cast<float>(bits.get<std::uint32_t>()));
  }
  json.at("buffer_bytes").get_to(result.buffer_bytes);
  if (json.contains("storage_bytes")) {
    result.steps.storage_bytes = json.at("storage_bytes").get<double>();
  }
  return result;
}

/// What this process has touched of the model's files would otherwise stay in memory at its expense
/// and not at that of the group.
void forget_files_of(const Model& model) {
  for (const FileMapping& mapping : file_mappings()) {
    const bool holds_weights = std::ranges::any_of(model.weights, [&](const auto& weight) {
      const auto address = reinterpret_cast<std::uintptr_t>(weight.second.bytes.data());
      return weight.second.mapped && address >= mapping.first && address < mapping.end;
    });
    if (!holds_weights) continue;
    const std::size_t bytes = mapping.end - mapping.first;
    forget_pages({reinterpret_cast<const std::byte*>(mapping.first), bytes});
    forget_cached(mapping.file, mapping.offset, static_cast<std::int64_t>(bytes));
  }
}

/// What the kernel may keep of the weights, the session's own memory, and some room. The session's
/// is known when it is open: a table of tokens in an order of the engine's own is a part of it.
void limit_to_share(const MemoryGroup& group, const PointPlace& place) {
  const auto own = group.anonymous_bytes();
  if (!own) throw Error(own.why());
  const StreamPlan& plan = place.plan;
  const std::int64_t kept =
      std::max<std::int64_t>(budget_of(place.point, plan) - plan.fixed_bytes, 0);
  group.set_limit(kept + plan.fixed_in_file_bytes + own.value() + kLimitSlack);
}

/// In a child: the kernel ends what cannot do with the limit. Nothing where there are no steps,
/// with the reason in `point`.
std::optional<PointSteps> limited_steps(StreamingPoint& point, const PointPlace& place,
                                        const std::atomic<bool>& stop) {
  const auto group = MemoryGroup::make();
  if (!group) {
    point.absent = group.why();
    return std::nullopt;
  }
  forget_files_of(place.model);
  const ApartResult result = run_apart(
      [&] {
        group.value()->enter();
        return packed_steps(steps_of(place, stop, [&] { limit_to_share(*group.value(), place); }));
      },
      stop);
  if (result.stopped) throw Interrupted();
  if (result.came_out()) return unpacked_steps(result.answer);
  point.out_of_memory = group.value()->ran_out();
  point.absent =
      point.out_of_memory ? fmt::format(
                                "the kernel ended the process: {:.0f} % of the weights and {} MiB "
                                "beside them were too little memory for it",
                                100 * point.asked_share, kLimitSlack >> 20)
      : result.signal != 0 ? fmt::format("the process was ended by signal {}", result.signal)
                           : result.problem;
  return std::nullopt;
}

void measure_point(StreamingPoint& point, const Streaming& streaming, const Model& model,
                   const StreamPlan& plan, Truth& truth, const std::atomic<bool>& stop) {
  // Here and not where it is written: a child that is killed removes nothing.
  const ScratchFile scratch(streaming.options.folder / own_name(kScratchSuffix));
  const PointPlace place{point, streaming, model, plan, scratch.path()};
  std::optional<PointSteps> result;
  if (point.way == StreamWay::limited) {
    result = limited_steps(point, place, stop);
    if (!result) return;
  } else {
    result = steps_of(place, stop, [] {});
    doubt_point(point, *result);
  }
  const Steps& steps = result->steps;
  point.buffer_bytes = result->buffer_bytes;
  point.step_ns = steps.step_ns;
  point.storage_bytes = steps.storage_bytes;
  if (truth.whose.empty()) {
    truth = {steps, fmt::format("those streamed first ({}, {:.0f} % in memory)", name_of(point.way),
                                100 * point.share)};
  }
  point.wrong = difference(steps, truth);
}

/// Cold pages of a mapping where nearly every one of them takes another's place.
Reading<double> limited_rate_of(const std::string& file, std::int64_t most_bytes, int threads,
                                const std::atomic<bool>& stop) {
  const auto group = MemoryGroup::make();
  if (!group) return Reading<double>::absent(group.why());
  const ApartResult result = run_apart(
      [&] {
        group.value()->enter();
        group.value()->set_limit(kLimitSlack);
        const auto rate = measure_mapped_rate(file, most_bytes, threads);
        if (!rate) throw Error(rate.why());
        return fmt::format("{}", rate.value());
      },
      stop);
  if (result.stopped) throw Interrupted();
  if (result.came_out()) return Reading<double>::of(std::stod(result.answer));
  return Reading<double>::absent(
      result.signal != 0 ? "the kernel ended the process that was to read with little memory"
                         : result.problem);
}

/// What a point's way gets from the disk now; 0 where that cannot be said.
double disk_now(const StreamingPoint& point, const Streaming& streaming, const Model& model,
                const std::atomic<bool>& stop) {
  constexpr std::int64_t kBytes = kMostProbeBytes / 2;
  const int threads = streaming.options.threads;
  if (point.way == StreamWay::direct) {
    return direct_rate_now(streaming.file, kBytes, streaming.readers);
  }
  forget_files_of(model);
  if (point.way == StreamWay::mapped) {
    return measure_mapped_rate(streaming.file, kBytes, threads).value_or(0);
  }
  try {
    return limited_rate_of(streaming.file, kBytes, threads, stop).value_or(0);
  } catch (const Interrupted&) {
    return 0;  // what was measured of the point stays
  }
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

bool StreamingPoint::is_scored() const {
  return measured_seconds() > 0 && wrong.empty() && doubt.empty();
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
      if (point.way != way || !point.is_scored()) continue;
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

int Streaming::scored() const {
  return static_cast<int>(std::ranges::count_if(points, &StreamingPoint::is_scored));
}

int Streaming::not_scored() const {
  return static_cast<int>(std::ranges::count_if(points, [](const StreamingPoint& point) {
    return point.measured_seconds() > 0 && !point.is_scored();
  }));
}

double Streaming::mean_absolute_error() const {
  double sum = 0;
  for (const StreamingPoint& point : points) {
    if (point.is_scored()) sum += std::abs(point.error());
  }
  return scored() > 0 ? sum / scored() : 0;
}

Streaming predict_streaming(const Case& variant, const StreamingOptions& options,
                            const std::function<void(const std::string&)>& report,
                            const std::atomic<bool>& stop) {
  const auto on_step = [&](const std::string& step) {
    throw_if(stop);
    report(step);
  };
  Streaming streaming;
  streaming.options = options;
  remove_leftovers(options.folder, kScratchSuffix);
  remove_stale_groups();
  // Before anything maps it: what is mapped does not leave the page cache.
  streaming.file = largest_file(variant.model);
  const std::string& file = streaming.file;
  on_step("the disk: mapped pages, cold");
  const auto mapped = measure_mapped_rate(file, kMostProbeBytes, options.threads);
  Reading<double> limited = Reading<double>::absent("not asked for");
  if (std::ranges::count(options.ways, StreamWay::limited) > 0) {
    on_step("the disk: mapped pages, in a full control group");
    limited = limited_rate_of(file, kMostProbeBytes, options.threads, stop);
  }
  on_step("the disk: O_DIRECT");
  const auto direct = measure_direct_rate(file, kMostProbeBytes);
  streaming.mapped_rate = mapped.value_or(0);
  if (!mapped) streaming.mapped_absent = mapped.why();
  if (!direct) streaming.direct_absent = direct.why();
  streaming.limited_rate = limited.value_or(0);
  streaming.direct_rate = direct.value_or({}).bytes_per_second;
  streaming.readers = options.readers > 0 ? options.readers : direct.value_or({}).readers;
  on_step("a slice of the model in memory");
  streaming.model = measure_wall_model(variant, slice_options_of(options, stop));

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
      StreamingPoint point;
      point.way = way;
      point.asked_share = share;
      const StreamPlan kept = with_budget(plan, budget_of(point, plan));
      if (kept.streamed_bytes() == 0 || std::ranges::count(seen, share) > 0) continue;
      seen.push_back(share);
      point.share = way == StreamWay::limited ? share : kept.resident_share();
      point.streamed_bytes = kept.streamed_bytes();
      if (way == StreamWay::limited) {
        // All of it, unless the room beside the share holds what is left.
        const bool all_fits = budget_of(point, plan) + kLimitSlack >= plan.bytes();
        point.streamed_bytes = all_fits ? 0 : plan.bytes() - plan.fixed_bytes;
      }
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
    try {
      truth = {take_resident_steps(*backend, model, streaming.options, stop),
               "those with all in memory"};
      streaming.resident_ns = truth.steps.step_ns;
    } catch (const Interrupted&) {
      streaming.resident_absent = "it was interrupted";
    }
  }
  for (StreamingPoint& point : streaming.points) {
    if (stop.load()) break;
    if (point.absent.empty()) {
      try {
        const double before = disk_now(point, streaming, model, stop);
        measure_point(point, streaming, model, plan, truth, stop);
        const double after = disk_now(point, streaming, model, stop);
        if (before > 0 && after > 0) point.disk_bytes_per_second = (before + after) / 2;
      } catch (const Interrupted&) {
        break;
      } catch (const Error& error) {
        point.absent = error.what();
      }
    }
    on_point(point);
  }
  streaming.interrupted = stop.load();
}

}  // namespace ridgepoint
