#include "harness/run/model_case.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/registry.h"
#include "backends/session.h"
#include "harness/run/batch_log.h"
#include "harness/run/case_details.h"
#include "harness/run/case_model.h"
#include "harness/run/check.h"
#include "harness/run/check_model.h"
#include "harness/run/conditions.h"
#include "harness/run/cpu_cache_eviction.h"
#include "harness/run/device_conditions.h"
#include "harness/run/device_energy.h"
#include "harness/run/device_sampling.h"
#include "harness/run/generation.h"
#include "harness/run/memory_timeline.h"
#include "harness/run/page_cache_eviction.h"
#include "harness/run/random_tokens.h"
#include "harness/run/traced_passes.h"
#include "harness/run/warm_up.h"
#include "profiler/energy/nvml_probe.h"
#include "profiler/memory/cache_state.h"
#include "workloads/allocation.h"
#include "workloads/content_hash.h"
#include "workloads/error.h"
#include "workloads/tensor/kv_type.h"

namespace ridgepoint {
namespace {

class ModelCase {
 public:
  explicit ModelCase(const CaseContext& context)
      : context_(context), subject_(context.subject), backend_(open_backend(subject_.backend)) {}

  CaseResult run() {
    send_backend(context_, *backend_);
    context_.sink.progress(0, "loading");
    memory_.mark("nothing open");
    look_at_file();
    if (const auto refused = load(/*timed=*/!cold_disk()); refused.outcome != Outcome::ok)
      return refused;
    send_model(context_, *model_);
    if (const auto refused = refuse_condition(); refused.outcome != Outcome::ok) return refused;
    generation_.emplace(random_tokens(seed(), TokenStream::prompt, subject_.batch, subject_.prompt,
                                      model_->config.vocab),
                        subject_.batch, subject_.generate, model_->config.vocab);
    make_condition();
    mark_memory("session open");

    const ConditionsAround conditions;
    warm_up();
    mark_memory("warm");
    device_conditions_.before_samples();
    measure();
    if (device_.wanted()) {
      context_.sink.detail("gpu_conditions", device_conditions_.finish().dump());
    }
    mark_memory("measured");
    context_.sink.detail("memory_over_time", memory_.to_json());
    context_.sink.detail("conditions", conditions.finish());
    // Before the check, whose own session must not count.
    send_memory(context_, session_->memory());
    if (backend_->computes()) send_model_work(context_, *model_);
    if (cpu_caches_) context_.sink.detail("cache", cpu_caches_->to_json());
    if (page_cache_) context_.sink.detail("cache", page_cache_->to_json());
    trace_ops();
    measure_gpu_energy();
    if (device_.wanted()) {
      context_.sink.detail("gpu_clock", device_.clock_json().dump());
      context_.sink.detail("gpu_memory", device_.memory_json().dump());
      context_.sink.detail("gpu_times", device_.times_json().dump());
    }
    if (context_.stopped()) return interrupted();
    context_.sink.progress(0.9, "checking");
    return judge();
  }

 private:
  [[nodiscard]] std::uint64_t seed() const { return static_cast<std::uint64_t>(subject_.seed); }
  [[nodiscard]] bool cold_disk() const { return subject_.cache == "cold-disk"; }

  [[nodiscard]] SessionOptions session_options(const CheckPlan& plan) const {
    // The last token is chosen, not fed.
    const auto held = subject_.prompt > 0
                          ? subject_.prompt + std::max<std::int64_t>(0, subject_.generate - 1)
                          : subject_.generate;
    return {.batch = subject_.batch,
            .capacity = std::max(subject_.depth + held, plan.capacity()),
            .kv_type = parse_kv_type(subject_.kv),
            .threads = context_.threads(),
            .fuse = subject_.fuse != "off",
            .allocation = allocation(),
            .record = subject_.graph.empty() ? std::nullopt
                                             : std::optional<bool>(subject_.graph == "on")};
  }

