// Streaming: decode steps of a model of which memory holds a share only, the rest brought from a
// disk for each step, layer by layer. Predicted from what disk, memory and engine give, then
// measured with the same backend, whose tokens and logits must come out as with all in memory.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/wall/wall_model.h"
#include "profiler/reading.h"
#include "results/store/store.h"
#include "results/wall/streaming.h"

namespace ridgepoint {

enum class StreamWay : std::uint8_t {
  mapped,   ///< pages of the mapped file, forgotten after each layer that is not to stay
  direct,   ///< O_DIRECT into buffers, the next layer read while this one computes
  limited,  ///< mapped, in a control group with a memory limit: the kernel says what stays
};
std::span<const StreamWay> stream_ways();
std::string_view name_of(StreamWay way);
std::optional<StreamWay> find_stream_way(std::string_view name);

struct StreamingOptions {
  int threads = 1;
  std::vector<StreamWay> ways = {StreamWay::mapped, StreamWay::direct};
  std::vector<double> shares = {0, 0.25, 0.5, 0.75};
  int steps = 6;    ///< timed at each share
  int readers = 0;  ///< of `direct`; 0: as many as got most from the disk
  Type kv_type = Type::f16;
  /// Where reordered weights go; should be on the disk of the model.
  std::filesystem::path folder;
};

/// One share, one way.
struct StreamingPoint {
  StreamWay way = StreamWay::mapped;
  double asked_share = 0;           ///< of the weights, that was to be kept in memory
  double share = 0;                 ///< that is: whole layers
  std::int64_t streamed_bytes = 0;  ///< expected to be read from the disk for each step
  double predicted_seconds = 0;
  double roof_seconds = 0;  ///< by the ceilings of memory and disk alone

  std::vector<std::int64_t> step_ns;
  double disk_bytes_per_second = 0;     ///< by its way, before and after its steps
  std::int64_t buffer_bytes = 0;        ///< memory beside the weights that stay
  std::optional<double> storage_bytes;  ///< that the kernel read from storage for a step
  double cached_share = 0;              ///< of what is streamed, in the page cache after a step
  std::string absent, wrong, doubt;     ///< why there is no figure, or one that must not be trusted
  bool out_of_memory = false;           ///< why there is none: the kernel ended it

  [[nodiscard]] double measured_seconds() const;  ///< 0: not measured
  [[nodiscard]] double error() const;             ///< predicted / measured - 1
  /// Measured, and neither wrong nor in doubt: predictions are held against such points alone.
  [[nodiscard]] bool is_scored() const;
};

struct StreamingKnee {
  StreamWay way = StreamWay::mapped;
  double predicted_share = 0;
  std::optional<double> measured_share;
  double disk_bytes_per_second = 0;             ///< the ceiling
  std::optional<double> seen_bytes_per_second;  ///< what steps got
};

struct Streaming {
  WallModel model;
  StreamingOptions options;
  std::int64_t weight_bytes = 0;  ///< that a step reads
  std::int64_t fixed_bytes = 0;   ///< of them, always in memory
  double step_seconds = 0;        ///< predicted, with all in memory
  double roof_seconds = 0;
  double mapped_rate = 0, direct_rate = 0;  ///< of the disk
  /// Through mapped pages in a control group that is full: a page must go for each that comes.
  double limited_rate = 0;
  std::string mapped_absent, direct_absent;  ///< why a rate is 0
  int readers = 0;
  std::string file;                       ///< that the disk was measured with
  std::vector<std::int64_t> resident_ns;  ///< steps with all in memory
  std::string resident_absent;            ///< why there are none: it does not fit
  std::vector<StreamingPoint> points;
  bool interrupted = false;

  [[nodiscard]] StreamingCosts costs(StreamWay way) const;
  [[nodiscard]] std::vector<StreamingKnee> knees() const;
  /// What the point would have been predicted to take at the disk's rate around it and the step as
  /// it was with all in memory, over what it took, less 1; `direct` only, 0 for others.
  [[nodiscard]] double error_at_disk(const StreamingPoint& point) const;
  [[nodiscard]] int scored() const;                  ///< points
  [[nodiscard]] int not_scored() const;              ///< points measured and not to be trusted
  [[nodiscard]] double mean_absolute_error() const;  ///< over scored points; 0 without any
};

/// Everything that is known before a step was timed. What a process that was killed left behind, in
/// the folder or as a control group, goes away first. Error for a model in no file, a backend that
/// does not stream, or a disk that gives nothing; Interrupted when `stop` is set.
Streaming predict_streaming(const Case& variant, const StreamingOptions& options,
                            const std::function<void(const std::string&)>& on_step,
                            const std::atomic<bool>& stop);

/// Measures the points in turn.
void measure_streaming(Streaming& streaming,
                       const std::function<void(const StreamingPoint&)>& on_point,
                       const std::atomic<bool>& stop);

/// Stores the predictions, measures, and stores each point with its score as a record: "streamed,
/// FILE, direct, share 0.50". Returns the run's id. `measures`: predictions only when it is not
/// set.
std::string run_streaming(Store& store, Streaming& streaming, bool measures,
                          const std::string& label, const std::string& command,
                          const std::function<void(const StreamingPoint&)>& on_point,
                          const std::atomic<bool>& stop);

std::string streaming_text(const Streaming& streaming);

}  // namespace ridgepoint
