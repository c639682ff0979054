#include "workloads/training/judging.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>

#include "workloads/training/architecture.h"
#include "workloads/training/model.h"

namespace ridgepoint::training {
namespace {

namespace functional = torch::nn::functional;

double summed_nats(const std::vector<torch::Tensor>& weights, const Batch& batch) {
  const auto logits = logits_of(weights, batch.inputs).flatten(0, 1);
  const auto options = functional::CrossEntropyFuncOptions().reduction(torch::kSum);
  return functional::cross_entropy(logits, batch.targets.flatten(), options).item<double>();
}

}  // namespace

double bits_per_byte(const std::vector<torch::Tensor>& weights, const Text& text,
                     std::int64_t context, std::int64_t limit_contexts) {
  constexpr std::int64_t kContextsPerBatch = 16;
  const torch::InferenceMode inference;
  std::int64_t whole = text.size_bytes() / context;
  if (limit_contexts > 0) whole = std::min(whole, limit_contexts);
  double nats = 0.0;
  std::int64_t scored_bytes = 0;
  for (std::int64_t first = 0; first < whole; first += kContextsPerBatch) {
    std::vector<std::int64_t> offsets;
    for (std::int64_t i = first; i < std::min(whole, first + kContextsPerBatch); ++i) {
      offsets.push_back(i * context);
    }
    nats += summed_nats(weights, text.windows(offsets, context));
    scored_bytes += static_cast<std::int64_t>(offsets.size()) * context;
  }
  const std::int64_t rest = text.size_bytes() - whole * context;
  if (limit_contexts == 0 && rest > 0) {
    nats += summed_nats(weights, text.windows({whole * context}, rest));
    scored_bytes += rest;
  }
  return nats / static_cast<double>(scored_bytes) / std::numbers::ln2;
}

std::string sample(const std::vector<torch::Tensor>& weights, const std::string& prompt,
                   std::int64_t length_bytes, double temperature, std::uint64_t seed) {
  const torch::InferenceMode inference;
  std::mt19937_64 random(seed);
  std::vector<std::int64_t> tokens{kSeparator};
  for (const char c : prompt) tokens.push_back(static_cast<unsigned char>(c));
  std::string written = prompt;
  for (std::int64_t i = 0; i < length_bytes; ++i) {
    const auto seen = std::min<std::int64_t>(static_cast<std::int64_t>(tokens.size()), 512);
    const auto input = torch::tensor(std::vector<std::int64_t>(tokens.end() - seen, tokens.end()));
    const auto logits = logits_of(weights, input.unsqueeze(0))[0][-1].to(torch::kFloat64);
    const auto odds = torch::softmax(logits / temperature, 0).contiguous();
    const double* odd = odds.const_data_ptr<double>();
    double point = static_cast<double>(random() >> 11) * 0x1p-53;
    std::int64_t choice = 0;
    while (choice + 1 < kVocabulary && point >= odd[choice]) point -= odd[choice++];
    if (choice == kSeparator) break;
    tokens.push_back(choice);
    written.push_back(static_cast<char>(choice));
  }
  return written;
}

}  // namespace ridgepoint::training
