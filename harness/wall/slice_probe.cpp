#include "harness/wall/slice_probe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>
#include <variant>

#include "harness/run/case_phases.h"
#include "harness/run/op_times.h"
#include "harness/run/random_tokens.h"
#include "harness/wall/interrupted.h"
#include "profiler/clock/monotonic_clock.h"
#include "profiler/span_recorder.h"
#include "results/statistics/quantile.h"
#include "workloads/error.h"
#include "workloads/graph/fused_op_id.h"
#include "workloads/number_of.h"

namespace ridgepoint {
namespace {

constexpr std::int64_t kShortPast = 8;
constexpr std::uint64_t kTokenSeed = 1;

std::int64_t bytes_of_first_layer(const Model& model) {
  std::int64_t bytes = 0;
  for (const auto& [name, view] : model.weights) {
    if (name.starts_with("blk.0.")) bytes += byte_count(view.type, view.shape);
  }
  return std::max<std::int64_t>(bytes, 1);
}

/// Of an op, or of several that the engine does as one.
std::string class_of(const Graph& graph, std::string_view op_id) {
  std::string found = "other";
  for (const std::string& member : members_of(op_id)) {
    const auto node = std::ranges::find(graph.nodes(), member, &Node::op_id);
    if (node == graph.nodes().end()) continue;
    if (std::holds_alternative<MatrixProduct>(node->op)) return "products";
    if (std::holds_alternative<Attention>(node->op)) found = "attention";
  }
  return found;
}

struct Timing {
  SliceSession* session;
  std::int64_t tokens, past;
};

/// Of each, the times of several rounds through all of them: what disturbs one round, disturbs no
/// timing for good.
class TimedInRounds {
 public:
  explicit TimedInRounds(std::vector<Timing> timings)
      : timings_(std::move(timings)), times_(timings_.size()), seconds_(timings_.size()) {}

  void time() {
    constexpr int kRounds = 3;
    constexpr double kShare = 0.34;
    for (int round = 0; round < kRounds; ++round) {
      for (std::size_t i = 0; i < timings_.size(); ++i) {
        times_[i] = timings_[i].session->time(timings_[i].tokens, timings_[i].past, kShare);
        seconds_[i].push_back(times_[i].seconds);
      }
    }
  }
  /// The medians of all rounds so far.
  [[nodiscard]] std::vector<SliceTime> medians() const {
    std::vector<SliceTime> times = times_;
    for (std::size_t i = 0; i < times.size(); ++i) times[i].seconds = median(seconds_[i]);
    return times;
  }

