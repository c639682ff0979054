#include "results/store/read_ahead.h"

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "results/store/sample_codec.h"

namespace ridgepoint {
namespace {

using Batch = std::vector<PackedRecord>;

// Large enough that handing over costs nothing, small enough for little memory.
constexpr std::size_t kBatch = 512;

/// One batch on its way from the reading thread to the storing one.
class Handover {
 public:
  /// False when nobody wants more.
  bool give(Batch batch) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return batch_.empty() || refused_; });
    if (refused_) return false;
    batch_ = std::move(batch);
    const Batch used = std::exchange(used_, {});
    changed_.notify_all();
    lock.unlock();
    return true;  // what is used up goes away here, on the thread that made it
  }
  void end(std::exception_ptr problem) {
    const std::unique_lock lock(mutex_);
    ended_ = true;
    problem_ = std::move(problem);
    changed_.notify_all();
  }
  /// The next one for a used one. Empty at the end; throws what ended the reading, if it was not
  /// the end.
  Batch take(Batch used) {
    std::unique_lock lock(mutex_);
    used_ = std::move(used);
    changed_.wait(lock, [&] { return !batch_.empty() || ended_; });
    if (batch_.empty() && problem_) std::rethrow_exception(problem_);
    Batch batch = std::exchange(batch_, {});
    changed_.notify_all();
    return batch;
  }
  void refuse() {
    const std::unique_lock lock(mutex_);
    refused_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  Batch batch_, used_;
  bool ended_ = false, refused_ = false;
  std::exception_ptr problem_;
};

/// Unwinds a stream whose records nobody wants any more.
struct Refused {};

void read(const RecordStream& stream, Handover& handover) {
  Batch batch;
  batch.reserve(kBatch);
  SampleEncoder encoder;
  const auto hand_over = [&] {
    if (!batch.empty() && !handover.give(std::exchange(batch, {}))) throw Refused();
    batch.reserve(kBatch);
  };
  std::exception_ptr problem;
  try {
    stream.records([&](Record record) {
      PackedRecord& packed = batch.emplace_back(PackedRecord{std::move(record), {}});
      for (const Series& series : packed.record.measurement.series) {
        packed.series.push_back(encoder.encode(series.samples));
      }
      if (batch.size() == kBatch) hand_over();
    });
  } catch (const Refused&) {
    return;
  } catch (...) {
    problem = std::current_exception();
  }
  try {
    hand_over();
  } catch (const Refused&) {
    return;
  }
  handover.end(problem);
}

/// Ends the reading thread before it goes, whatever happened.
class ReadingThread {
 public:
  ReadingThread(const RecordStream& stream, Handover& handover)
      : handover_(handover), thread_([&] { read(stream, handover); }) {}
  ~ReadingThread() {
    handover_.refuse();
    thread_.join();
  }
  ReadingThread(const ReadingThread&) = delete;
  ReadingThread& operator=(const ReadingThread&) = delete;

 private:
  Handover& handover_;
  std::thread thread_;
};

}  // namespace

void read_ahead(const RecordStream& stream,
                const std::function<void(std::span<const PackedRecord>)>& take) {
  Handover handover;
  const ReadingThread thread(stream, handover);
  Batch batch;
  for (;;) {
    batch = handover.take(std::move(batch));
    if (batch.empty()) return;
    take(batch);
  }
}

}  // namespace ridgepoint
