// Trains a byte-level Llama of 6.4 million parameters from scratch.
//
// One process, a few CPU threads: bfloat16 forward and backward passes on
// bfloat16 copies of float32 master weights. The run is a function of its
// options and the text (as far as the order of float32 sums across threads
// allows); it can be stopped, resumed, or asked to finish early with a short
// decay of the learning rate, so that what it leaves is always usable.
#include <fmt/format.h>
#include <malloc.h>
#include <torch/torch.h>

#include <csignal>
#include <exception>
#include <filesystem>
#include <vector>

#include "workloads/training/architecture.h"
#include "workloads/training/judging.h"
#include "workloads/training/model.h"
#include "workloads/training/options.h"
#include "workloads/training/parameters.h"
#include "workloads/training/progress.h"
#include "workloads/training/schedule.h"
#include "workloads/training/text.h"
#include "workloads/training/weights_file.h"

namespace {

using namespace ridgepoint::training;

volatile std::sig_atomic_t stop_requested = 0;
extern "C" void request_stop(int) {
  stop_requested = 1;
}

std::vector<torch::Tensor> widened(const std::vector<torch::Tensor>& weights) {
  std::vector<torch::Tensor> result;
  result.reserve(weights.size());
  for (const auto& weight : weights) result.push_back(weight.detach().to(torch::kFloat32));
  return result;
}

// Judges weights as stored: bfloat16 values, float32 arithmetic.
void judge(const std::vector<torch::Tensor>& stored, const Options& options) {
  const auto weights = widened(stored);
  if (!options.held_out.empty()) {
    const Text text(options.held_out);
    fmt::print("held-out bits per byte {:.4f} ({}, {} bytes, context {})\n",
               bits_per_byte(weights, text, options.context), options.held_out.filename().string(),
               text.size_bytes(), options.context);
  }
  for (const auto& prompt : options.samples) {
    fmt::print("--- sample, temperature {:.2f}, seed {}\n{}\n---\n", options.temperature,
               options.seed,
               sample(weights, prompt, options.sample_bytes, options.temperature, options.seed));
  }
}

bool asked_to_stop(const Options& options) {
  return stop_requested != 0 ||
         (!options.stop_file.empty() && std::filesystem::exists(options.stop_file));
}

void train(const Options& options) {
  constexpr std::int64_t kQuickContexts = 128;
  const Text text(options.data);
  WindowOrder order(text.size_bytes(), options.context, options.seed);
  Parameters parameters(options.seed);
  const AdamwSettings settings;
  Schedule schedule(options.learning_rate, options.warm_up_steps, options.steps);
  if (options.stop_at_step > 0) schedule.stop_early(options.stop_at_step, options.stop_decay_steps);

  std::filesystem::create_directories(options.out);
  const auto state = options.out / "state.bin";
  if (options.resume) parameters.load(state);
  const auto save = [&] {
    parameters.save(state);
    write_weights(options.out, parameters.weights());
  };
  fmt::print("{} parameters, {} bytes of text, step {} of {}\n", parameters.size(),
             text.size_bytes(), parameters.steps_done(), schedule.last_step());

  Progress progress(options.log_every_steps, options.batch * options.context);
  double saved_seconds = 0.0;
  for (std::int64_t step = parameters.steps_done(); step < schedule.last_step(); ++step) {
    const auto batch =
        text.windows(order.offsets(step * options.batch, options.batch), options.context);
    parameters.clear_gradients();
    const auto logits = logits_of(parameters.weights(), batch.inputs);
    const auto loss =
        torch::nn::functional::cross_entropy(logits.flatten(0, 1), batch.targets.flatten());
    loss.backward();
    const double rate = schedule.rate(step);
    const double gradient_norm = parameters.update(rate, settings);

    const std::int64_t done = step + 1;
    if (asked_to_stop(options)) schedule.stop_early(done, options.stop_decay_steps);
    const bool last = done == schedule.last_step();
    progress.step(done, last, loss.item<double>(), rate, gradient_norm);
    if (!options.held_out.empty() && !last && done % options.held_out_every_steps == 0) {
      fmt::print("step {}  held-out bits/byte {:.4f} (first {} contexts, bfloat16)\n", done,
                 bits_per_byte(parameters.weights(), Text(options.held_out), options.context,
                               kQuickContexts),
                 kQuickContexts);
    }
    if (!last && progress.seconds() - saved_seconds > options.checkpoint_minutes * 60.0) {
      save();
      saved_seconds = progress.seconds();
    }
  }
  save();
  fmt::print("finished at step {}, {} bytes seen, {:.0f} s\n", parameters.steps_done(),
             parameters.steps_done() * options.batch * options.context, progress.seconds());
}

}  // namespace

int main(int argc, char** argv) try {
  const Options options = parse_options(argc, argv);
  // Every step allocates the same tensors: keep freed memory instead of giving
  // it back and faulting it in again.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, -1);
  torch::set_num_threads(options.threads);
  std::signal(SIGTERM, request_stop);
  if (options.evaluate.empty()) {
    train(options);
    judge(read_weights(options.out), options);
  } else {
    judge(read_weights(options.evaluate), options);
  }
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "ridgepoint-train: {}\n", error.what());
  return 1;
}
