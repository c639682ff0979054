#include "backends/registry.h"

#include <fmt/format.h>

#include <filesystem>
#include <string>

#include "backends/cpu/cpu_backend.h"
#include "backends/cuda/cuda_backend.h"
#include "backends/null/null_backend.h"
#include "backends/plugin/plugin_backend.h"
#include "backends/quantized/quantized_backend.h"
#include "backends/reference/reference_backend.h"
#include "workloads/error.h"
#include "workloads/nearest_name.h"

namespace ridgepoint {
namespace {

struct Builtin {
  std::string_view name;
  std::string_view summary;
  std::vector<std::string> options;
  std::unique_ptr<Backend> (*open)(std::string_view options);
  std::string (*unavailable)() = nullptr;  ///< null: it always can be opened
};

const std::vector<Builtin>& builtins() {
  static const std::vector<Builtin> kBuiltins = {
      {NullBackend::kName,
       NullBackend::kSummary,
       {std::string(NullBackend::kOptions)},
       &open_null_backend},
      {ReferenceBackend::kName, ReferenceBackend::kSummary, {}, &open_reference_backend},
      {CpuBackend::kName, CpuBackend::kSummary, {std::string(kHostOptions)}, &open_cpu_backend},
      {QuantizedBackend::kName,
       QuantizedBackend::kSummary,
       {std::string(kHostOptions)},
       &open_quantized_backend},
      {CudaBackend::kName,
       CudaBackend::kSummary,
       {std::string(CudaBackend::kOptions)},
       &open_cuda_backend,
       &cuda_unavailable},
  };
  return kBuiltins;
}

}  // namespace

std::unique_ptr<Backend> open_backend(std::string_view spec) {
  const std::size_t colon = spec.find(':');
  const std::string_view name = spec.substr(0, colon);
  const std::string_view options =
      colon == std::string_view::npos ? std::string_view() : spec.substr(colon + 1);
  if (name.find('/') != std::string_view::npos || name.ends_with(".so")) {
    return open_plugin(std::filesystem::path(name), options);
  }
  std::vector<std::string_view> names;
  std::string known;
  for (const Builtin& builtin : builtins()) {
    if (builtin.name == name) return builtin.open(options);
    names.push_back(builtin.name);
    known += fmt::format("{}, ", builtin.name);
  }
  // Options hold commas, so that a list cannot be told from one backend.
  const bool list = spec.substr(0, colon).find(',') != std::string_view::npos;
  throw Error(fmt::format("unknown backend '{}'{}; known: {}or the path of a plug-in (./libx.so)",
                          name, list ? "" : did_you_mean(name, names), known) +
              (list ? "; several are given one by one: --backend A --backend B" : ""));
}

std::vector<BackendEntry> list_backends() {
  std::vector<BackendEntry> entries;
  for (const Builtin& builtin : builtins()) {
    entries.push_back({.name = std::string(builtin.name),
                       .summary = std::string(builtin.summary),
                       .options = builtin.options,
                       .unavailable = builtin.unavailable ? builtin.unavailable() : ""});
  }
  return entries;
}

}  // namespace ridgepoint
