#include "results/exchange/export.h"

#include <fmt/format.h>

#include <array>

#include "results/exchange/csv_export.h"
#include "results/exchange/json_export.h"
#include "results/exchange/markdown_export.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

struct Format {
  std::string_view name;
  std::string (*write)(const RunWithRecords&);
};

constexpr std::array kFormats = {Format{"json", run_to_json}, Format{"csv", run_to_csv},
                                 Format{"markdown", run_to_markdown}};

constexpr auto kNames = [] {
  std::array<std::string_view, kFormats.size()> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kFormats[i].name;
  return names;
}();

}  // namespace

std::span<const std::string_view> export_formats() {
  return kNames;
}

std::string export_run(const RunWithRecords& data, std::string_view format) {
  for (const Format& candidate : kFormats) {
    if (candidate.name == format) return candidate.write(data);
  }
  throw Error(
      fmt::format("unknown export format '{}'; choose one of {}", format, fmt::join(kNames, ", ")));
}

}  // namespace ridgepoint
