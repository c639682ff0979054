#include "harness/streaming/direct_feed.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <new>
#include <system_error>
#include <utility>

#include "harness/streaming/cold_pages.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

constexpr std::int64_t kPieceBytes = std::int64_t{4} << 20;
constexpr std::int64_t kBlockBytes = StreamedWeights::kPageBytes;

std::int64_t block_start(std::int64_t offset) {
  return offset / kBlockBytes * kBlockBytes;
}

/// A reader takes microseconds of a core to keep the disk at work. Where threads run at a fixed
/// priority, it would wait for a core until the engine waits for it.
void go_before_the_engine() {
  int policy = 0;
  sched_param parameters{};
  if (::pthread_getschedparam(::pthread_self(), &policy, &parameters) != 0 ||
      (policy != SCHED_FIFO && policy != SCHED_RR)) {
    return;
  }
  ++parameters.sched_priority;
  static_cast<void>(::pthread_setschedparam(::pthread_self(), policy, &parameters));
}

std::int64_t block_end(std::int64_t offset) {
  return (offset + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
}

}  // namespace

std::vector<std::size_t> buffers_in_turn(std::size_t groups) {
  std::vector<std::size_t> buffers;
  for (std::size_t group = 0; group < groups; ++group) buffers.push_back(group % 2);
  if (groups > 1 && groups % 2 == 1) buffers.back() = 2;
  return buffers;
}

DirectFeed::DirectFeed(const Model& model, const StreamPlan& plan,
                       const std::filesystem::path& scratch, int readers)
    : StreamedWeights(model, plan, scratch),
      buffer_of_(buffers_in_turn(groups().size())),
      laid_out_(groups().size()),
      pieces_(groups().size()),
      missing_(groups().size()),
      there_(groups().size(), false),
      reader_count_(readers) {
  const std::size_t count = groups().size();
  for (std::size_t group = 0; group < count; ++group) {
    lay_out(group);
    std::size_t gap = 1;
    while (buffer_of_[(group + count - gap % count) % count] != buffer_of_[group]) ++gap;
    gap_.push_back(gap);
  }
  // Address space for the largest group and all that could be reordered, memory for what is read.
  const std::int64_t most =
      count == 0 ? 0 : *std::ranges::max_element(laid_out_) + reordered_bytes();
  const std::size_t kinds = count == 0 ? 0 : *std::ranges::max_element(buffer_of_) + 1;
  for (std::size_t i = 0; i < kinds; ++i) {
    void* const memory = ::mmap(nullptr, static_cast<std::size_t>(most), PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    static_cast<void>(::madvise(memory, static_cast<std::size_t>(most), MADV_HUGEPAGE));
    buffers_.push_back({static_cast<std::byte*>(memory), static_cast<std::size_t>(most)});
  }
}

DirectFeed::~DirectFeed() {
  {
    const std::scoped_lock lock(mutex_);
    over_ = true;
  }
  for_readers_.notify_all();
  readers_.clear();
  for (const Buffer& buffer : buffers_) ::munmap(buffer.memory, buffer.bytes);
  for (const auto& [file, descriptor] : descriptors_) ::close(descriptor);
}

int DirectFeed::direct_descriptor(const std::string& file) {
  const auto found = descriptors_.find(file);
  if (found != descriptors_.end()) return found->second;
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC);
  if (descriptor < 0) {
    throw Error(errno == EINVAL ? file + ": its file system has no O_DIRECT; take --ways mapped"
                                : file + ": cannot be opened: " +
                                      std::generic_category().message(errno) + "; check the path");
  }
  return descriptors_.emplace(file, descriptor).first->second;
}

void DirectFeed::add_pieces(std::size_t group, const FilePart& blocks, std::int64_t wanted,
                            std::int64_t at) {
  for (std::int64_t done = 0; done < blocks.bytes; done += kPieceBytes) {
    const std::int64_t bytes = std::min(kPieceBytes, blocks.bytes - done);
    pieces_[group].push_back({.file = blocks.file,
                              .descriptor = direct_descriptor(blocks.file),
                              .offset = blocks.offset + done,
                              .bytes = bytes,
                              .at = at + done,
                              .wanted = std::clamp<std::int64_t>(wanted - done, 0, bytes)});
  }
}

void DirectFeed::lay_out(std::size_t group) {
  // Stretches of whole blocks that hold the group's weights, near ones as one.
  std::vector<StreamedWeight> weights = groups()[group].weights;
  std::erase_if(weights, [](const StreamedWeight& weight) { return weight.reordered; });
  std::ranges::sort(weights, [](const StreamedWeight& a, const StreamedWeight& b) {
    return std::pair(a.file, a.offset) < std::pair(b.file, b.offset);
  });
  std::int64_t at = 0;
  for (std::size_t i = 0; i < weights.size();) {
    const std::int64_t first = block_start(weights[i].offset);
    std::int64_t last = first, end = first;
    std::size_t next = i;
    for (; next < weights.size() && weights[next].file == weights[i].file &&
           (next == i || weights[next].offset <= last + kNearBytes);
         ++next) {
      places_[weights[next].name] = at + weights[next].offset - first;
      end = std::max(end, weights[next].offset + weights[next].bytes);
      last = block_end(end);
    }
    add_pieces(group, {weights[i].file, first, last - first}, end - first, at);
    at += last - first;
    i = next;
  }
  laid_out_[group] = at;
}

