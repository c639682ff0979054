#include "harness/wall/slice_probe.h"

#include <algorithm>

#include "harness/run/random_tokens.h"
#include "profiler/clock/monotonic_clock.h"
#include "results/statistics/quantile.h"
#include "workloads/error.h"

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

struct Timing {
  SliceSession* session;
  std::int64_t tokens, past;
};

/// Each the median of several rounds through all of them: what disturbs one round, disturbs no
/// timing for good.
std::vector<SliceTime> time_in_rounds(const std::vector<Timing>& timings) {
  constexpr int kRounds = 3;
  constexpr double kShare = 0.34;
  std::vector<SliceTime> times(timings.size());
  std::vector<std::vector<double>> seconds(timings.size());
  for (int round = 0; round < kRounds; ++round) {
    for (std::size_t i = 0; i < timings.size(); ++i) {
      times[i] = timings[i].session->time(timings[i].tokens, timings[i].past, kShare);
      seconds[i].push_back(times[i].seconds);
    }
  }
  for (std::size_t i = 0; i < times.size(); ++i) times[i].seconds = median(seconds[i]);
  return times;
}

/// What the pass with the short past took (one of `timed`), and on top of it the median of the
/// differences between both, timed in turn: memory that slows down slows both.
SliceTime time_deep(SliceSession& shallow, std::int64_t short_past, SliceSession& deep,
                    std::int64_t long_past, std::int64_t tokens, int rounds,
                    const std::vector<SliceTime>& timed) {
  constexpr double kShare = 0.4;
  SliceTime result;
  std::int64_t rows = 0;
  std::vector<double> differences;
  for (int round = 0; round < rounds; ++round) {
    const SliceTime without = shallow.time(tokens, short_past, kShare);
    result = deep.time(tokens, long_past, kShare);
    differences.push_back(result.seconds - without.seconds);
    rows = without.work.rows;
  }
  const auto partner =
      std::ranges::find_if(timed, [&](const SliceTime& time) { return time.work.rows == rows; });
  if (partner == timed.end()) throw Error("wall: the deep pass needs one of the batches timed");
  result.seconds = partner->seconds + median(differences);
  return result;
}

}  // namespace

SliceSession::SliceSession(const Backend& backend, const Model& slice, const SliceOptions& options,
                           std::int64_t batch, std::int64_t capacity)
    : slice_(slice), options_(options), batch_(batch), capacity_(capacity) {
  const SessionOptions session{
      .batch = batch, .capacity = capacity, .kv_type = options.kv_type, .threads = options.threads};
  if (const auto support = backend.supports(slice, session); !support.supported) {
    throw Error(backend.describe().name + " does not run " + slice.source + ": " + support.reason);
  }
  session_ = backend.open_session(slice, session);
}

void SliceSession::fill(std::int64_t past) {
  session_->truncate(0);
  session_->forward(tokens(past));
}

SliceTime SliceSession::time(std::int64_t count, std::int64_t past, double share) {
  const auto fed = tokens(count);
  session_->prepare(count);
  const auto pass = [&] {
    session_->truncate(past);
    const auto start_ns = monotonic_ns();
    session_->forward(fed);
    return monotonic_ns() - start_ns;
  };
  static_cast<void>(pass());
  std::vector<std::int64_t> passes;
  const auto begun_ns = monotonic_ns();
  const double least_passes = std::max(share * options_.least_passes, 1.0);
  const double budget_ns = share * static_cast<double>(options_.budget_ns);
  while (static_cast<double>(passes.size()) < least_passes ||
         static_cast<double>(monotonic_ns() - begun_ns) < budget_ns) {
    passes.push_back(pass());
  }
  const Phase phase{
      .batch = batch_, .tokens = count, .capacity = capacity_, .kv_type = options_.kv_type};
  return {step_work(lower(slice_, phase), past), median(passes) * 1e-9};
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
  {
    std::vector<SliceSession> sessions;
    for (const std::int64_t batch : options.batches) {
      sessions.emplace_back(backend, slice, options, batch, kShortPast + 1);
      sessions.back().fill(kShortPast);
    }
    std::vector<Timing> timings;
    for (SliceSession& session : sessions) timings.push_back({&session, 1, kShortPast});
    times.decode = time_in_rounds(timings);
  }
  const std::int64_t longest = options.prompts.back();
  {
    SliceSession shallow(backend, slice, options, options.deep_batch, kShortPast + 1);
    SliceSession deep(backend, slice, options, options.deep_batch, options.deep + 1);
    shallow.fill(kShortPast);
    deep.fill(options.deep);
    times.deep_decode =
        time_deep(shallow, kShortPast, deep, options.deep, 1, options.deep_rounds, times.decode);
  }
  SliceSession shallow(backend, slice, options, 1, longest);
  std::vector<Timing> prompts;
  for (const std::int64_t prompt : options.prompts) prompts.push_back({&shallow, prompt, 0});
  times.prefill = time_in_rounds(prompts);
  SliceSession deep(backend, slice, options, 1, options.deep + longest);
  deep.fill(options.deep);
  constexpr int kPrefillRounds = 2;  // they are long, and attention is more of them
  times.deep_prefill =
      time_deep(shallow, 0, deep, options.deep, longest, kPrefillRounds, times.prefill);
  return times;
}

}  // namespace ridgepoint
