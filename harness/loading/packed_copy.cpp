#include "harness/loading/packed_copy.h"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <span>
#include <system_error>

#include "workloads/error.h"
#include "workloads/formats/mapped_file.h"

namespace ridgepoint {
namespace {

constexpr int kLevel = 3;

}  // namespace

PackedCopy pack_file(const std::string& from, std::int64_t bytes, const std::string& to,
                     const std::atomic<bool>& stop) {
  const auto source = MappedFile::open(from);
  std::ofstream out(to, std::ios::binary | std::ios::trunc);
  if (!out) {
    throw Error(fmt::format("{}: cannot be made: {}; give another folder with --folder", to,
                            std::generic_category().message(errno)));
  }
  PackedCopy packed{to, {0}};
  std::vector<char> frame(ZSTD_compressBound(static_cast<std::size_t>(kLoadPieceBytes)));
  const auto wanted = std::min(source->bytes().size(), static_cast<std::size_t>(bytes));
  for (auto rest = source->bytes().first(wanted); !rest.empty() && !stop.load();) {
    const auto piece = rest.first(std::min(rest.size(), static_cast<std::size_t>(kLoadPieceBytes)));
    const std::size_t size =
        ZSTD_compress(frame.data(), frame.size(), piece.data(), piece.size(), kLevel);
    if (ZSTD_isError(size) != 0U) throw Error(fmt::format("{}: {}", from, ZSTD_getErrorName(size)));
    out.write(frame.data(), static_cast<std::streamsize>(size));
    packed.offsets.push_back(packed.offsets.back() + static_cast<std::int64_t>(size));
    rest = rest.subspan(piece.size());
  }
  if (!out.flush()) throw Error(fmt::format("{}: cannot be written; is the disk full?", to));
  return packed;
}

std::vector<std::int64_t> frame_offsets(const std::string& path) {
  const auto file = MappedFile::open(path);
  std::vector<std::int64_t> offsets{0};
  for (auto rest = file->bytes(); !rest.empty();) {
    const std::size_t size = ZSTD_findFrameCompressedSize(rest.data(), rest.size());
    if (ZSTD_isError(size) != 0U || size == 0) {
      throw Error(fmt::format("{}: byte {}: no zstd frame; pack it again", path, offsets.back()));
    }
    offsets.push_back(offsets.back() + static_cast<std::int64_t>(size));
    rest = rest.subspan(size);
  }
  return offsets;
}

}  // namespace ridgepoint
