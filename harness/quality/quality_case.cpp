#include "harness/quality/quality_case.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "backends/registry.h"
#include "backends/session.h"
#include "harness/quality/logit_file.h"
#include "harness/quality/logit_source.h"
#include "harness/quality/row_quality.h"
#include "harness/quality/text_windows.h"
#include "harness/run/case_details.h"
#include "harness/run/case_model.h"
#include "harness/run/check.h"
#include "harness/run/data_folder.h"
#include "results/quality_metrics.h"
#include "workloads/error.h"
#include "workloads/models/shapes.h"
#include "workloads/number_of.h"
#include "workloads/tensor/kv_type.h"
#include "workloads/tokenizer/open_tokenizer.h"

namespace ridgepoint {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kLogitFilePrefix = "file:";
// Of the time limit: after it no new window is begun.
constexpr double kShareForWindows = 0.9;

bool is_stored_baseline(const Case& subject) {
  return subject.baseline.starts_with(kLogitFilePrefix);
}

std::string stored_baseline(const Case& subject) {
  return subject.baseline.substr(kLogitFilePrefix.size());
}

/// Whether the baseline would compute the same bits once more, which only the reference promises.
bool is_own_baseline(const Case& subject) {
  return subject.baseline == kReferenceBackend && subject.backend == kReferenceBackend &&
         subject.baseline_kv == subject.kv && subject.transform.empty() &&
         (subject.baseline_model.empty() || subject.baseline_model == subject.model);
}

/// In units of 10^-12, as samples are whole numbers.
std::int64_t pico(double nats) {
  constexpr double kMost = 9e18;
  return std::llround(std::clamp(nats * kPicoNatsInANat, -kMost, kMost));
}

/// Samples of one window, sent together so that what arrives is whole.
struct WindowSamples {
  std::vector<std::int64_t> bytes, nll, baseline_nll, kl, same_top;
};

class QualityCase {
 public:
  explicit QualityCase(const CaseContext& context)
      : context_(context), subject_(context.subject), backend_(open_backend(subject_.backend)) {}

  CaseResult run() {
    send_backend(context_, *backend_);
    context_.sink.progress(0, "loading");
    auto opened = open_case_model(subject_, context_.threads());
    model_.emplace(std::move(opened.model));
    send_model(context_, *model_);
    if (opened.transformed) {
      send_transform(context_, subject_.transform, *opened.transformed, opened.transform_ns);
    }
    tokenizer_ = open_tokenizer(*model_);
    if (tokenizer_->vocabulary() > model_->config.vocab) {
      throw Error(fmt::format("{}: a tokenizer of {} tokens, but the model knows {}",
                              model_->source, tokenizer_->vocabulary(), model_->config.vocab));
    }
    text_ = cut_text(read_held_out_text(subject_), *tokenizer_, subject_);
    if (auto refused = open_subject()) return *refused;
    if (auto refused = open_baseline()) return *refused;
    open_writer();
    auto result = measure();
    send_details();
    if (result.outcome == Outcome::ok && !text_.exact) {
      result = {Outcome::mistrusted,
                fmt::format("the vocabulary of {} does not give the text back: it lacks tokens for "
                            "some of it",
                            model_->source)};
    }
    if (result.outcome == Outcome::ok && model_->config.context > 0 &&
        positions() > model_->config.context) {
      result = {Outcome::mistrusted,
                fmt::format("windows go to position {}, the model was made for {}: lower --context "
                            "or --greedy",
                            positions(), model_->config.context)};
    }
    const auto ledger = session_->memory();
    context_.sink.metric("memory_weights_bytes", static_cast<double>(ledger.weights_bytes));
    if (result.outcome == Outcome::ok && writer_) writer_->finish();
    return result;
  }

 private:
  [[nodiscard]] bool compares() const { return own_baseline_ || baseline_ != nullptr; }
  [[nodiscard]] std::uint64_t seed() const { return static_cast<std::uint64_t>(subject_.seed); }

  /// Of a window, or of half of one and what is chosen after it.
  [[nodiscard]] std::int64_t positions() const {
    return std::max(subject_.context, subject_.context / 2 + subject_.greedy);
  }

