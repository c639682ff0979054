#include "harness/run/check_choices.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backends/registry.h"
#include "backends/session.h"
#include "harness/run/check.h"
#include "harness/run/generation.h"
#include "harness/run/random_tokens.h"
#include "harness/run/reference_price.h"
#include "harness/run/tolerance.h"
#include "workloads/error.h"
#include "workloads/tensor/kv_type.h"

namespace ridgepoint {
namespace {

using Json = nlohmann::json;

constexpr double kSecondsForChoices = 3;
/// Of logits that are asked for at once: 32 MiB at the most for any vocabulary that is known.
constexpr std::int64_t kTokensAtOnce = 16;

std::int64_t tokens_before(const Case& subject) {
  // Without a prompt a first token is fed that nobody chose.
  return subject.depth + std::max<std::int64_t>(1, subject.prompt);
}

/// What the chosen sequences were fed, one after the other: past and prompt (or the first token),
/// then what was chosen, but for the last.
std::vector<std::vector<std::int32_t>> fed_tokens(const Model& model, const Case& subject,
                                                  const ChoicePlan& plan,
                                                  std::span<const std::int32_t> chosen) {
  const auto seed = static_cast<std::uint64_t>(subject.seed);
  const auto past = past_tokens(seed, subject.depth, model.config.vocab);
  const auto prompt =
      random_tokens(seed, TokenStream::prompt, subject.batch, subject.prompt, model.config.vocab);
  const auto batch = static_cast<std::size_t>(subject.batch);
  std::vector<std::vector<std::int32_t>> fed;
  for (std::int64_t i = 0; i < plan.sequences; ++i) {
    const std::size_t sequence = i == 0 ? 0 : batch - 1;
    auto& tokens = fed.emplace_back(past);
    const auto part = std::span(prompt).subspan(sequence * static_cast<std::size_t>(subject.prompt),
                                                static_cast<std::size_t>(subject.prompt));
    tokens.insert(tokens.end(), part.begin(), part.end());
    if (subject.prompt == 0) tokens.push_back(first_token(model.config.vocab));
    for (std::size_t step = 0; step + 1 < static_cast<std::size_t>(plan.choices); ++step) {
      tokens.push_back(chosen[step * batch + sequence]);
    }
  }
  return fed;
}

/// How far the chosen logit lies below the largest, over the largest absolute one.
double shortfall(std::span<const float> logits, std::int32_t token) {
  float largest = logits[0], largest_absolute = 0;
  for (const float logit : logits) {
    largest = std::max(largest, logit);
    largest_absolute = std::max(largest_absolute, std::fabs(logit));
  }
  return largest_absolute == 0
             ? 0
             : static_cast<double>(largest - logits[static_cast<std::size_t>(token)]) /
                   static_cast<double>(largest_absolute);
}

/// [sequences][choices]; fewer when stopped.
using Shortfalls = std::vector<std::vector<double>>;

Shortfalls compute(const CaseContext& context, const Backend& reference, const Model& model,
                   const ChoicePlan& plan, std::span<const std::int32_t> chosen) {
  const Case& subject = context.subject;
  const auto before = tokens_before(subject);
  const auto session = reference.open_session(model, {.batch = 1,
                                                      .capacity = before + plan.choices - 1,
                                                      .kv_type = parse_kv_type(subject.kv),
                                                      .threads = context.threads()});
  const auto vocabulary = static_cast<std::size_t>(model.config.vocab);
  const auto batch = static_cast<std::size_t>(subject.batch);
  const auto fed = fed_tokens(model, subject, plan, chosen);
  Shortfalls result;
  std::vector<float> logits;
  for (std::size_t i = 0; i < fed.size(); ++i) {
    const std::size_t sequence = i == 0 ? 0 : batch - 1;
    auto& shortfalls = result.emplace_back();
    const auto look = [&](std::span<const float> row) {
      shortfalls.push_back(shortfall(row, chosen[shortfalls.size() * batch + sequence]));
    };
    const auto tokens = std::span(fed[i]);
    session->truncate(0);
    session->forward(tokens.first(static_cast<std::size_t>(before)));
    look(session->logits());
    for (auto rest = tokens.subspan(static_cast<std::size_t>(before)); !rest.empty();) {
      if (context.stopped()) return result;
      const auto part = rest.first(std::min<std::size_t>(rest.size(), kTokensAtOnce));
      logits.resize(part.size() * vocabulary);
      session->score(part, logits);
      for (std::size_t row = 0; row < part.size(); ++row) {
        look(std::span(logits).subspan(row * vocabulary, vocabulary));
      }
      rest = rest.subspan(part.size());
    }
  }
  return result;
}

std::optional<Shortfalls> parse(const std::string& text, const ChoicePlan& plan) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_array() || std::cmp_not_equal(json.size(), plan.sequences)) return {};
  Shortfalls result;
  for (const auto& sequence : json) {
    if (!sequence.is_array() || std::cmp_not_equal(sequence.size(), plan.choices)) return {};
    auto& shortfalls = result.emplace_back();
    for (const auto& value : sequence) {
      if (!value.is_number()) return {};
      shortfalls.push_back(value.get<double>());
    }
  }
  return result;
}

