// model make, model transform, model info: synthetic models, models in other types, descriptions.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "harness/cli/cli.h"
#include "harness/cli/command.h"
#include "harness/run/data_folder.h"
#include "profiler/clock/monotonic_clock.h"
#include "results/report/table.h"
#include "workloads/case.h"
#include "workloads/error.h"
#include "workloads/formats/gguf_reader.h"
#include "workloads/formats/load_model.h"
#include "workloads/formats/mapped_file.h"
#include "workloads/formats/write_model.h"
#include "workloads/models/model.h"
#include "workloads/models/shapes.h"
#include "workloads/tokenizer/gguf_tokenizer_section.h"
#include "workloads/transforms/apply.h"
#include "workloads/transforms/parse.h"

namespace ridgepoint {
namespace {

struct MakeOptions {
  std::string shape;
  std::string type = "q8_0";
  std::string output;
  std::uint64_t seed = 1;
  int threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
};

/// A file that no case could be named after would be of no use here.
void refuse_unusable_name(const std::string& file) {
  try {
    Case named;
    set_from_text(named, *find_case_field("model"), file);
  } catch (const Error& error) {
    throw Error(fmt::format("--output: {}", error.what()));
  }
}

int make_model(const MakeOptions& options) {
  refuse_unusable_name(options.output);
  write_synthetic_gguf(options.shape, ModelType::parse(options.type), options.seed, options.threads,
                       options.output);
  const Model model = load_model(options.output);
  fmt::print("{}: {} {}, synthetic weights of seed {}, {}\n", options.output, options.shape,
             options.type, options.seed,
             format_value(static_cast<double>(model.weight_bytes()), "bytes"));
  return kExitOk;
}

struct TransformOptions {
  std::string model;
  std::string to;
  std::string output;
  int threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
};

/// The GGUF file that a model was loaded from, if it was one.
std::optional<GgufFile> origin_of(const Model& model,
                                  std::vector<std::shared_ptr<const MappedFile>>& mappings) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(model.source, ignored)) return std::nullopt;
  mappings.push_back(MappedFile::open(model.source));
  return GgufFile::parse(mappings.back()->bytes(), model.source);
}

int transform_model(const TransformOptions& options) {
  const Transform transform = parse_transform(options.to);
  check_gguf_holds(transform);
  refuse_unusable_name(options.output);
  const auto start_ns = monotonic_ns();
  Model model = open_model_file(options.model);
  std::vector<std::shared_ptr<const MappedFile>> mappings;
  const auto origin = origin_of(model, mappings);
  const Transformed result = apply_transform(std::move(model), transform, options.threads);
  const auto* mixture = std::get_if<ToMixture>(&transform.otherwise);
  const ModelType type =
      mixture != nullptr ? mixture->type : ModelType::parse(result.model.weight_type);
  std::string no_vocabulary;
  write_gguf_model(
      result.model, type, origin ? &*origin : nullptr, options.output,
      [&](GgufWriter& writer) { no_vocabulary = write_tokenizer_section(result.model, writer); });

  const TransformReport& report = result.report;
  const auto bytes = [](std::int64_t count) {
    return format_value(static_cast<double>(count), "bytes");
  };
  std::map<std::pair<Type, Type>, std::pair<std::int64_t, std::int64_t>> by_types;
  for (const TensorChange& change : report.changes) {
    auto& [tensors, stored] = by_types[{change.from, change.to}];
    ++tensors;
    stored += change.bytes_after;
  }
  fmt::print("{}: {}, {} to {}, {}\n", options.output, to_text(transform),
             bytes(report.bytes_before), bytes(report.bytes_after),
             format_value(static_cast<double>(monotonic_ns() - start_ns), "ns"));
  if (!no_vocabulary.empty()) fmt::print("without its vocabulary: {}\n", no_vocabulary);
  if (report.worst() != nullptr) {
    std::vector<std::vector<std::string>> rows{{"from", "to", "matrices", "bytes"}};
    for (const auto& [pair, sums] : by_types) {
      rows.push_back({std::string(name_of(pair.first)), std::string(name_of(pair.second)),
                      std::to_string(sums.first), std::to_string(sums.second)});
    }
    fmt::print("\n{}\nrelative error of the weights {:.3g}, at most {:.3g} ({})\n", align(rows),
               report.relative_error, report.worst()->relative_error, report.worst()->name);
  }
  return kExitOk;
}

struct InfoOptions {
  std::string model;
  bool tensors = false;
};

