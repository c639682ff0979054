// How fast a file gets into memory: in each way, cold and warm, in rounds that take the ways in
// turn, beside what the disk gives at the most. Cold is proved: the page cache says what it kept.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "harness/loading/load_way.h"
#include "results/store/store.h"

namespace ridgepoint {

struct LoadingOptions {
  int threads = 2;
  int rounds = 5;
  bool cold = true, warm = true;
  std::int64_t most_bytes = 0;  ///< of the file's front; 0: as many as memory has twice over
  std::filesystem::path
      folder;  ///< where the packed copy is made, on the disk of the file if it is to be comparable
};

struct LoadingFigure {
  LoadWay way = LoadWay::mapped;
  bool cold = false;
  int threads = 1;
  std::vector<std::int64_t> samples_ns;
  std::int64_t disk_bytes = 0;  ///< of the file that is read
  double cached_share = 0;      ///< of that, in the page cache before a cold pass: the largest
  std::string absent;           ///< why there is no figure
  std::string doubt;            ///< why it is not to be trusted
};

struct Loading {
  std::string path;
  std::int64_t bytes = 0;       ///< that are loaded
  std::int64_t file_bytes = 0;  ///< that the file has
  std::vector<LoadingFigure> figures;
  /// The best of direct reads by 1, 2, 4, ... 32 threads into memory that is there already, bytes a
  /// second; 0 where there are none.
  double disk_bytes_per_second = 0;
  std::string disk_absent;  ///< why there are none
  int disk_threads = 0;
  bool interrupted = false;

  /// Bytes in memory a second, by the median; 0 without samples.
  [[nodiscard]] double bytes_per_second(const LoadingFigure& figure) const;
};

/// Of a file that does not fit twice into the memory that is available, once as bytes and once in
/// the page cache, its front is loaded, a quarter of that memory. Error when it cannot be read.
Loading measure_loading(const std::string& path, const LoadingOptions& options,
                        const std::function<void(const std::string&)>& on_step,
                        const std::atomic<bool>& stop);

/// Stores it as a run, a record a figure, each named "loading, FILE, cold, mapped". Returns its id.
std::string store_loading(Store& store, const Loading& loading, const std::string& label,
                          const std::string& command);

std::string loading_text(const Loading& loading);

}  // namespace ridgepoint
