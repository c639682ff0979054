#include "results/exchange/nvbench_samples.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>

#include "workloads/content_hash.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

constexpr std::size_t kSampleBytes = 4;

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

std::vector<double> little_endian_floats(std::string_view bytes) {
  std::vector<double> values;
  values.reserve(bytes.size() / kSampleBytes);
  for (std::size_t at = 0; at + kSampleBytes <= bytes.size(); at += kSampleBytes) {
    std::uint32_t bits = 0;
    for (std::size_t k = kSampleBytes; k-- > 0;) {
      bits = bits << 8U | static_cast<unsigned char>(bytes[at + k]);
    }
    values.push_back(std::bit_cast<float>(bits));
  }
  return values;
}

/// "copy.json-bin/0.bin", the end of every name that nvbench writes; empty where it is none.
std::filesystem::path sidecar_end(const std::filesystem::path& name) {
  const std::filesystem::path end = name.parent_path().filename() / name.filename();
  return name.parent_path().filename().string().ends_with("-bin") && stays_inside(end)
             ? end
             : std::filesystem::path();
}

}  // namespace

std::vector<std::filesystem::path> NvbenchSampleReader::places_of(
    const std::string& filename) const {
  // Written on Windows, perhaps.
  std::string slashed = filename;
  std::ranges::replace(slashed, '\\', '/');
  const std::filesystem::path name = std::filesystem::path(slashed).lexically_normal();
  std::vector<std::filesystem::path> places;
  if (stays_inside(name)) places.push_back(name);
  // Until July 2026, nvbench wrote the path that it was given itself: from another folder, or from
  // the root. What is looked for is beside the JSON all the same.
  if (const auto end = sidecar_end(name); !end.empty() && (places.empty() || end != name)) {
    places.push_back(end);
  }
  if (places.empty()) {
    throw Error(
        fmt::format("{}: names the file of samples {}, which lies outside of its folder; nvbench "
                    "writes them beside the JSON: check where it comes from",
                    source_.origin, quoted(filename)));
  }
  return places;
}

NvbenchSampleReader::Samples NvbenchSampleReader::read(const NvbenchSampleFile& file) {
  for (const auto& place : places_of(file.filename)) {
    const std::optional<FileText> text = source_.beside(place);
    if (!text) continue;
    const std::string_view bytes = *text;
    if (!read_.insert(place.generic_string()).second) {
      throw Error(fmt::format("{}: names the file of samples {} twice; check the file",
                              source_.origin, quoted(file.filename)));
    }
    if (file.count < 0 || bytes.size() % kSampleBytes != 0 ||
        bytes.size() / kSampleBytes != static_cast<std::uint64_t>(file.count)) {
      throw Error(fmt::format(
          "{}: says that {} holds {} samples of {} bytes, but the file has {} bytes; "
          "copy it again, or take it away to import the rest without its samples",
          source_.origin, quoted(file.filename), file.count, kSampleBytes, bytes.size()));
    }
    content_hashes_ += content_hash(bytes);
    return {little_endian_floats(bytes), false};
  }
  return {{}, true};
}

}  // namespace ridgepoint
