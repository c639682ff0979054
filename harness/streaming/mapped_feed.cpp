#include "harness/streaming/mapped_feed.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <system_error>
#include <utility>

#include "harness/streaming/cold_pages.h"
#include "workloads/error.h"

namespace ridgepoint {

MappedFeed::MappedFeed(const Model& model, const StreamPlan& plan,
                       const std::filesystem::path& scratch, bool forgets)
    : StreamedWeights(model, plan, scratch), forgets_(forgets), ranges_(groups().size()) {
  for (std::size_t group = 0; group < groups().size(); ++group) {
    for (const StreamedWeight& weight : groups()[group].weights) {
      if (weight.reordered) continue;
      ranges_[group].push_back({original().weights.find(weight.name)->second.bytes,
                                descriptor_of(weight.file), weight.offset, weight.offset});
    }
  }
  if (scratch_descriptor() < 0) return;
  // Holes take no room on the disk.
  mapped_bytes_ = static_cast<std::size_t>(reordered_bytes());
  void* const memory = ::ftruncate(scratch_descriptor(), static_cast<off_t>(mapped_bytes_)) != 0
                           ? MAP_FAILED
                           : ::mmap(nullptr, mapped_bytes_, PROT_READ | PROT_WRITE, MAP_SHARED,
                                    scratch_descriptor(), 0);
  if (memory == MAP_FAILED) {
    throw Error(scratch.string() + ": cannot be mapped: " + std::generic_category().message(errno) +
                "; name another place with --folder");
  }
  mapping_ = static_cast<std::byte*>(memory);
}

MappedFeed::~MappedFeed() {
  if (mapping_ != nullptr) ::munmap(mapping_, mapped_bytes_);
  for (const auto& [file, descriptor] : descriptors_) ::close(descriptor);
}

int MappedFeed::descriptor_of(const std::string& file) {
  const auto found = descriptors_.find(file);
  if (found != descriptors_.end()) return found->second;
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    throw Error(file + ": cannot be opened: " + std::generic_category().message(errno) +
                "; check the path");
  }
  return descriptors_.emplace(file, descriptor).first->second;
}

std::byte* MappedFeed::memory_for(const Room& room) {
  if (static_cast<std::size_t>(room.offset + room.bytes) > mapped_bytes_) {
    throw Error(scratch().string() + ": the backend's order of the weights takes too much room");
  }
  return mapping_ + room.offset;
}

void MappedFeed::filled(const Room& room) {
  ranges_[room.group].push_back({{room.memory, static_cast<std::size_t>(room.bytes)},
                                 scratch_descriptor(),
                                 room.offset,
                                 room.offset});
}

void MappedFeed::join_ranges() {
  const auto follows = [](const Range& range, const Range& before) {
    return range.descriptor == before.descriptor && range.offset >= before.end() &&
           range.offset - before.end() < kNearBytes;
  };
  std::vector<Range*> all;
  for (auto& ranges : ranges_) {
    std::ranges::sort(ranges, [](const Range& a, const Range& b) {
      return std::pair(a.descriptor, a.offset) < std::pair(b.descriptor, b.offset);
    });
    std::vector<Range> joined;
    for (const Range& range : ranges) {
      if (joined.empty() || !follows(range, joined.back())) {
        joined.push_back(range);
        continue;
      }
      Range& last = joined.back();
      last.memory = {last.memory.data(), static_cast<std::size_t>(range.end() - last.offset)};
    }
    ranges = std::move(joined);
    for (Range& range : ranges) all.push_back(&range);
  }
  for (Range* range : all) {
    for (const Range* other : all) {
      if (other != range && follows(*range, *other)) range->forget_from = other->offset;
    }
  }
}

void MappedFeed::begin() {
  if (sealed()) return;
  join_ranges();
  // Dirty pages would not go: seal() writes them, then they are forgotten.
  seal();
  for (std::size_t group = 0; group < ranges_.size(); ++group) forget(group);
}

void MappedFeed::forget(std::size_t group) noexcept {
  for (const Range& range : ranges_[group]) forget_pages(range.memory);
  for (const Range& range : ranges_[group]) {
    forget_cached(range.descriptor, range.forget_from, range.end() - range.forget_from);
  }
}

void MappedFeed::enter(std::size_t group) noexcept {
  try {
    begin();
  } catch (const std::exception& error) {
    failure_ = error.what();
  }
  if (forgets_ && entered_ != kNoGroup) forget(entered_);
  entered_ = group;
}

void MappedFeed::leave() {
  if (forgets_ && entered_ != kNoGroup) forget(entered_);
  entered_ = kNoGroup;
  if (!failure_.empty()) throw Error(failure_);
}

std::int64_t MappedFeed::buffer_bytes() const {
  std::int64_t most = 0;
  for (std::size_t group = 0; group < groups().size(); ++group) {
    std::int64_t bytes = 0;
    for (const FilePart& part : parts_of(group)) bytes += part.bytes;
    most = std::max(most, bytes);
  }
  return most;
}

}  // namespace ridgepoint