  [[nodiscard]] Allocation allocation() const {
    if (subject_.allocation.empty()) return Allocation::arena;
    const auto found = find_allocation(subject_.allocation);
    if (!found) throw Error(fmt::format("allocation: unknown name '{}'", subject_.allocation));
    return *found;
  }

  /// Whether the load will find the file in memory or read it from a disk.
  void look_at_file() const {
    std::error_code ignored;
    if (cold_disk() || !std::filesystem::is_regular_file(subject_.model, ignored)) return;
    const auto share = page_cache_share(subject_.model);
    context_.sink.detail("load", nlohmann::json{{"page_cache_share_before",
                                                 share ? nlohmann::json(share.value())
                                                       : nlohmann::json{{"absent", share.why()}}}}
                                     .dump());
  }

  /// Opens model and session; what comes before, if anything, is closed first.
  CaseResult load(bool timed) {
    session_.reset();
    model_.reset();
    const auto start_ns = monotonic_ns();
    auto opened = open_case_model(subject_, context_.threads());
    const auto opened_ns = monotonic_ns();
    model_.emplace(std::move(opened.model));
    if (timed && !measuring_) memory_.mark("model open");
    if (opened.transformed) {
      send_transform(context_, subject_.transform, *opened.transformed, opened.transform_ns);
    }
    if (!plan_) plan_ = plan_check(*model_, subject_);
    const auto options = session_options(*plan_);
    if (const auto support = backend_->supports(*model_, options); !support.supported) {
      return {Outcome::unsupported, support.reason};
    }
    const auto session_ns = monotonic_ns();
    session_ = backend_->open_session(*model_, options);
    const auto ready_ns = monotonic_ns();
    if (timed && !model_->files.empty()) {
      // Planning the check and asking for support are ours, not the load's. Weights in memory are
      // made up, not loaded.
      const std::array<std::int64_t, 1> sample{opened_ns - start_ns + ready_ns - session_ns};
      context_.sink.samples("load", sample);
    }
    return {};
  }

  CaseResult refuse_condition() const {
    if (subject_.cache == "cold-gpu" || subject_.cache == "rotate-gpu") {
      return {Outcome::unsupported,
              fmt::format("{} is for operators; a model's pass reads its weights anew, which no "
                          "cache of a GPU holds",
                          subject_.cache)};
    }
    if (!cold_disk()) return {};
    if (model_->files.empty()) {
      return {
          Outcome::unsupported,
          "cold-disk needs a model in a file; this one is made in memory (`ridgepoint model make` "
          "writes one)"};
    }
    if (subject_.depth > 0 || subject_.prompt == 0) {
      return {Outcome::unsupported,
              "cold-disk measures the load and the first token: it needs a prompt, and no depth, "
              "which would read the weights beforehand"};
    }
    return {};
  }

  void make_condition() {
    if (cold_disk()) page_cache_.emplace(model_->files);
    if (subject_.cache == "cold-cpu") {
      std::vector<std::span<const std::byte>> weights;
      for (const auto& [name, view] : model_->weights) weights.push_back(view.bytes);
      cpu_caches_.emplace(std::move(weights), "the weights", seed());
    }
  }

  /// Everything before the clock starts.
  void make_ready() {
    if (cold_disk()) {
      session_.reset();
      model_.reset();
      page_cache_->before_sample();
      if (const auto refused = load(/*timed=*/measuring_); refused.outcome != Outcome::ok) {
        throw Error(refused.reason);
      }
    }
    if (session_->length() < subject_.depth || session_->length() == 0) fill_depth();
    session_->truncate(subject_.depth);
    if (subject_.prompt > 0) session_->prepare(subject_.prompt);
    if (cpu_caches_) cpu_caches_->before_sample();
    if (device_.wanted() && measuring_) {
      device_conditions_.before_sample();
      device_.before_sample();
    }
  }

  void fill_depth() {
    session_->truncate(0);
    if (subject_.depth > 0) {
      session_->fill_alike(past_tokens(seed(), subject_.depth, model_->config.vocab));
      if (!measuring_) {
        mark_memory("depth filled");
        say_how_filled();
      }
    }
  }