  [[nodiscard]] SessionOptions session_options(std::string_view kv) const {
    return {.batch = 1,
            .capacity = positions(),
            .kv_type = parse_kv_type(kv),
            .threads = context_.threads(),
            .fuse = subject_.fuse != "off"};
  }

  std::optional<CaseResult> open_subject() {
    const auto options = session_options(subject_.kv);
    if (const auto support = backend_->supports(*model_, options); !support.supported) {
      return CaseResult{Outcome::unsupported, support.reason};
    }
    session_ = backend_->open_session(*model_, options);
    source_.emplace(*session_);
    return std::nullopt;
  }

  std::optional<CaseResult> open_baseline() {
    if (subject_.baseline == "none") {
      baseline_details_ = {{"compared", false}, {"why", "none was asked for"}};
      return std::nullopt;
    }
    if (is_stored_baseline(subject_)) {
      auto file = std::make_unique<LogitFile>(stored_baseline(subject_));
      file->require(text_, model_->config.vocab, subject_.greedy);
      const Json of = Json::parse(file->header().subject, nullptr, false);
      baseline_details_ = {{"compared", true},
                           {"logits", stored_baseline(subject_)},
                           {"of", of.is_object() ? of : Json()},
                           {"model_fingerprint", file->header().model}};
      baseline_ = std::move(file);
      return std::nullopt;
    }
    if (is_own_baseline(subject_)) {
      own_baseline_ = true;
      baseline_details_ = {{"compared", true},
                           {"why", "with itself: the baseline is the same computation"}};
      return std::nullopt;
    }
    return open_computed_baseline();
  }

  std::optional<CaseResult> open_computed_baseline() {
    baseline_backend_ = open_backend(subject_.baseline);
    const bool other =
        !subject_.baseline_model.empty() && subject_.baseline_model != subject_.model;
    // What a transform costs is seen against the weights as they were.
    if (other || !subject_.transform.empty()) {
      const auto& source = other ? subject_.baseline_model : subject_.model;
      baseline_model_.emplace(open_model(source, subject_.type, seed(), context_.threads()));
      require_same_tokens();
    }
    const Model& model = baseline_model_ ? *baseline_model_ : *model_;
    const auto options = session_options(subject_.baseline_kv);
    if (const auto support = baseline_backend_->supports(model, options); !support.supported) {
      return CaseResult{Outcome::unsupported, "the baseline cannot be computed: " + support.reason};
    }
    baseline_session_ = baseline_backend_->open_session(model, options);
    baseline_ = std::make_unique<SessionLogits>(*baseline_session_);
    const auto description = baseline_backend_->describe();
    baseline_details_ = {{"compared", true},
                         {"backend", description.name},
                         {"backend_version", description.version},
                         {"model", model.source},
                         {"weight_type", model.weight_type},
                         {"kv", subject_.baseline_kv}};
    return std::nullopt;
  }

  /// Distributions over different tokens have no divergence.
  void require_same_tokens() {
    if (baseline_model_->config.vocab != model_->config.vocab) {
      throw Error(fmt::format(
          "baseline {}: a vocabulary of {}, where {} has {}; only models of one vocabulary can be "
          "held against each other",
          baseline_model_->source, baseline_model_->config.vocab, model_->source,
          model_->config.vocab));
    }
    const auto theirs = open_tokenizer(*baseline_model_);
    if (cut_text(read_held_out_text(subject_), *theirs, subject_).hash != text_.hash) {
      throw Error(fmt::format("baseline {}: cuts the text into other tokens than {}",
                              baseline_model_->source, model_->source));
    }
  }

  void open_writer() {
    if (context_.options.save_logits.empty()) return;
    std::int64_t rows = 0;
    for (const auto& window : text_.windows) rows += std::ssize(window.targets);
    writer_.emplace(context_.options.save_logits,
                    LogitFileHeader{.vocabulary = model_->config.vocab,
                                    .windows = std::ssize(text_.windows),
                                    .rows = rows,
                                    .greedy = subject_.greedy,
                                    .windows_hash = text_.hash,
                                    .subject = to_json(subject_),
                                    .model = fingerprint(*model_)});
  }

