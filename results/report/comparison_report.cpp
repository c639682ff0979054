#include "results/report/comparison_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "results/report/comparison_github.h"
#include "results/report/comparison_json.h"
#include "results/report/comparison_junit.h"
#include "results/report/comparison_markdown.h"
#include "results/report/comparison_table.h"
#include "workloads/error.h"
#include "workloads/nearest_name.h"

namespace ridgepoint {
namespace {

struct Entry {
  std::string_view name;
  std::string (*write)(const Comparison&);
};

constexpr Entry kFormats[] = {
    {"table", comparison_table}, {"markdown", comparison_markdown}, {"json", comparison_json},
    {"junit", comparison_junit}, {"github", comparison_github},
};

constexpr auto kNames = [] {
  std::array<std::string_view, std::size(kFormats)> names{};
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kFormats[i].name;
  return names;
}();

const Entry& entry_of(std::string_view format) {
  const auto* const found = std::ranges::find(kFormats, format, &Entry::name);
  if (found != std::end(kFormats)) return *found;
  throw Error(fmt::format("unknown format '{}'{}; there are: {}", format,
                          did_you_mean(format, kNames), fmt::join(kNames, ", ")));
}

}  // namespace

std::span<const std::string_view> comparison_formats() {
  return kNames;
}

std::string report_comparison(const Comparison& comparison, std::string_view format) {
  return entry_of(format).write(comparison);
}

void require_comparison_format(std::string_view format) {
  static_cast<void>(entry_of(format));
}

}  // namespace ridgepoint