  void say_how_filled() const {
    nlohmann::json past{{"tokens", subject_.depth},
                        {"sequences", subject_.batch > 1 ? "all the same" : "one"}};
    if (subject_.batch > 1) {
      const Support copies = session_->copies_past();
      past["copied"] = copies.supported;
      if (!copies.supported) past["not_copied"] = copies.reason;
    }
    context_.sink.detail("past", past.dump());
  }

  void mark_memory(std::string_view stage) { memory_.mark(stage, session_->memory()); }

  void warm_up() {
    WarmUp warm_up(context_.warm_up_budget_ns());
    const auto start_ns = monotonic_ns();
    context_.sink.progress(0.05, "warming up");
    for (bool over = false; !over;) {
      if (!context_.stopped()) make_ready();
      if (context_.stopped() || !generation_->run(*session_, context_.stop)) {
        warm_up.interrupt();
        break;
      }
      over = warm_up.add(generation_->end_to_end_ns(), monotonic_ns() - start_ns);
    }
    context_.sink.samples("warm_up", warm_up.passes());
    context_.sink.detail("warm_up", warm_up.to_json());
    window_ = context_.window(start_ns, warm_up.count());
  }

  void measure() {
    measuring_ = true;
    BatchLog batches;
    std::int64_t done = 0;
    const char* ended_by = "repetitions";
    while (done < context_.options.repetitions) {
      if (context_.stopped()) {
        ended_by = "stop";
        break;
      }
      if (done > 0 && monotonic_ns() >= window_.end_ns) {
        ended_by = "budget";
        break;
      }
      context_.sink.progress(0.25 + 0.65 * static_cast<double>(done) /
                                        static_cast<double>(context_.options.repetitions),
                             "measuring");
      make_ready();
      batches.begin();
      const bool completed = generation_->run(*session_, context_.stop);
      batches.add(completed ? 1 : 0);
      if (monotonic_ns() >= batches.due_ns()) batches.end();
      send_repetition(completed);
      batches.send(context_.sink);
      if (completed) {
        compare_tokens(done);
        passes_ns_.push_back(generation_->end_to_end_ns());
        ++done;
      }
    }
    batches.end();
    batches.send(context_.sink);
    send_stopping(context_, window_, ended_by, "repetitions", done);
    context_.sink.detail("absent_counters", batches.absent_json());
    if (context_.options.check && backend_->computes() && !first_tokens_.empty()) {
      // By these the other processes of the case are held to the first one's choices.
      context_.sink.detail(
          "tokens", nlohmann::json(content_hash(std::as_bytes(std::span(first_tokens_)))).dump());
    }
  }

  void trace_ops() {
    measuring_ = false;
    trace_model_passes(context_, *backend_, *model_, *generation_, passes_ns_,
                       [this]() -> Session& {
                         make_ready();
                         return *session_;
                       });
  }

