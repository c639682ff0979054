#include "harness/streaming/streamed_weights.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "harness/streaming/cold_pages.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

// Tiles may be padded: room for reordered weights is planned with this much to spare.
constexpr double kReorderedRoom = 1.5;
constexpr std::int64_t kSparePerWeight = std::int64_t{1} << 20;

std::int64_t to_whole_pages(std::int64_t bytes) {
  constexpr std::int64_t kBytes = StreamedWeights::kPageBytes;
  return (bytes + kBytes - 1) / kBytes * kBytes;
}

}  // namespace

StreamedWeights::StreamedWeights(Model model, const StreamPlan& plan, std::filesystem::path scratch)
    : model_(std::move(model)), scratch_(std::move(scratch)) {
  bool reorders = false;
  for (const StreamGroup& group : plan.groups) {
    if (group.resident) continue;
    for (const StreamedWeight& weight : group.weights) {
      group_of_[weight.name] = groups_.size();
      reorders = reorders || weight.reordered;
    }
    groups_.push_back(group);
  }
  if (!reorders) return;
  scratch_descriptor_ =
      ::open(scratch_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (scratch_descriptor_ < 0) {
    throw Error(fmt::format("{}: cannot be made: {}; name another place with --folder",
                            scratch_.string(), std::generic_category().message(errno)));
  }
}

StreamedWeights::~StreamedWeights() {
  if (scratch_descriptor_ < 0) return;
  ::close(scratch_descriptor_);
  ::unlink(scratch_.c_str());
}

std::size_t StreamedWeights::group_of(std::string_view weight) const {
  const auto found = group_of_.find(weight);
  return found == group_of_.end() ? kNoGroup : found->second;
}

std::byte* StreamedWeights::room(std::string_view weight, std::int64_t bytes) {
  const std::size_t group = group_of(weight);
  if (group == kNoGroup) return nullptr;
  if (sealed_ || scratch_descriptor_ < 0) {
    throw std::logic_error("StreamedWeights: room for a weight that was to be used as it lies");
  }
  Room room{.group = group, .offset = scratch_bytes_, .bytes = to_whole_pages(bytes)};
  scratch_bytes_ += room.bytes;
  room.memory = memory_for(room);
  return rooms_.insert_or_assign(std::string(weight), room).first->second.memory;
}

void StreamedWeights::keep(std::string_view weight) {
  filled(rooms_.find(weight)->second);
}

void StreamedWeights::seal() {
  if (sealed_) return;
  sealed_ = true;
  if (scratch_descriptor_ >= 0 && ::fdatasync(scratch_descriptor_) != 0) {
    throw Error(fmt::format("{}: cannot be written: {}; is the disk full?", scratch_.string(),
                            std::generic_category().message(errno)));
  }
  // Stretch by stretch: the page cache keeps pages together, and lets go of none when one of them
  // is outside of what it is asked to forget, or mapped.
  std::vector<StreamedWeight> weights;
  for (const StreamGroup& group : groups_) {
    weights.insert(weights.end(), group.weights.begin(), group.weights.end());
  }
  std::ranges::sort(weights, [](const StreamedWeight& a, const StreamedWeight& b) {
    return std::pair(a.file, a.offset) < std::pair(b.file, b.offset);
  });
  for (std::size_t i = 0; i < weights.size();) {
    std::int64_t end = weights[i].offset;
    std::size_t next = i;
    for (; next < weights.size() && weights[next].file == weights[i].file &&
           weights[next].offset <= end + kNearBytes;
         ++next) {
      end = weights[next].offset + weights[next].bytes;
    }
    const std::int64_t bytes = end - weights[i].offset;
    const std::byte* const first = model_.weights.find(weights[i].name)->second.bytes.data();
    forget_pages({first, static_cast<std::size_t>(bytes)});
    forget_cached(weights[i].file, weights[i].offset, bytes);
    i = next;
  }
  if (scratch_descriptor_ >= 0) forget_cached(scratch_.string(), 0, scratch_bytes_);
}

std::vector<FilePart> StreamedWeights::parts_of(std::size_t group) const {
  std::vector<FilePart> parts;
  for (const StreamedWeight& weight : groups_.at(group).weights) {
    if (!weight.reordered) parts.push_back({weight.file, weight.offset, weight.bytes});
  }
  for (const auto& [name, room] : rooms_) {
    if (room.group == group) parts.push_back({scratch_.string(), room.offset, room.bytes});
  }
  std::ranges::stable_sort(parts, [](const FilePart& a, const FilePart& b) {
    return std::pair(a.file, a.offset) < std::pair(b.file, b.offset);
  });
  return parts;
}

std::int64_t StreamedWeights::reordered_bytes() const {
  std::int64_t bytes = 0;
  for (const StreamGroup& group : groups_) {
    for (const StreamedWeight& weight : group.weights) {
      if (!weight.reordered) continue;
      bytes += kSparePerWeight +
               static_cast<std::int64_t>(kReorderedRoom * static_cast<double>(weight.bytes));
    }
  }
  return to_whole_pages(bytes);
}

std::int64_t StreamedWeights::step_bytes() const {
  std::int64_t bytes = 0;
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    for (const FilePart& part : parts_of(group)) bytes += part.bytes;
  }
  return bytes;
}

Reading<double> StreamedWeights::cached_share() const {
  double cached = 0, all = 0;
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    for (const FilePart& part : parts_of(group)) {
      const auto share = cached_share_of(part.file, part.offset, part.bytes);
      if (!share) return share;
      cached += share.value() * static_cast<double>(part.bytes);
      all += static_cast<double>(part.bytes);
    }
  }
  return Reading<double>::of(all > 0 ? cached / all : 0);
}

}  // namespace ridgepoint