std::byte* DirectFeed::memory_for(const Room& room) {
  const Buffer& buffer = buffers_[buffer_of_[room.group]];
  const std::int64_t at = laid_out_[room.group];
  if (static_cast<std::size_t>(at + room.bytes) > buffer.bytes) {
    throw Error(scratch().string() + ": the backend's order of the weights takes too much room");
  }
  laid_out_[room.group] += room.bytes;
  return buffer.memory + at;
}

void DirectFeed::filled(const Room& room) {
  for (std::int64_t done = 0; done < room.bytes;) {
    const ssize_t written =
        ::pwrite(scratch_descriptor(), room.memory + done,
                 static_cast<std::size_t>(room.bytes - done), room.offset + done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      throw Error(fmt::format("{}: cannot be written: {}; is the disk full?", scratch().string(),
                              std::generic_category().message(errno)));
    }
    done += written;
  }
  add_pieces(room.group, {scratch().string(), room.offset, room.bytes}, room.bytes,
             room.memory - buffers_[buffer_of_[room.group]].memory);
}

Model DirectFeed::model() const {
  Model model = original();
  for (std::size_t group = 0; group < groups().size(); ++group) {
    for (const StreamedWeight& weight : groups()[group].weights) {
      // A reordered one is read where it lies, once.
      if (weight.reordered) continue;
      TensorView& view = model.weights.find(weight.name)->second;
      view.bytes = {buffers_[buffer_of_[group]].memory + places_.find(weight.name)->second,
                    view.bytes.size()};
      view.mapped = false;
    }
  }
  return model;
}

std::int64_t DirectFeed::buffer_bytes() const {
  std::vector<std::int64_t> most(buffers_.size());
  for (std::size_t group = 0; group < groups().size(); ++group) {
    most[buffer_of_[group]] = std::max(most[buffer_of_[group]], laid_out_[group]);
  }
  std::int64_t bytes = 0;
  for (const std::int64_t each : most) bytes += each;
  return bytes;
}

void DirectFeed::begin() {
  if (!readers_.empty()) return;
  seal();
  for (int i = 0; i < reader_count_; ++i) readers_.emplace_back([this] { read_groups(); });
}

std::string DirectFeed::read_piece(const Piece& piece, std::byte* buffer) {
  for (std::int64_t done = 0; done < piece.wanted;) {
    const ssize_t got = ::pread(piece.descriptor, buffer + piece.at + done,
                                static_cast<std::size_t>(piece.bytes - done), piece.offset + done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return piece.file + ": " + std::generic_category().message(errno);
    if (got == 0) return piece.file + ": became shorter while it was read";
    done += got;
  }
  return {};
}

void DirectFeed::read_groups() {
  go_before_the_engine();
  std::unique_lock lock(mutex_);
  const std::size_t count = groups().size();
  while (!over_) {
    const std::size_t group = reading_ % count;
    if (piece_ == pieces_[group].size()) {
      ++reading_;
      piece_ = 0;
      continue;
    }
    if (piece_ == 0) {
      if (released_ + gap_[group] <= reading_) {
        for_readers_.wait(lock);
        continue;
      }
      missing_[group] = pieces_[group].size();
    }
    const Piece& piece = pieces_[group][piece_++];
    std::byte* const buffer = buffers_[buffer_of_[group]].memory;
    lock.unlock();
    std::string failure = read_piece(piece, buffer);
    lock.lock();
    if (!failure.empty()) failure_ = std::move(failure);
    if (--missing_[group] == 0) {
      there_[group] = true;
      for_engine_.notify_all();
    }
  }
}

void DirectFeed::release() {
  there_[released_ % groups().size()] = false;
  ++released_;
  for_readers_.notify_all();
}

void DirectFeed::enter(std::size_t group) noexcept {
  try {
    begin();
  } catch (const std::exception& error) {
    const std::scoped_lock lock(mutex_);
    failure_ = error.what();
    return;
  }
  std::unique_lock lock(mutex_);
  if (held_) release();
  held_ = true;
  // Pieces of a prompt leave the output out: what was read for it is let go unused.
  while (true) {
    const std::size_t next = released_ % groups().size();
    for_engine_.wait(lock, [&] { return static_cast<bool>(there_[next]); });
    if (next == group) return;
    release();
  }
}

void DirectFeed::leave() {
  const std::scoped_lock lock(mutex_);
  if (held_) release();
  held_ = false;
  if (!failure_.empty()) throw Error(failure_ + "; check the file and its disk");
}

}  // namespace ridgepoint
