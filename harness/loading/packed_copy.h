// A file packed for loading in parallel: independent zstd frames of 4 MiB each, and where each
// begins.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ridgepoint {

inline constexpr std::int64_t kLoadPieceBytes = std::int64_t{4} << 20;

struct PackedCopy {
  std::string path;
  std::vector<std::int64_t> offsets;  ///< of each frame, and the end
  [[nodiscard]] std::int64_t bytes() const { return offsets.empty() ? 0 : offsets.back(); }
};

/// Packs the first `bytes` of `from` to `to` at zstd's level 3 (its default). Error when one cannot
/// be read or the other not be written. Stops early, with fewer frames, when `stop` is set.
PackedCopy pack_file(const std::string& from, std::int64_t bytes, const std::string& to,
                     const std::atomic<bool>& stop);

/// Where the frames of a packed copy begin, by their headers. Error for a file that is none.
std::vector<std::int64_t> frame_offsets(const std::string& path);

}  // namespace ridgepoint