  CaseResult measure() {
    const auto vocabulary = model_->config.vocab;
    rows_a_piece_ = std::clamp<std::int64_t>(
        kMostLogitBytes / (vocabulary * static_cast<std::int64_t>(sizeof(float))), 1, 512);
    logits_.resize(static_cast<std::size_t>(rows_a_piece_ * vocabulary));
    if (baseline_) baseline_logits_.resize(logits_.size());
    const auto deadline_ns =
        context_.started_ns +
        static_cast<std::int64_t>(context_.options.time_limit_seconds * 1e9 * kShareForWindows);
    const auto total = std::ssize(text_.windows);
    std::int64_t longest_ns = 0;
    for (const auto& window : text_.windows) {
      if (context_.stopped()) return interrupted();
      const auto began_ns = monotonic_ns();
      if (began_ns + longest_ns > deadline_ns && measured_ > 0) {
        return {Outcome::mistrusted,
                fmt::format("{} of {} within the time limit of {:g} s; raise it with "
                            "--time-limit-seconds or take fewer --tokens",
                            measured_, number_of(total, "window"),
                            context_.options.time_limit_seconds)};
      }
      context_.sink.progress(
          0.02 + 0.98 * static_cast<double>(measured_) / static_cast<double>(total), "scoring");
      if (auto wrong = measure_window(window)) return *wrong;
      longest_ns = std::max(longest_ns, monotonic_ns() - began_ns);
      ++measured_;
    }
    return {};
  }

  std::optional<CaseResult> measure_window(const TextWindow& window) {
    WindowSamples samples;
    source_->begin(window);
    if (baseline_) baseline_->begin(window);
    const auto rows = std::ssize(window.targets);
    for (std::int64_t done = 0; done < rows && !context_.stopped();) {
      const auto count = std::min(rows_a_piece_, rows - done);
      const auto values = static_cast<std::size_t>(count * model_->config.vocab);
      const auto logits = std::span(logits_).first(values);
      source_->read(count, logits);
      if (writer_) writer_->add_rows(logits);
      auto baseline = own_baseline_ ? logits : std::span(baseline_logits_).first(0);
      if (baseline_) {
        baseline = std::span(baseline_logits_).first(values);
        baseline_->read(count, baseline);
      }
      const auto targets =
          std::span(window.targets)
              .subspan(static_cast<std::size_t>(done), static_cast<std::size_t>(count));
      if (auto wrong = judge_rows(logits, baseline, targets, samples)) return wrong;
      done += count;
    }
    if (context_.stopped()) return interrupted();
    choose_greedily();
    send(samples);
    return std::nullopt;
  }

  /// What there is to say of one row.
  struct JudgedRow {
    RowQuality own;
    RowDifference difference;
  };

  /// Rows know nothing of each other, so the threads share them: over a large vocabulary
  /// exponentials take longer than a fast backend does.
  std::vector<JudgedRow> judged(std::span<const float> logits, std::span<const float> baseline,
                                std::span<const std::int32_t> targets) const {
    const auto vocabulary = static_cast<std::size_t>(model_->config.vocab);
    std::vector<JudgedRow> rows(targets.size());
    const auto work = [&](std::size_t first, std::size_t step) {
      for (std::size_t row = first; row < targets.size(); row += step) {
        const auto own = logits.subspan(row * vocabulary, vocabulary);
        rows[row].own = judge_row(own, targets[row]);
        if (baseline.empty() || !rows[row].own.finite) continue;
        rows[row].difference = compare_row(
            own, rows[row].own, baseline.subspan(row * vocabulary, vocabulary), targets[row]);
      }
    };
    constexpr std::size_t kValuesWorthAThread = 1 << 18;
    const auto threads = std::min(static_cast<std::size_t>(context_.threads()),
                                  1 + logits.size() / kValuesWorthAThread);
    std::vector<std::jthread> helpers;
    for (std::size_t i = 1; i < threads; ++i) helpers.emplace_back(work, i, threads);
    work(0, threads);
    helpers.clear();  // waits for them
    return rows;
  }