  /// In the case's first process, where there is a GPU and a profile is wanted.
  void measure_gpu_energy() {
    const auto number = backend_->cuda_device();
    if (!number || !context_.options.profile || context_.plan.index > 0 || context_.stopped()) {
      return;
    }
    NvmlProbe probe("libnvidia-ml.so.1", backend_->cuda_bus_id());
    EnergyWindows windows;
    // Within a third of what the case's time limit leaves.
    const auto left_ns = static_cast<std::int64_t>(context_.options.time_limit_seconds * 1e9) -
                         (monotonic_ns() - context_.started_ns);
    windows.window_ns =
        std::clamp<std::int64_t>(left_ns / (2 * 3 * windows.count), 0, windows.window_ns);
    // Each phase by itself: a prompt's tokens take a fraction of the energy of generated ones.
    const auto prompt = measure_energy(probe,
                                       {.before_window = [this] { make_ready(); },
                                        .pass =
                                            [this] {
                                              session_->truncate(subject_.depth);
                                              generation_->prompt_again(*session_);
                                              return true;
                                            },
                                        .tokens_a_pass = subject_.batch * subject_.prompt},
                                       windows, context_.stop);
    const auto decode = measure_energy(
        probe,
        {.before_window =
             [this] {
               make_ready();
               if (generation_->has_prompt()) generation_->prompt_again(*session_);
             },
         .pass =
             [this] {
               session_->truncate(subject_.depth + subject_.prompt);
               return generation_->steps_again(*session_, context_.stop);
             },
         .tokens_a_pass = subject_.batch * static_cast<std::int64_t>(generation_->planned_steps())},
        windows, context_.stop);
    context_.sink.detail("gpu_energy",
                         nlohmann::json{{"prefill", prompt}, {"decode", decode}}.dump());
    if (const auto joules = joules_per_token(decode)) {
      context_.sink.metric("gpu_joules_per_token", *joules);
    }
    if (const auto joules = joules_per_token(prompt)) {
      context_.sink.metric("gpu_joules_per_prompt_token", *joules);
    }
  }

  void send_repetition(bool completed) {
    const auto one = [this](std::string_view series, std::int64_t value) {
      context_.sink.samples(series, std::array<std::int64_t, 1>{value});
    };
    if (generation_->has_prompt()) one("ttft", generation_->ttft_ns());
    if (!generation_->steps_ns().empty()) {
      context_.sink.samples(generation_->has_prompt() ? "inter_token" : "decode_step",
                            generation_->steps_ns());
    }
    if (completed) one("end_to_end", generation_->end_to_end_ns());
  }

  /// The choice is greedy and the prompt the same: so must the tokens be.
  void compare_tokens(std::int64_t repetition) {
    const auto tokens = generation_->tokens();
    if (repetition == 0) {
      first_tokens_.assign(tokens.begin(), tokens.end());
    } else if (not_deterministic_.empty() &&
               !std::equal(tokens.begin(), tokens.end(), first_tokens_.begin(),
                           first_tokens_.end())) {
      not_deterministic_ = fmt::format(
          "not deterministic: repetition {} chose other tokens than the first", repetition + 1);
    }
  }

  CaseResult judge() {
    if (context_.options.check && backend_->computes() && !not_deterministic_.empty()) {
      return finish_check(context_, {{"compared", true}, {"what", "tokens of the repetitions"}},
                          {Outcome::wrong, not_deterministic_});
    }
    auto result = check_session(context_, *backend_, *session_, *model_, *plan_, first_tokens_);
    if (result.outcome != Outcome::ok) return result;
    if (cpu_caches_ && !cpu_caches_->doubt().empty()) {
      return {Outcome::mistrusted, cpu_caches_->doubt()};
    }
    if (page_cache_ && !page_cache_->doubt().empty()) {
      return {Outcome::mistrusted, page_cache_->doubt()};
    }
    if (const std::string doubt = device_.doubt_of_times(); !doubt.empty()) {
      return {Outcome::mistrusted, doubt};
    }
    return result;
  }

  const CaseContext& context_;
  const Case& subject_;
  std::unique_ptr<Backend> backend_;
  std::optional<Model> model_;  ///< outlives the session
  std::unique_ptr<Session> session_;
  std::optional<CheckPlan> plan_;
  std::optional<Generation> generation_;
  std::optional<CpuCacheEviction> cpu_caches_;
  DeviceSampling device_{*backend_, DeviceSampling::Cold::no};
  DeviceConditions device_conditions_{*backend_};
  std::optional<PageCacheEviction> page_cache_;
  MemoryTimeline memory_;
  MeasuringWindow window_;
  bool measuring_ = false;
  std::vector<std::int64_t> passes_ns_;  ///< measured ones that were completed
  std::vector<std::int32_t> first_tokens_;
  std::string not_deterministic_;
};

}  // namespace

CaseResult measure_model_case(const CaseContext& context) {
  return ModelCase(context).run();
}

}  // namespace ridgepoint
