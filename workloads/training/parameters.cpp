#include "workloads/training/parameters.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <stdexcept>

#include "workloads/training/architecture.h"

namespace ridgepoint::training {
namespace {

// First words of a state file, then the three float32 buffers.
struct StateHeader {
  std::array<char, 8> magic{'r', 'p', 't', 'r', 'a', 'i', 'n', '1'};
  std::int64_t parameters = 0;
  std::int64_t steps_done = 0;
};

std::streamsize size_bytes(const torch::Tensor& tensor) {
  return static_cast<std::streamsize>(tensor.nbytes());
}

}  // namespace

Parameters::Parameters(std::uint64_t seed) {
  const auto specs = tensor_specs();
  std::int64_t total = 0;
  for (const auto& spec : specs) total += spec.elements();
  master_ = torch::empty({total});
  first_moment_ = torch::zeros({total});
  second_moment_ = torch::zeros({total});
  decay_mask_ = torch::zeros({total});
  storage_ = torch::empty({total}, torch::kBFloat16);
  gradients_ = torch::zeros({total}, torch::kBFloat16);

  torch::manual_seed(seed);
  std::int64_t start = 0;
  for (const auto& spec : specs) {
    const std::int64_t length = spec.elements();
    auto initial = master_.narrow(0, start, length);
    if (spec.initial_deviation > 0.0) {
      initial.normal_(0.0, spec.initial_deviation);
    } else {
      initial.fill_(1.0);
    }
    if (spec.decays()) decay_mask_.narrow(0, start, length).fill_(1.0);
    auto weight = storage_.narrow(0, start, length).view(spec.shape).detach();
    weight.requires_grad_(true);
    weight.mutable_grad() = gradients_.narrow(0, start, length).view(spec.shape);
    weights_.push_back(weight);
    start += length;
  }
  refresh_weights();
}

void Parameters::refresh_weights() {
  const torch::NoGradGuard no_gradient;
  storage_.copy_(master_);
}

double Parameters::update(double learning_rate, const AdamwSettings& settings) {
  const torch::NoGradGuard no_gradient;
  const double norm = gradients_.to(torch::kFloat32).norm().item<double>();
  if (!std::isfinite(norm)) throw std::runtime_error("the gradient is not finite");
  ++steps_done_;
  const auto steps = static_cast<double>(steps_done_);
  const auto clip = static_cast<float>(std::min(1.0, settings.gradient_limit / (norm + 1e-12)));
  const auto beta1 = static_cast<float>(settings.first_decay);
  const auto beta2 = static_cast<float>(settings.second_decay);
  const auto epsilon = static_cast<float>(settings.epsilon);
  const auto shrink = static_cast<float>(learning_rate * settings.weight_decay);
  const auto rate =
      static_cast<float>(learning_rate / (1.0 - std::pow(settings.first_decay, steps)));
  const auto second_scale =
      static_cast<float>(1.0 / (1.0 - std::pow(settings.second_decay, steps)));
  const auto* gradient = gradients_.const_data_ptr<at::BFloat16>();
  const float* decays = decay_mask_.const_data_ptr<float>();
  float* value = master_.mutable_data_ptr<float>();
  float* first = first_moment_.mutable_data_ptr<float>();
  float* second = second_moment_.mutable_data_ptr<float>();
  constexpr std::int64_t kElementsPerTask = 1 << 15;
  at::parallel_for(0, size(), kElementsPerTask, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const float g = static_cast<float>(gradient[i]) * clip;
      first[i] = beta1 * first[i] + (1.0F - beta1) * g;
      second[i] = beta2 * second[i] + (1.0F - beta2) * g * g;
      const float step = rate * first[i] / (std::sqrt(second[i] * second_scale) + epsilon);
      value[i] -= shrink * decays[i] * value[i] + step;
    }
  });
  refresh_weights();
  return norm;
}

void Parameters::save(const std::filesystem::path& path) const {
  auto temporary = path;
  temporary += ".partial";
  std::ofstream file(temporary, std::ios::binary);
  StateHeader header;
  header.parameters = size();
  header.steps_done = steps_done_;
  file.write(reinterpret_cast<const char*>(&header), sizeof header);
  for (const auto* tensor : {&master_, &first_moment_, &second_moment_}) {
    file.write(static_cast<const char*>(tensor->const_data_ptr()), size_bytes(*tensor));
  }
  file.close();
  if (!file) throw std::runtime_error("cannot write " + temporary.string());
  std::filesystem::rename(temporary, path);
}

void Parameters::load(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  StateHeader header;
  const StateHeader expected;
  file.read(reinterpret_cast<char*>(&header), sizeof header);
  if (!file || header.magic != expected.magic || header.parameters != size()) {
    throw std::runtime_error(path.string() + " is not a state of this model");
  }
  for (const auto* tensor : {&master_, &first_moment_, &second_moment_}) {
    file.read(static_cast<char*>(tensor->mutable_data_ptr()), size_bytes(*tensor));
  }
  if (!file) throw std::runtime_error(path.string() + " is cut short");
  steps_done_ = header.steps_done;
  refresh_weights();
}

}  // namespace ridgepoint::training
