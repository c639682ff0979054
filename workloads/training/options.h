// The command line of the trainer.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace ridgepoint::training {

struct Options {
  std::filesystem::path data;
  std::filesystem::path held_out;
  std::filesystem::path out;
  std::filesystem::path stop_file;
  std::filesystem::path evaluate;  ///</< a weights directory: judge it instead of training
  std::vector<std::string> samples;
  std::int64_t steps = 5000;
  std::int64_t batch = 16;
  std::int64_t context = 512;
  std::int64_t warm_up_steps = 100;
  std::int64_t stop_at_step = 0;  ///< 0: only when asked
  std::int64_t stop_decay_steps = 200;
  std::int64_t log_every_steps = 20;
  std::int64_t held_out_every_steps = 250;
  std::int64_t sample_bytes = 400;
  std::uint64_t seed = 1;
  int threads = 2;
  double learning_rate = 2e-3;
  double temperature = 0.7;
  double checkpoint_minutes = 4.0;
  bool resume = false;
};

Options parse_options(int argc, char** argv);

}  // namespace ridgepoint::training
