#include "workloads/training/options.h"

#include <CLI/CLI.hpp>

#include <cstdlib>

namespace ridgepoint::training {

Options parse_options(int argc, char** argv) {
  Options options;
  CLI::App app{"Trains byte-llama-6m, or judges its stored weights (--evaluate)"};
  app.add_option("--data", options.data, "training bytes");
  app.add_option("--held-out", options.held_out, "bytes to judge on");
  app.add_option("--out", options.out, "directory for weights and training state");
  app.add_option("--evaluate", options.evaluate, "weights directory to judge instead of training");
  app.add_option("--sample", options.samples, "prompt to continue at the end; may be repeated");
  app.add_option("--sample-bytes", options.sample_bytes);
  app.add_option("--temperature", options.temperature)->check(CLI::PositiveNumber);
  app.add_option("--steps", options.steps)->check(CLI::PositiveNumber);
  app.add_option("--batch", options.batch, "windows a step")->check(CLI::PositiveNumber);
  app.add_option("--context", options.context, "bytes a window")->check(CLI::Range(2, 1024));
  app.add_option("--warm-up-steps", options.warm_up_steps);
  app.add_option("--learning-rate", options.learning_rate, "peak of the schedule");
  app.add_option("--seed", options.seed);
  app.add_option("--threads", options.threads)->check(CLI::PositiveNumber);
  app.add_option("--log-every-steps", options.log_every_steps)->check(CLI::PositiveNumber);
  app.add_option("--held-out-every-steps", options.held_out_every_steps)
      ->check(CLI::PositiveNumber);
  app.add_option("--checkpoint-minutes", options.checkpoint_minutes);
  app.add_option("--stop-file", options.stop_file,
                 "when this file appears (or on SIGTERM) decay the learning rate and finish");
  app.add_option("--stop-at-step", options.stop_at_step,
                 "finish early from this step on, as if asked there");
  app.add_option("--stop-decay-steps", options.stop_decay_steps)->check(CLI::PositiveNumber);
  app.add_flag("--resume", options.resume, "continue from the state in --out");
  try {
    app.parse(argc, argv);
    if (options.evaluate.empty() && (options.data.empty() || options.out.empty())) {
      throw CLI::ValidationError("training needs --data and --out");
    }
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  return options;
}

}  // namespace ridgepoint::training
