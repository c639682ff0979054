#include "harness/run/check_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "backends/registry.h"
#include "harness/run/check.h"
#include "harness/run/check_choices.h"
#include "harness/run/logit_answer.h"
#include "harness/run/random_tokens.h"
#include "harness/run/reference_price.h"
#include "harness/run/tolerance.h"
#include "workloads/error.h"
#include "workloads/tensor/kv_type.h"

namespace ridgepoint {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kLeastTokens = 8;
constexpr std::int64_t kSteps = 4;
constexpr double kSecondsForTokens = 1;
constexpr double kSecondsForTwoPrompts = 4;
constexpr double kSecondsForPast = 8;
/// Logits of every sequence at every position of the check: [position][batch * vocabulary].
using Positions = std::vector<std::vector<float>>;

/// The tokens of all prompts with their pasts: [prompts, capacity], sequence-major.
std::vector<std::int32_t> check_tokens(const Model& model, const Case& subject,
                                       const CheckPlan& plan) {
  return random_tokens(static_cast<std::uint64_t>(subject.seed), TokenStream::check, plan.prompts,
                       plan.capacity(), model.config.vocab);
}

Positions feed(Session& session, std::int64_t batch, const CheckPlan& plan,
               const std::vector<std::int32_t>& tokens, const CaseContext& context) {
  Positions positions;
  session.truncate(0);
  const auto at = [&](std::int64_t sequence, std::int64_t position) {
    return tokens[static_cast<std::size_t>(sequence % plan.prompts * plan.capacity() + position)];
  };
  const auto forward = [&](std::int64_t first, std::int64_t count) {
    std::vector<std::int32_t> input;
    for (std::int64_t sequence = 0; sequence < batch; ++sequence) {
      for (std::int64_t i = 0; i < count; ++i) input.push_back(at(sequence, first + i));
    }
    session.forward(input);
  };
  if (plan.past > 0) forward(0, plan.past);
  for (std::int64_t step = 0; step <= plan.steps && !context.stopped(); ++step) {
    if (step == 0) {
      forward(plan.past, plan.tokens);
    } else {
      forward(plan.past + plan.tokens + step - 1, 1);
    }
    const auto logits = session.logits();
    positions.emplace_back(logits.begin(), logits.end());
  }
  return positions;
}

std::span<const float> row_of(const Positions& positions, std::size_t position,
                              std::int64_t sequence, std::size_t vocabulary) {
  return std::span(positions[position])
      .subspan(static_cast<std::size_t>(sequence) * vocabulary, vocabulary);
}

/// Of the first `prompts` sequences, prompt-major.
std::vector<AnswerRow> make_answer(const Positions& positions, const CheckPlan& plan,
                                   std::size_t vocabulary) {
  std::vector<AnswerRow> rows;
  for (std::int64_t prompt = 0; prompt < plan.prompts; ++prompt) {
    for (std::size_t position = 0; position < positions.size(); ++position) {
      rows.push_back(make_answer_row(row_of(positions, position, prompt, vocabulary)));
    }
  }
  return rows;
}

struct Comparison {
  double error = 0;
  std::int64_t rows = 0, same_top = 0;
  std::string where;  ///< of the largest error
  bool not_finite = false;
};

Comparison compare(const Positions& ours, const std::vector<AnswerRow>& truth,
                   const CheckPlan& plan, std::int64_t batch, std::size_t vocabulary) {
  Comparison result;
  std::vector<float> picked;
  for (std::int64_t sequence = 0; sequence < batch; ++sequence) {
    const auto prompt = static_cast<std::size_t>(sequence % plan.prompts);
    for (std::size_t position = 0; position < ours.size(); ++position) {
      const auto logits = row_of(ours, position, sequence, vocabulary);
      const auto& row = truth[prompt * ours.size() + position];
      const bool finite = std::all_of(logits.begin(), logits.end(),
                                      [](float value) { return std::isfinite(value); });
      picked.clear();
      for (const auto index : answer_indices(vocabulary, row.top)) picked.push_back(logits[index]);
      auto difference = compare_rows(picked, row.values);
      if (!finite) difference = {std::numeric_limits<double>::infinity(), true};
      const auto top = std::max_element(logits.begin(), logits.end()) - logits.begin();
      ++result.rows;
      if (top == row.top) ++result.same_top;
      if (difference.relative > result.error || result.where.empty()) {
        result.error = std::max(result.error, difference.relative);
        result.where = position == 0
                           ? fmt::format("sequence {}, end of the prompt", sequence)
                           : fmt::format("sequence {}, decode step {}", sequence, position);
      }
      result.not_finite = result.not_finite || difference.not_finite;
    }
  }
  return result;
}

/// What both are asked, and the answer where it is stored.
struct Question {
  CheckPlan plan;
  std::vector<std::int32_t> tokens;
  std::string key;
  std::optional<std::vector<AnswerRow>> truth;
};

Question ask(const CaseContext& context, const Model& model, const Backend& reference,
             const CheckPlan& plan) {
  Question question{plan, check_tokens(model, context.subject, plan), {}, {}};
  question.key = answer_key("logits", reference,
                            {{"model", fingerprint(model)},
                             {"kv", context.subject.kv},
                             {"tokens", question.tokens},
                             {"past", plan.past},
                             {"prompt", plan.tokens},
                             {"steps", plan.steps}});
  const auto rows = static_cast<std::size_t>(plan.prompts * (plan.steps + 1));
  question.truth = parse_answer_rows(find_answer(context, question.key), rows,
                                     static_cast<std::size_t>(model.config.vocab));
  return question;
}

/// Of a session of the reference that answers the question.
SessionOptions options_of_truth(const CaseContext& context, const CheckPlan& plan) {
  return {.batch = plan.prompts,
          .capacity = plan.capacity(),
          .kv_type = parse_kv_type(context.subject.kv),
          .threads = context.threads()};
}

// The largest of many errors, of two roundings that know nothing of each other.
constexpr double kTimesRounding = 2;
// Of the largest logit. Where more than that has to be allowed, anything passes.
constexpr double kLoosestTolerance = 0.5;

/// The tolerance where rounding the inputs of products alone leads further from the truth: there
/// are weights that magnify any difference, and a backend that rounds is not wrong for it.
double tolerance_beyond(double tolerance, const CaseContext& context, const Model& model,
                        const Question& question, const std::vector<AnswerRow>& truth,
                        Json& details) {
  const auto& plan = question.plan;
  if (!too_slow(context, plan.past_seconds + plan.seconds).empty()) return tolerance;
  const auto rounding = open_backend(kRoundingReference);
  const auto positions = feed(*rounding->open_session(model, options_of_truth(context, plan)),
                              plan.prompts, plan, question.tokens, context);
  if (context.stopped()) return tolerance;
  const auto rounded =
      compare(positions, truth, plan, plan.prompts, static_cast<std::size_t>(model.config.vocab));
  if (!std::isfinite(rounded.error)) return tolerance;
  details["error_of_rounding_alone"] = rounded.error;
  return std::max(tolerance, kTimesRounding * rounded.error);
}

CaseResult judge(const Comparison& comparison, double tolerance) {
  if (comparison.not_finite) {
    return {Outcome::wrong, fmt::format("logits hold what is not a number ({})", comparison.where)};
  }
  if (comparison.error > tolerance) {
    return {Outcome::wrong,
            fmt::format("logits differ from the reference's by {:.2g} of their largest, more than "
                        "{:.2g} ({})",
                        comparison.error, tolerance, comparison.where)};
  }
  return {};
}

}  // namespace