 private:
  std::vector<Timing> timings_;
  std::vector<SliceTime> times_;
  std::vector<std::vector<double>> seconds_;
};

/// The same tokens over a short past and over a long one.
struct DeepTiming {
  SliceSession* shallow;
  SliceSession* deep;
  std::int64_t tokens, short_past, long_past;
};

/// The median of the differences, both timed in turn: memory that slows down slows both.
DeepTime time_deep(const DeepTiming& timing, int rounds, std::int64_t budget_ns) {
  constexpr double kShare = 0.4;
  const std::int64_t end_ns = monotonic_ns() + budget_ns;
  DeepTime result;
  std::vector<double> differences;
  for (int round = 0; round < rounds || monotonic_ns() < end_ns; ++round) {
    const SliceTime without = timing.shallow->time(timing.tokens, timing.short_past, kShare);
    const SliceTime with = timing.deep->time(timing.tokens, timing.long_past, kShare);
    result.shallow = without.work;
    result.deep = with.work;
    differences.push_back(with.seconds - without.seconds);
  }
  result.more_seconds = median(differences);
  return result;
}

}  // namespace

void SliceOptions::next(const std::string& what) const {
  if (stop != nullptr) throw_if(*stop);
  if (report) report(what);
}

SliceSession::SliceSession(const Backend& backend, const Model& slice, const SliceOptions& options,
                           std::int64_t batch, std::int64_t capacity)
    : slice_(slice),
      options_(options),
      batch_(batch),
      capacity_(capacity),
      prefill_rows_(backend.prefill_rows()) {
  const SessionOptions session{
      .batch = batch, .capacity = capacity, .kv_type = options.kv_type, .threads = options.threads};
  if (const auto support = backend.supports(slice, session); !support.supported) {
    throw Error(backend.describe().name + " does not run " + slice.source + ": " + support.reason);
  }
  session_ = backend.open_session(slice, session);
}

void SliceSession::fill(std::int64_t past) {
  session_->fill_alike(
      random_tokens(kTokenSeed, TokenStream::prompt, 1, past, slice_.config.vocab));
}

void SliceSession::pass_on(std::int64_t count, std::int64_t past, double share,
                           const std::function<void(std::int64_t, std::int64_t)>& on_pass) {
  const auto fed = tokens(count);
  const auto pass = [&] {
    if (options_.stop != nullptr) throw_if(*options_.stop);
    session_->truncate(past);
    const auto begin_ns = monotonic_ns();
    session_->forward(fed);
    return std::pair(begin_ns, monotonic_ns());
  };
  const double least_passes = std::max(share * options_.least_passes, 1.0);
  const double budget_ns = share * static_cast<double>(options_.budget_ns);
  session_->prepare(count);
  // One that takes longer than all of the budget has long forgotten what the caches held before it.
  if (std::int64_t& last_ns = pass_ns_[count]; static_cast<double>(last_ns) <= budget_ns) {
    const auto [begin_ns, end_ns] = pass();
    last_ns = end_ns - begin_ns;
  }
  const auto begun_ns = monotonic_ns();
  for (int done = 0;
       done < least_passes || static_cast<double>(monotonic_ns() - begun_ns) < budget_ns; ++done) {
    const auto [begin_ns, end_ns] = pass();
    on_pass(begin_ns, end_ns);
  }
}

SliceTime SliceSession::time(std::int64_t count, std::int64_t past, double share) {
  std::vector<std::int64_t> passes;
  pass_on(count, past, share,
          [&](std::int64_t begin_ns, std::int64_t end_ns) { passes.push_back(end_ns - begin_ns); });
  return {step_work(lower(slice_, phase_of(count)), past), median(passes) * 1e-9};
}

std::map<std::string, double> SliceSession::time_classes(std::int64_t count, std::int64_t past,
                                                         double share) {
  const Graph graph = lower(slice_, phase_of(count));
  // A long prompt is worked through in pieces, each a pass through all nodes.
  const auto pieces = static_cast<std::size_t>(batch_ * count / prefill_rows_ + 2);
  SpanRecorder recorder(2 * pieces * graph.nodes().size());
  if (!session_->trace(&recorder).supported) return {};
  OpTimes times({{.name = kRunPhase, .graph = graph, .past = past}}, /*with_work=*/false);
  pass_on(count, past, share, [&](std::int64_t begin_ns, std::int64_t end_ns) {
    times.add_pass(kRunPhase, recorder, begin_ns, end_ns);
    recorder.clear();
  });
  static_cast<void>(session_->trace(nullptr));
  std::map<std::string, double> seconds;
  for (const OpTime& row : times.rows()) {
    seconds[class_of(graph, row.op_id)] += static_cast<double>(row.time_ns) * 1e-9;
  }
  return seconds;
}

Phase SliceSession::phase_of(std::int64_t count) const {
  return {.batch = batch_, .tokens = count, .capacity = capacity_, .kv_type = options_.kv_type};
}

std::vector<std::int32_t> SliceSession::tokens(std::int64_t count) const {
  return random_tokens(kTokenSeed, TokenStream::prompt, batch_, count, slice_.config.vocab);
}

std::int64_t slice_layers(const Model& model, std::int64_t cold_bytes) {
  const std::int64_t one = bytes_of_first_layer(model);
  return std::clamp<std::int64_t>((cold_bytes + one - 1) / one, 1, model.config.layers);
}

std::int64_t described_bytes(const Model& model) {
  std::int64_t bytes = 0;
  for (const auto& [name, view] : model.weights) bytes += byte_count(view.type, view.shape);
  return bytes;
}

SliceTimes time_slice(const Backend& backend, const Model& slice, const SliceOptions& options) {
  SliceTimes times;
  options.next(fmt::format("decode steps of {} sequences", fmt::join(options.batches, ", ")));
  std::map<std::int64_t, SliceSession> sessions;
  for (const std::int64_t batch : options.batches) {
    SliceSession& session =
        sessions.try_emplace(batch, backend, slice, options, batch, kShortPast + 1).first->second;
    session.fill(kShortPast);
  }
  std::vector<Timing> timings;
  for (auto& [batch, session] : sessions) timings.push_back({&session, 1, kShortPast});
  TimedInRounds decode(std::move(timings));
  decode.time();

  const std::int64_t longest = options.prompts.back();
  options.next(fmt::format("prefills of {} tokens", fmt::join(options.prompts, ", ")));
  SliceSession prompted(backend, slice, options, 1, longest);
  std::vector<Timing> prompts;
  for (const std::int64_t prompt : options.prompts) prompts.push_back({&prompted, prompt, 0});
  TimedInRounds prefill(std::move(prompts));
  prefill.time();

  for (const std::int64_t batch : options.deep_batches) {
    const auto shallow = sessions.find(batch);
    if (shallow == sessions.end()) throw Error("wall: a long past needs one of the batches timed");
    times.copies_past = shallow->second.copies_past();
    const std::int64_t most =
        std::max(times.copies_past ? options.deep : options.deep / batch, 4 * kShortPast);
    const std::int64_t more = batch == 1 ? longest : 1;
    SliceSession deep(backend, slice, options, batch, most + more);
    options.next(fmt::format("{} over {} tokens", number_of(batch, "sequence"), most));
    deep.fill(most);
    // From the longest downwards: what a shorter past drops does not come back.
    for (const std::int64_t past : {most, most / 4}) {
      times.deep_decode.push_back(time_deep({&shallow->second, &deep, 1, kShortPast, past},
                                            options.deep_rounds, options.deep_budget_ns));
      if (batch > 1) continue;
      constexpr int kPrefillRounds = 2;  // they are long, and attention is more of them
      times.deep_prefill.push_back(
          time_deep({&prompted, &deep, longest, 0, past}, kPrefillRounds, 0));
    }
  }
  // Once more after the long pasts, which took a while: a spell of the machine's is shorter.
  options.next("decode steps and prefills once more");
  decode.time();
  prefill.time();
  times.decode = decode.medians();
  times.prefill = prefill.medians();
  return times;
}

SliceTime time_again(const Backend& backend, const Model& slice, const SliceOptions& options,
                     const SliceTime& time, bool decode) {
  const std::int64_t batch = decode ? time.work.rows : 1;
  const std::int64_t tokens = decode ? 1 : time.work.rows;
  SliceSession session(backend, slice, options, batch, time.work.past + tokens);
  if (time.work.past > 0) session.fill(time.work.past);
  TimedInRounds again({{&session, tokens, time.work.past}});
  // As long as a case's own passes may take: a shared memory changes its speed within a second,
  // too.
  const std::int64_t end_ns = monotonic_ns() + 12 * options.budget_ns;
  do {
    again.time();
  } while (monotonic_ns() < end_ns);
  return again.medians().front();
}

}  // namespace ridgepoint
