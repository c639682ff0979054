#include "results/store/process_counts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "workloads/error.h"

namespace ridgepoint {

std::string counts_to_text(const std::vector<std::int64_t>& counts) {
  return counts.empty() ? "[]" : nlohmann::json(counts).dump();
}

std::vector<std::int64_t> counts_from_text(const std::string& text, std::int64_t samples) {
  if (text == "[]") return {};  // imports: a million of them
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  const auto damaged = [] {
    return Error("its process_counts were cut or altered: restore the database from a backup");
  };
  if (!json.is_array()) throw damaged();
  std::vector<std::int64_t> counts;
  std::int64_t left = samples;
  for (const auto& value : json) {
    if (!value.is_number_integer()) throw damaged();
    counts.push_back(value.get<std::int64_t>());
    if (counts.back() < 0 || counts.back() > left) throw damaged();
    left -= counts.back();
  }
  if (left != 0 && !counts.empty()) throw damaged();
  return counts;
}

}  // namespace ridgepoint
