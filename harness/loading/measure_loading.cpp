#include "harness/loading/measure_loading.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "harness/loading/disk_rates.h"
#include "harness/loading/packed_copy.h"
#include "profiler/machine/system_memory.h"
#include "profiler/memory/cache_state.h"
#include "results/statistics/quantile.h"
#include "results/store/scratch_file.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

namespace fs = std::filesystem;

constexpr double kLargestCachedShare = 0.01;
constexpr int kMostDiskThreads = 32;

std::int64_t checked_size(const std::string& path) {
  std::error_code problem;
  const auto bytes = fs::file_size(path, problem);
  if (problem || !fs::is_regular_file(path)) {
    throw Error(fmt::format("{}: {}; give a file", path,
                            problem ? problem.message() : "is no regular file"));
  }
  if (bytes == 0)
    throw Error(fmt::format("{}: is empty; give a file with something to load", path));
  return static_cast<std::int64_t>(bytes);
}

/// As much of the file as is loaded: whole MiB, unless it is all.
std::int64_t loaded_size(std::int64_t file_bytes, std::int64_t most_bytes) {
  const auto available = read_system_memory().available_bytes;
  std::int64_t most = most_bytes > 0 ? most_bytes : file_bytes;
  if (available && 2 * std::min(most, file_bytes) > available.value()) {
    most = available.value() / 4;
  }
  if (file_bytes <= most) return file_bytes;
  return std::max<std::int64_t>(most >> 20, 1) << 20;
}

void make_cold(const std::string& path, LoadingFigure& figure) {
  const auto kept = drop_from_page_cache(path);
  if (!kept) {
    figure.doubt = "whether it was cold: " + kept.why();
    return;
  }
  figure.cached_share = std::max(figure.cached_share, kept.value());
  if (figure.cached_share > kLargestCachedShare) {
    figure.doubt = fmt::format("{:.0f} % of the file stayed in the page cache: it was not cold",
                               100 * figure.cached_share);
  }
}

void measure_pass(const std::string& path, std::int64_t bytes, LoadingFigure& figure,
                  std::uint64_t& parity) {
  if (!figure.absent.empty()) return;
  if (figure.cold && uses_page_cache(figure.way)) make_cold(path, figure);
  const auto pass = load_once(path, figure.way, bytes, figure.threads);
  if (!pass) {
    figure.absent = pass.why();
    return;
  }
  figure.samples_ns.push_back(pass.value().duration_ns);
  if (figure.way == LoadWay::mapped) return;
  // Every way ends with the same bytes, or it did not load the file.
  if (parity == 0) parity = pass.value().parity;
  if (parity != pass.value().parity) figure.absent = "it brought other bytes than another way";
}

void measure_disk(Loading& loading, const std::atomic<bool>& stop) {
  for (int threads = 1; threads <= kMostDiskThreads && !stop.load(); threads *= 2) {
    const double rate = direct_rate_now(loading.path, loading.bytes, threads);
    if (rate > loading.disk_bytes_per_second) {
      loading.disk_bytes_per_second = rate;
      loading.disk_threads = threads;
    }
  }
}

std::vector<LoadingFigure> planned_figures(const LoadingOptions& options) {
  std::vector<LoadingFigure> figures;
  for (const bool cold : {true, false}) {
    if (!(cold ? options.cold : options.warm)) continue;
    for (const LoadWay way : load_ways()) {
      if (!cold && !uses_page_cache(way)) continue;  // neither warm nor cold: measured once
      LoadingFigure& figure = figures.emplace_back();
      figure.way = way;
      figure.cold = cold;
      figure.threads = way == LoadWay::read ? 1 : options.threads;
    }
  }
  return figures;
}

}  // namespace

double Loading::bytes_per_second(const LoadingFigure& figure) const {
  if (figure.samples_ns.empty()) return 0;
  return static_cast<double>(bytes) * 1e9 / median(figure.samples_ns);
}

Loading measure_loading(const std::string& path, const LoadingOptions& options,
                        const std::function<void(const std::string&)>& on_step,
                        const std::atomic<bool>& stop) {
  Loading loading;
  loading.path = path;
  loading.file_bytes = checked_size(path);
  loading.bytes = loaded_size(loading.file_bytes, options.most_bytes);
  loading.figures = planned_figures(options);
  const ScratchFile scratch(
      options.folder / (fs::path(path).filename().string() + fmt::format(".{}.zst", ::getpid())));
  on_step("packing a copy with zstd");
  const PackedCopy packed = pack_file(path, loading.bytes, scratch.path().string(), stop);
  std::uint64_t parity = 0;
  loading.disk_absent = why_no_disk(path);
  for (int round = 0; round < options.rounds && !stop.load(); ++round) {
    if (loading.disk_absent.empty()) {
      on_step(fmt::format("round {} of {}: the disk", round + 1, options.rounds));
      measure_disk(loading, stop);
    }
    // Warm ones follow the cold ones of their round, and find what those left in the page cache.
    for (LoadingFigure& figure : loading.figures) {
      if (stop.load()) break;
      const bool is_packed = figure.way == LoadWay::packed;
      const std::string source = is_packed ? packed.path : path;
      figure.disk_bytes = is_packed ? packed.bytes() : loading.bytes;
      on_step(fmt::format("round {} of {}: {}, {}", round + 1, options.rounds,
                          figure.cold ? "cold" : "warm", name_of(figure.way)));
      const double whole =
          is_packed ? 1
                    : static_cast<double>(loading.bytes) / static_cast<double>(loading.file_bytes);
      if (!figure.cold &&
          page_cache_share(source).value_or(0) < whole * (1 - kLargestCachedShare)) {
        static_cast<void>(load_once(source, LoadWay::read, figure.disk_bytes, 1));
      }
      measure_pass(source, loading.bytes, figure, parity);
    }
  }
  loading.interrupted = stop.load();
  return loading;
}

}  // namespace ridgepoint