CheckPlan plan_check(const Model& model, const Case& subject) {
  CheckPlan plan;
  ReferencePrice price;
  try {
    price = reference_price(model);
  } catch (const Error&) {
    return plan;  // the reference will say why
  }
  const auto per_token = static_cast<double>(std::max<std::int64_t>(1, price.flops_a_token));
  if (subject.batch > 1 && 2 * per_token * static_cast<double>(plan.capacity()) <=
                               kSecondsForTwoPrompts * kReferenceFlopsPerSecond) {
    plan.prompts = 2;
  }
  const auto prompts = static_cast<double>(plan.prompts);
  const auto affordable = static_cast<std::int64_t>(kSecondsForTokens * kReferenceFlopsPerSecond /
                                                    (per_token * prompts));
  plan.tokens =
      std::clamp(affordable - plan.steps, kLeastTokens, std::max(kLeastTokens, subject.prompt));
  if (model.config.context > 0 && plan.capacity() > model.config.context) {
    plan.steps = std::clamp<std::int64_t>(model.config.context - 1, 0, plan.steps);
    plan.tokens = std::max<std::int64_t>(1, model.config.context - plan.steps);
  }
  plan.past = std::min(subject.depth, price.tokens_for(kSecondsForPast / prompts));
  if (model.config.context > 0) {
    const std::int64_t room = model.config.context - plan.tokens - plan.steps;
    plan.past = std::max<std::int64_t>(0, std::min(plan.past, room));
  }
  plan.past_seconds = prompts * price.seconds_of(plan.past);
  plan.seconds = prompts * static_cast<double>(plan.tokens + plan.steps) *
                 static_cast<double>(price.flops_a_token + plan.past * price.flops_a_position) /
                 kReferenceFlopsPerSecond;
  return plan;
}