void print_head(const Model& model) {
  const ModelConfig& config = model.config;
  const auto kib_per_token = [&](Type type) {
    return static_cast<double>(kv_bytes_per_token(config, type)) / 1024.0;
  };
  std::vector<std::vector<std::string>> rows{
      {"model", config.name.empty() ? model.source : config.name},
      {"source", model.source},
      {"architecture", std::string(name_of(config.architecture))},
      {"weights", model.synthetic ? fmt::format("synthetic, seed {}", model.seed)
                                  : "trained (not marked synthetic)"},
      {"parameters", std::to_string(parameter_count(config))},
      {"bytes", fmt::format("{} ({})", model.weight_bytes(),
                            format_value(static_cast<double>(model.weight_bytes()), "bytes"))},
      {"layers", std::to_string(config.layers)},
      {"d_model", std::to_string(config.hidden)},
      {"heads / kv heads",
       fmt::format("{} / {} of {}", config.heads, config.kv_heads, config.head_dim)},
      {"ffn", config.experts > 0 ? fmt::format("{} experts of {}, {} used", config.experts,
                                               config.ffn, config.experts_used)
                                 : std::to_string(config.ffn)},
      {"vocabulary", std::to_string(config.vocab)},
      {"context", std::to_string(config.context)},
      {"KV a token", fmt::format("{:g} KiB in f16, {:g} KiB in f32", kib_per_token(Type::f16),
                                 kib_per_token(Type::f32))},
      {"fingerprint", fingerprint(model)},
  };
  fmt::print("{}", align(rows));
}

void print_types(const Model& model) {
  struct Sum {
    std::int64_t tensors = 0, elements = 0, bytes = 0;
  };
  std::map<Type, Sum> by_type;
  for (const auto& [_, tensor] : model.weights) {
    Sum& sum = by_type[tensor.type];
    ++sum.tensors;
    sum.elements += element_count(tensor.shape);
    sum.bytes += byte_count(tensor.type, tensor.shape);
  }
  std::vector<std::vector<std::string>> rows{{"type", "tensors", "elements", "bytes"}};
  for (const auto& [type, sum] : by_type) {
    rows.push_back({std::string(name_of(type)), std::to_string(sum.tensors),
                    std::to_string(sum.elements), std::to_string(sum.bytes)});
  }
  fmt::print("\n{}", align(rows));
}

void print_tensors(const Model& model) {
  std::vector<std::vector<std::string>> rows{{"tensor", "type", "shape", "bytes"}};
  for (const auto& [name, tensor] : model.weights) {
    rows.push_back({name, std::string(name_of(tensor.type)), to_string(tensor.shape),
                    std::to_string(byte_count(tensor.type, tensor.shape))});
  }
  fmt::print("\n{}", align(rows));
}

int describe_model(const InfoOptions& options) {
  const Model model = open_model_file(options.model);
  print_head(model);
  print_types(model);
  if (options.tensors) print_tensors(model);
  return kExitOk;
}

}  // namespace

void add_model_commands(CLI::App& app, Invocation& invocation) {
  CLI::App* model =
      app.add_subcommand("model", "Make synthetic models, change types, describe any model");
  model->require_subcommand(1);

  const auto make = std::make_shared<MakeOptions>();
  CLI::App* make_command = add_command(
      *model, invocation, "make", "Write a GGUF file with seeded random weights of a known shape",
      [make] { return make_model(*make); });
  make_command->add_option("--shape", make->shape, "Shape, see 'ridgepoint list shapes'")
      ->required();
  make_command
      ->add_option("--type", make->type,
                   fmt::format("Weight type: {}", fmt::join(ModelType::names(), ", ")))
      ->capture_default_str();
  make_command->add_option("-o,--output", make->output, "File to write")->required();
  make_command->add_option("--seed", make->seed, "Seed of the weights")
      ->check([](const std::string& text) {
        return text.starts_with('-') ? "is negative; give a whole number from 0" : std::string();
      })
      ->capture_default_str();
  make_command
      ->add_option("--threads", make->threads, "Threads; the file is the same for any number")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();

  const auto to = std::make_shared<TransformOptions>();
  CLI::App* transform_command = add_command(
      *model, invocation, "transform", "Write a GGUF file with a model's matrices in other types",
      [to] { return transform_model(*to); });
  transform_command
      ->add_option("IN", to->model, "GGUF file, Hugging Face directory, or bundled name")
      ->required();
  transform_command
      ->add_option("--to", to->to,
                   "f16, q8_0, q4_k_m, auto:error=0.01:among=gguf, ...; "
                   "+PATTERN=TYPE for some tensors: q4_k+output=q6_k")
      ->required();
  transform_command->add_option("-o,--output", to->output, "File to write")->required();
  transform_command
      ->add_option("--threads", to->threads, "Threads; the file is the same for any number")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();

  const auto info = std::make_shared<InfoOptions>();
  CLI::App* info_command =
      add_command(*model, invocation, "info", "Print shapes, bytes by type, KV bytes a token",
                  [info] { return describe_model(*info); });
  info_command
      ->add_option("MODEL", info->model, "GGUF file, Hugging Face directory, or bundled name")
      ->required();
  info_command->add_flag("--tensors", info->tensors, "List every tensor");
}

}  // namespace ridgepoint