  std::optional<CaseResult> judge_rows(std::span<const float> logits,
                                       std::span<const float> baseline,
                                       std::span<const std::int32_t> targets,
                                       WindowSamples& samples) const {
    const auto rows = judged(logits, baseline, targets);
    for (std::size_t row = 0; row < targets.size(); ++row) {
      const auto& [own, difference] = rows[row];
      if (!own.finite) {
        return CaseResult{Outcome::wrong,
                          fmt::format("logits hold what is not a number (window {}, scored token "
                                      "{})",
                                      measured_, samples.nll.size())};
      }
      samples.bytes.push_back(tokenizer_->bytes_of(targets[row]));
      samples.nll.push_back(pico(own.nll));
      if (baseline.empty()) continue;
      if (!difference.baseline.finite) {
        return CaseResult{
            Outcome::failed,
            fmt::format("the baseline's logits hold what is not a number (window {})", measured_)};
      }
      samples.baseline_nll.push_back(pico(difference.baseline.nll));
      samples.kl.push_back(pico(difference.kl));
      samples.same_top.push_back(difference.same_top ? 1 : 0);
    }
    return std::nullopt;
  }

  void choose_greedily() {
    if (!compares() && !writer_) return;
    const auto ours = source_->greedy(subject_.greedy);
    if (writer_) writer_->add_greedy(ours);
    if (!compares()) return;
    const auto theirs = own_baseline_ ? ours : baseline_->greedy(subject_.greedy);
    if (subject_.greedy == 0) return;
    const auto parted = std::ranges::mismatch(ours, theirs).in1 - ours.begin();
    std::int64_t equal = 0;
    for (std::size_t i = 0; i < ours.size(); ++i) equal += ours[i] == theirs[i] ? 1 : 0;
    one(kQualityGreedyPrefix, parted);
    one(kQualityGreedyEqual, equal);
  }

  void one(std::string_view series, std::int64_t value) const {
    context_.sink.samples(series, std::array<std::int64_t, 1>{value});
  }

  void send(const WindowSamples& samples) const {
    one(kQualityTokens, std::ssize(samples.nll));
    context_.sink.samples(kQualityBytes, samples.bytes);
    context_.sink.samples(kQualityNll, samples.nll);
    if (!compares()) return;
    context_.sink.samples(kQualityBaselineNll, samples.baseline_nll);
    context_.sink.samples(kQualityKl, samples.kl);
    context_.sink.samples(kQualitySameTop, samples.same_top);
  }

  void send_details() const {
    const auto bos = tokenizer_->bos();
    Json json{{"tokenizer", tokenizer_->kind()},
              {"windows", text_.windows.size()},
              {"windows_measured", measured_},
              {"tokens", text_.tokens},
              {"windows_hash", text_.hash},
              {"scored", subject_.scored},
              {"begins_with", tokenizer_->adds_bos() && bos ? Json(*bos) : Json(nullptr)},
              {"baseline", baseline_details_}};
    if (writer_) json["saved_logits"] = context_.options.save_logits;
    context_.sink.detail("quality", json.dump(-1, ' ', false, Json::error_handler_t::replace));
  }

  const CaseContext& context_;
  const Case& subject_;
  std::unique_ptr<Backend> backend_, baseline_backend_;
  std::optional<Model> model_, baseline_model_;  ///< outlive the sessions
  std::unique_ptr<Tokenizer> tokenizer_;
  TextWindows text_;
  std::unique_ptr<Session> session_, baseline_session_;
  std::optional<SessionLogits> source_;
  std::unique_ptr<LogitSource> baseline_;
  bool own_baseline_ = false;  ///< then there is no baseline_: its logits are the subject's
  std::optional<LogitFileWriter> writer_;
  Json baseline_details_;
  std::int64_t rows_a_piece_ = 1;
  std::vector<float> logits_, baseline_logits_;
  std::int64_t measured_ = 0;  ///< windows
};

}  // namespace

CaseResult measure_quality_case(const CaseContext& context) {
  return QualityCase(context).run();
}

void check_quality_case(const Case& subject) {
  static_cast<void>(open_backend(subject.backend));
  // Weights of a shape take time to make, and a shape has no vocabulary to be damaged.
  if (find_shape(subject.model) == nullptr || subject.model == kBundledModel) {
    static_cast<void>(open_tokenizer(open_model_file(subject.model)));
  }
  static_cast<void>(read_held_out_text(subject));
  if (subject.baseline == "none") return;
  if (is_stored_baseline(subject)) {
    static_cast<void>(LogitFile(stored_baseline(subject)));
    return;
  }
  static_cast<void>(open_backend(subject.baseline));
  if (!subject.baseline_model.empty()) check_model(subject.baseline_model);
}

}  // namespace ridgepoint