CheckPlan without_past(CheckPlan plan) {
  plan.past = 0;
  plan.past_seconds = 0;
  return plan;
}

CaseResult check_session(const CaseContext& context, const Backend& backend, Session& session,
                         const Model& model, const CheckPlan& planned,
                         std::span<const std::int32_t> chosen) {
  if (!context.options.check) return skip_check(context, "switched off");
  if (context.plan.index > 0) return skip_check(context, "the first process of the case did");
  if (!backend.computes()) return skip_check(context, "none: this backend computes nothing");

  const auto& subject = context.subject;
  const auto vocabulary = static_cast<std::size_t>(model.config.vocab);
  const auto reference = open_backend(kReferenceBackend);
  Question question = ask(context, model, *reference, planned);
  const auto no_time = [&](const CheckPlan& plan) {
    return too_slow(context, plan.past_seconds + plan.seconds);
  };
  if (!question.truth && planned.past > 0 && !is_reference(backend) && !no_time(planned).empty()) {
    question = ask(context, model, *reference, without_past(planned));
  }
  const auto& [plan, tokens, key, stored] = question;
  auto truth = stored;
  double tolerance = tolerance_for(model, parse_kv_type(subject.kv));
  Json details{{"compared", true},
               {"what", "logits after a prompt and after given tokens one by one"},
               {"checked_depth", plan.past},
               {"prompt_tokens", plan.tokens},
               {"decode_steps", plan.steps},
               {"prompts", plan.prompts},
               {"sequences", subject.batch},
               {"logits_a_row", answer_indices(vocabulary, 0).size() - 1},
               {"vocabulary", vocabulary},
               {"against", truth ? "stored answer" : "reference"},
               {"tolerance", tolerance}};

  if (!truth && !is_reference(backend)) {
    if (auto why = no_time(plan); !why.empty()) {
      return cannot_check(context, std::move(why));
    }
  }
  const auto ours = feed(session, subject.batch, plan, tokens, context);
  if (context.stopped()) return interrupted();

  if (!truth && is_reference(backend)) {
    truth = make_answer(ours, plan, vocabulary);
    put_answer(context, key, to_json(*truth));
    details["against"] = "itself: no answer was stored yet, now it is";
  } else if (!truth) {
    const SessionOptions options = options_of_truth(context, plan);
    if (const auto support = reference->supports(model, options); !support.supported) {
      return cannot_check(context, "the reference cannot run this: " + support.reason);
    }
    const auto theirs =
        feed(*reference->open_session(model, options), plan.prompts, plan, tokens, context);
    if (context.stopped()) return interrupted();
    truth = make_answer(theirs, plan, vocabulary);
    put_answer(context, key, to_json(*truth));
  }

  const auto comparison = compare(ours, *truth, plan, subject.batch, vocabulary);
  // Held against itself it would claim to have been checked.
  const bool itself = !stored && is_reference(backend);
  if (!itself)
    details["error"] = std::isfinite(comparison.error) ? Json(comparison.error) : Json(nullptr);
  details["largest_at"] = comparison.where;
  details["rows"] = comparison.rows;
  details["rows_with_the_same_top"] = comparison.same_top;
  const auto widen_tolerance = [&] {
    const double before = tolerance;
    tolerance = tolerance_beyond(tolerance, context, model, question, *truth, details);
    details["tolerance"] = tolerance;
    return tolerance > before;
  };
  const bool beyond = comparison.error > tolerance && !comparison.not_finite;
  if (beyond && !is_reference(backend)) static_cast<void>(widen_tolerance());
  if (context.stopped()) return interrupted();
  auto result = judge(comparison, tolerance);
  if (result.outcome == Outcome::ok && beyond && tolerance > kLoosestTolerance) {
    result = {Outcome::mistrusted,
              fmt::format("logits differ from the reference's by {:.2g} of their largest; rounding "
                          "activations alone may lead as far in this model, so nothing says "
                          "whether that is wrong",
                          comparison.error)};
  }
  if (is_reference(backend) && result.outcome == Outcome::ok) {
    // It promises the same bits for the same question.
    const bool same = make_answer(ours, plan, vocabulary) == *truth;
    details["same_bits"] = same;
    if (!same) {
      result = {Outcome::wrong, "the reference gave other bits than those that it gave before"};
    }
  }
  if (result.outcome == Outcome::ok) {
    result = check_choices(context, backend, model, tolerance, chosen, details);
    if (result.outcome == Outcome::wrong && !beyond && widen_tolerance()) {
      result = check_choices(context, backend, model, tolerance, chosen, details);
    }
    if (result.outcome == Outcome::interrupted) return result;
  }
  return finish_check(context, std::move(details), std::move(result));
}

}  // namespace ridgepoint
