#include "harness/run/cpu_cache_eviction.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace ridgepoint {
namespace {

// Probing takes a few microseconds, so it is done at first and then now and again.
constexpr std::int64_t kProbedAtFirst = 8;
constexpr std::int64_t kProbedEvery = 32;

double middle(std::vector<double> values) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

}  // namespace

CpuCacheEviction::CpuCacheEviction(std::vector<std::span<const std::byte>> probed,
                                   std::string probed_name, std::uint64_t seed)
    : probed_(std::move(probed)), probed_name_(std::move(probed_name)), probe_(probed_, seed) {}

void CpuCacheEviction::before_sample() {
  auto lines = evict_process_from_cpu_caches();
  if (!lines) {
    why_not_all_ = lines.why();
    std::int64_t sum = 0;
    for (const auto& buffer : probed_) {
      lines = evict_from_cpu_caches(buffer);
      if (!lines) {
        failure_ = lines.why();
        return;
      }
      sum += lines.value();
    }
    lines = Reading<std::int64_t>::of(sum);
  }
  lines_ = lines.value();
  if (samples_ < kProbedAtFirst || samples_ % kProbedEvery == 0) {
    const auto cold = probe_.time_reads();
    const auto warm = probe_.time_reads();
    probe_.evict();
    if (cold && warm) {
      cold_ns_.push_back(cold.value());
      warm_ns_.push_back(warm.value());
    } else {
      failure_ = cold.why();
    }
  }
  ++samples_;
}

std::string CpuCacheEviction::doubt() const {
  if (!failure_.empty()) return "cold-cpu could not be brought about: " + failure_;
  if (cold_ns_.empty()) return "cold-cpu was never probed";
  const double cold = middle(cold_ns_), warm = middle(warm_ns_);
  if (cold >= kLeastRatio * warm) return {};
  return fmt::format(
      "cold-cpu did not hold: an evicted line took {:.1f} ns to read, a cached one {:.1f} ns, "
      "which "
      "is less than {} times as long",
      cold, warm, kLeastRatio);
}

std::string CpuCacheEviction::to_json() const {
  nlohmann::json json{{"condition", "cold-cpu"},
                      {"evicted", why_not_all_.empty() ? "all data of the process" : probed_name_},
                      {"not_evicted",
                       "address translations, code, branch history, what the kernel or another "
                       "device holds"},
                      {"lines", lines_},
                      {"probed", probed_name_},
                      {"probes", cold_ns_.size()},
                      {"least_ratio", kLeastRatio},
                      {"proved", doubt().empty()}};
  if (!why_not_all_.empty()) json["not_all_of_the_process"] = why_not_all_;
  if (!cold_ns_.empty()) {
    json["evicted_line_ns"] = middle(cold_ns_);
    json["cached_line_ns"] = middle(warm_ns_);
  }
  return json.dump();
}

}  // namespace ridgepoint