CaseResult judge_choices(const Shortfalls& shortfalls, const Case& subject, double tolerance,
                         Json& details) {
  double largest = 0;
  std::int64_t same = 0;
  CaseResult result;
  for (std::size_t sequence = 0; sequence < shortfalls.size(); ++sequence) {
    for (std::size_t step = 0; step < shortfalls[sequence].size(); ++step) {
      const double value = shortfalls[sequence][step];
      largest = std::max(largest, value);
      if (value == 0) ++same;
      // Both logits may be off by the tolerance, one up and the other down. Written so that what is
      // not a number does not pass.
      if (result.outcome == Outcome::ok && !(value <= 2 * tolerance)) {
        result = {
            Outcome::wrong,
            fmt::format("generated token {} of sequence {} is one whose logit the reference "
                        "has {:.2g} of the largest below its best, more than {:.2g}",
                        step + 1, sequence == 0 ? 0 : subject.batch - 1, value, 2 * tolerance)};
      }
    }
  }
  details["choices_furthest_below_the_best"] = std::isfinite(largest) ? Json(largest) : Json();
  details["choices_the_same"] = same;
  return result;
}

}  // namespace

ChoicePlan plan_choices(const Model& model, const Case& subject, std::int64_t chosen) {
  ChoicePlan plan;
  plan.sequences = std::min<std::int64_t>(subject.batch, 2);
  const auto price = reference_price(model);
  const auto before = tokens_before(subject);
  const auto affordable =
      price.tokens_for(kSecondsForChoices / static_cast<double>(plan.sequences));
  plan.choices = std::clamp<std::int64_t>(affordable - before + 1, 0, chosen);
  plan.seconds = static_cast<double>(plan.sequences) * price.seconds_of(before + plan.choices - 1);
  return plan;
}

CaseResult check_choices(const CaseContext& context, const Backend& backend, const Model& model,
                         double tolerance, std::span<const std::int32_t> chosen, Json& details) {
  const Case& subject = context.subject;
  const auto steps = static_cast<std::int64_t>(chosen.size()) / subject.batch;
  if (is_reference(backend) || steps == 0) return {};
  details["choices_of_each_sequence"] = steps;
  const auto plan = plan_choices(model, subject, steps);
  if (plan.choices == 0 || !too_slow(context, plan.seconds).empty()) {
    details["choices_checked"] = 0;
    return {};
  }
  const auto reference = open_backend(kReferenceBackend);
  const auto key =
      answer_key("choices", *reference,
                 {{"model", fingerprint(model)},
                  {"kv", subject.kv},
                  {"fed", fed_tokens(model, subject, plan, chosen)},
                  {"before", tokens_before(subject)},
                  {"last", std::vector<std::int32_t>(chosen.end() - subject.batch, chosen.end())}});
  auto shortfalls = parse(find_answer(context, key), plan);
  if (!shortfalls) {
    shortfalls = compute(context, *reference, model, plan, chosen);
    if (context.stopped()) return interrupted();
    put_answer(context, key, Json(*shortfalls).dump());
  }
  details["choices_checked"] = plan.choices;
  details["choices_of_sequences"] = plan.sequences;
  return judge_choices(*shortfalls, subject, tolerance, details);
}

}  // namespace ridgepoint
