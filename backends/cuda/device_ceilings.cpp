#include "backends/cuda/device_ceilings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "backends/cuda/kernels/portable.h"
#include "backends/cuda/random_words.h"
#include "profiler/ceilings/measure.h"
#include "profiler/ceilings/plateaus.h"
#include "profiler/clock/monotonic_clock.h"
#include "workloads/error.h"

namespace ridgepoint::cuda {
namespace {

using ceilings::Ceiling;
using ceilings::Estimate;

constexpr std::int64_t kWord = sizeof(Sixteen);
constexpr int kStreamBlockThreads = 512;
constexpr std::int64_t kBlocksAMultiprocessor = 2;  // of streams: 64 KiB in flight on each
constexpr std::int64_t kChainBlocksAMultiprocessor =
    2;  // 16 warps: all at once, whatever they take
constexpr std::int64_t kWarpgroupBlocksAMultiprocessor = 1;  // its registers hold no more
constexpr int kWithWarpgroupProducts = 90;                   // this capability, and no other
constexpr std::uint64_t kClockSpin_ns = 50'000;
constexpr std::int64_t kMostTurns = std::int64_t{1} << 40;

/// Memory of the device for as long as it is needed.
class Room {
 public:
  Room(Device& device, std::int64_t bytes)
      : device_(device), memory_(device.allocate(static_cast<std::size_t>(bytes))) {}
  ~Room() { device_.release(memory_); }
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;
  template <typename T = std::byte>
  [[nodiscard]] T* at(std::int64_t bytes = 0) const {
    return reinterpret_cast<T*>(memory_ + bytes);
  }

 private:
  Device& device_;
  std::byte* memory_;
};

std::vector<std::byte> bytes_of_words(const std::vector<std::uint32_t>& words) {
  std::vector<std::byte> bytes(words.size() * 4);
  std::memcpy(bytes.data(), words.data(), bytes.size());
  return bytes;
}

/// The same random words again and again, as far as `bytes` go.
void fill_with(Device& device, std::byte* to, std::int64_t bytes,
               const std::function<std::uint32_t()>& next) {
  constexpr std::int64_t kMostWords = std::int64_t{1} << 22;
  std::vector<std::uint32_t> words(static_cast<std::size_t>(std::min((bytes + 3) / 4, kMostWords)));
  std::ranges::generate(words, next);
  const std::vector<std::byte> pattern = bytes_of_words(words);
  for (std::int64_t at = 0; at < bytes; at += static_cast<std::int64_t>(pattern.size())) {
    const auto some =
        static_cast<std::size_t>(std::min(bytes - at, static_cast<std::int64_t>(pattern.size())));
    device.copy_in(to + at, std::span(pattern).first(some));
  }
}

struct StreamShape {
  StreamKind kind;
  const char* what;
  int arrays, moved;  ///< moved: times the array's bytes
};
constexpr StreamShape kStreams[] = {{StreamKind::load, "load", 1, 1},
                                    {StreamKind::copy, "copy", 2, 2},
                                    {StreamKind::triad, "triad", 3, 3},
                                    {StreamKind::store, "store", 1, 1}};

struct TileShape {
  TileType type;
  Packing product;
  const char* tile;
  const char* warpgroup;
  const char* library;
  const char* unit;
  int bytes;       ///< an input
  int capability;  ///< from which on there is such a thing
};
constexpr TileShape kTiles[] = {{TileType::f16, Packing::f16, "mma fp16 m16n8k16",
                                 "wgmma fp16 m64n256k16", "cuBLASLt fp16", "FLOP/s", 2, 80},
                                {TileType::bf16, Packing::bf16, "mma bf16 m16n8k16",
                                 "wgmma bf16 m64n256k16", "cuBLASLt bf16", "FLOP/s", 2, 80},
                                {TileType::tf32, Packing::tf32, "mma tf32 m16n8k8",
                                 "wgmma tf32 m64n256k8", "cuBLASLt tf32", "FLOP/s", 4, 80},
                                {TileType::e4m3, Packing::e4m3, "mma e4m3 m16n8k32",
                                 "wgmma e4m3 m64n256k32", "cuBLASLt e4m3", "FLOP/s", 1, 89},
                                {TileType::int8, Packing::row_codes, "mma int8 m16n8k32",
                                 "wgmma int8 m64n256k32", "cuBLASLt int8", "OP/s", 1, 80}};

class DeviceMeasuring {
 public:
  DeviceMeasuring(Device& device, const DeviceCeilingOptions& options,
                  const std::atomic<bool>& stop)
      : device_(device),
        options_(options),
        stop_(stop),
        marks_(device.make_marks(2)),
        clock_room_(device, 2 * sizeof(std::uint64_t)),
        random_(options.seed) {}

  ceilings::Measured measure() {
    const auto begun_ns = monotonic_ns();
    const DeviceDescription& about = device_.describe();
    measured_.conditions.isa = fmt::format("{} ({})", about.name, about.libraries);
    measured_.conditions.huge_bytes = Reading<std::int64_t>::absent("a device's own memory");
    measured_.conditions.tsc_hz = Reading<double>::absent("timed by the device's events");
    arithmetic();
    products();
    streams();
    clock();
    measured_.conditions.seconds = static_cast<double>(monotonic_ns() - begun_ns) / 1e9;
    measured_.interrupted = stop_.load();
    return std::move(measured_);
  }

 private:
  [[nodiscard]] bool stopped(const std::string& what) {
    if (stop_.load()) return true;
    options_.progress(what);
    return false;
  }

  double once_ns(const std::function<void()>& launch, std::string_view what) {
    marks_->set(0);
    launch();
    marks_->set(1);
    device_.check_launches(what);
    device_.synchronise();
    return static_cast<double>(std::max<std::int64_t>(1, marks_->since_first_ns(1)));
  }

  /// Turns after which a batch takes as long as it shall.
  std::int64_t turns_for(const std::function<void(std::int64_t)>& launch, std::string_view what) {
    std::int64_t turns = 1;
    static_cast<void>(once_ns([&] { launch(1); }, what));  // warm
    while (turns < kMostTurns) {
      const double ns = once_ns([&] { launch(turns); }, what);
      if (ns >= static_cast<double>(options_.batch_ns)) return turns;
      const double more = std::min(8.0, 1.2 * static_cast<double>(options_.batch_ns) / ns);
      turns = std::max(turns + 1, static_cast<std::int64_t>(static_cast<double>(turns) * more));
    }
    return turns;
  }

  /// Amounts a second, of `batches` batches of `amount` a turn.
  std::vector<double> rates(const std::function<void(std::int64_t)>& launch, double amount,
                            std::string_view what) {
    const std::int64_t turns = turns_for(launch, what);
    std::vector<double> samples;
    for (int i = 0; i < options_.batches && !stop_.load(); ++i) {
      const double ns = once_ns([&] { launch(turns); }, what);
      samples.push_back(amount * static_cast<double>(turns) / ns * 1e9);
    }
    const double hz = device_clock_hz(device_, clock_room_.at(), kClockSpin_ns);
    if (hz > 0) clocks_.push_back(hz);
    return samples;
  }

  void add(Ceiling ceiling, std::vector<double> samples) {
    if (samples.empty()) return;
    ceiling.estimate = ceilings::estimate_median(samples);
    ceiling.samples = std::move(samples);
    if (!clocks_.empty()) ceiling.clock_hz = clocks_.back();
    measured_.ceilings.push_back(std::move(ceiling));
  }

  static Ceiling named(const char* kind, const char* what, const char* unit) {
    Ceiling ceiling;
    ceiling.kind = kind;
    ceiling.what = what;
    ceiling.unit = unit;
    return ceiling;
  }

  void add_absent(const char* what, const char* unit, std::string why) {
    Ceiling ceiling = named("compute", what, unit);
    ceiling.why_absent = std::move(why);
    measured_.ceilings.push_back(std::move(ceiling));
  }

  /// Chains on every multiprocessor; `amount` is that of one turn of one thread, which leaves
  /// `words` of 32 bits.
  void chain(Ceiling ceiling, ChainArgs args, double amount, std::int64_t words,
             const std::function<std::uint32_t()>& seed) {
    args.blocks = device_.describe().multiprocessors * (args.kind == ChainKind::warpgroup_tile
                                                            ? kWarpgroupBlocksAMultiprocessor
                                                            : kChainBlocksAMultiprocessor);
    const std::int64_t threads = args.blocks * kChainThreads;
    const Room seeds(device_, kChainSeeds * 4);
    const Room out(device_, threads * words * 4);
    fill_with(device_, seeds.at(), kChainSeeds * 4, seed);
    args.seeds = seeds.at<std::uint32_t>();
    args.out = out.at<std::uint32_t>();
    const auto launch = [&](std::int64_t turns) {
      args.turns = turns;
      device_.launches().chain(args, device_.stream());
    };
    const std::string what = ceiling.what;
    // Instructions that the build's machine code for this GPU lacks leave nothing, very fast; what
    // every GPU has leaves something.
    std::vector<std::uint32_t> left(kChainThreads);
    device_.clear(out.at(), left.size() * 4);
    launch(1);
    device_.check_launches(what);
    device_.copy_out(std::as_writable_bytes(std::span(left)), out.at());
    if (std::ranges::all_of(left, [](std::uint32_t word) { return word == 0; })) {
      const bool of_some = args.kind == ChainKind::tile || args.kind == ChainKind::warpgroup_tile;
      const int capability = device_.describe().capability;
      ceiling.why_absent =
          of_some ? fmt::format(
                        "the build's machine code for this GPU has no such instruction: "
                        "configure with -DRIDGEPOINT_CUDA_ARCHITECTURES={}{}-real",
                        capability, capability >= kWithWarpgroupProducts ? "a" : "")
                  : "its kernel left nothing: run under compute-sanitizer and report what it says";
      measured_.ceilings.push_back(std::move(ceiling));
      return;
    }
    add(std::move(ceiling), rates(launch, amount * static_cast<double>(threads), what));
  }

  void arithmetic() {
    if (stopped("arithmetic of CUDA cores")) return;
    chain(named("compute", "cuda cores f32 fma", "FLOP/s"), {.kind = ChainKind::fma},
          2.0 * kFmaChains, 1, [this] { return random_.floats(); });
    if (stopped("shared memory")) return;
    Ceiling shared = named("bandwidth", "shared", "bytes/s");
    shared.note = "of all multiprocessors together, without conflicts";
    chain(std::move(shared), {.kind = ChainKind::shared}, 16.0 * kSharedLoads, 1,
          [this] { return random_.floats(); });
    const int capability = device_.describe().capability;
    for (const TileShape& tile : kTiles) {
      const auto inputs = static_cast<double>(tile_inputs(tile.type));
      const auto seed = [&] { return random_.of(tile.type); };
      if (stopped(tile.tile)) return;
      if (capability < tile.capability) {
        add_absent(tile.tile, tile.unit,
                   fmt::format("no tensor cores for it before sm_{}", tile.capability));
      } else {
        // A warp's tile is 16 by 8 outputs: a thread's share of its operations is a 32nd.
        chain(named("compute", tile.tile, tile.unit), {.kind = ChainKind::tile, .tile = tile.type},
              2.0 * 16 * 8 * inputs / 32 * kTileChains, 4, seed);
      }
      if (stopped(tile.warpgroup)) return;
      if (capability != kWithWarpgroupProducts) {
        add_absent(tile.warpgroup, tile.unit, "an instruction of sm_90a alone (Hopper)");
      } else {
        chain(named("compute", tile.warpgroup, tile.unit),
              {.kind = ChainKind::warpgroup_tile, .tile = tile.type},
              2.0 * 64 * 256 * inputs / 128 * kWarpgroupSteps, kWarpgroupOuts, seed);
      }
    }
  }

  void products() {
    const std::int64_t n = options_.product_size;
    for (const TileShape& tile : kTiles) {
      if (stopped(tile.library)) return;
      if (!device_.has_many_rows()) {
        add_absent(tile.library, tile.unit, device_.describe().libraries);
        continue;
      }
      try {
        const Room left(device_, n * n * tile.bytes), right(device_, n * n * tile.bytes);
        const Room out(device_, n * n * 4);
        const auto next = [&] { return random_.of(tile.type); };
        fill_with(device_, left.at(), n * n * tile.bytes, next);
        fill_with(device_, right.at(), n * n * tile.bytes, next);
        const ManyRowsArgs args{.type = tile.product,
                                .weight = left.at(),
                                .x = right.at(),
                                .out_features = n,
                                .rows = n,
                                .in = n,
                                .weight_pitch = n,
                                .x_pitch = n,
                                .out_pitch = n,
                                .out = out.at<float>()};
        const auto launch = [&](std::int64_t turns) {
          for (std::int64_t turn = 0; turn < turns; ++turn) device_.many_rows(args);
        };
        Ceiling ceiling = named("compute", tile.library, tile.unit);
        ceiling.note = fmt::format("{0} x {0} x {0}", n);
        const double amount = 2.0 * std::pow(static_cast<double>(n), 3);
        add(std::move(ceiling), rates(launch, amount, tile.library));
      } catch (const OutOfDeviceMemory& error) {
        add_absent(tile.library, tile.unit, error.what());
      } catch (const Error& error) {
        add_absent(tile.library, tile.unit, error.what());
      }
    }
  }

  void streams() {
    const std::int64_t blocks = kBlocksAMultiprocessor * device_.describe().multiprocessors;
    const std::int64_t threads = blocks * kStreamBlockThreads;
    const std::int64_t smallest = threads * kWord;
    std::unique_ptr<Room> room;
    std::int64_t largest = std::max(options_.largest_bytes, smallest);
    while (!room) {
      try {
        room = std::make_unique<Room>(device_, largest + threads * kWord);
      } catch (const OutOfDeviceMemory&) {
        if (largest / 2 < smallest) throw;
        largest /= 2;
      }
    }
    measured_.conditions.block_bytes = largest;
    fill_with(device_, room->at(), largest, [this] { return random_.floats(); });
    for (const StreamShape& shape : kStreams) {
      ceilings::Curve curve{"bandwidth", shape.what, 1, 0, "bytes/s", {}};
      for (const std::int64_t all :
           ceilings::working_sets(smallest * shape.arrays, largest, options_.step)) {
        if (stopped(fmt::format("{}, {} KiB", shape.what, all / 1024))) break;
        const std::int64_t count = all / shape.arrays / kWord;
        StreamArgs args{.kind = shape.kind, .count = count, .blocks = blocks, .factor = 0.4F};
        args.from = room->at<Sixteen>();
        args.other = room->at<Sixteen>(count * kWord);
        // What loads leave lies behind everything; what is written comes last of the arrays.
        args.to = shape.kind == StreamKind::load
                      ? room->at<Sixteen>(largest)
                      : room->at<Sixteen>((shape.arrays - 1) * count * kWord);
        const auto launch = [&](std::int64_t turns) {
          args.turns = turns;
          device_.launches().stream(args, device_.stream());
        };
        const auto samples =
            rates(launch, static_cast<double>(count * kWord * shape.moved), shape.what);
        if (samples.empty()) break;
        curve.points.push_back({count * kWord * shape.arrays, ceilings::estimate_median(samples)});
      }
      add_levels(curve);
    }
  }

  void add_levels(ceilings::Curve& curve) {
    if (curve.points.empty()) return;
    const auto plateaus = ceilings::find_plateaus(curve.points);
    for (std::size_t i = 0; i < plateaus.size(); ++i) {
      const auto& plateau = plateaus[i];
      Ceiling ceiling = named("bandwidth", curve.what.c_str(), "bytes/s");
      // What no cache can hold is the device's memory, flat or not.
      const bool is_last = i + 1 == plateaus.size() && plateau.last + 1 == curve.points.size();
      ceiling.level = is_last ? "outermost" : std::to_string(i + 1);
      ceiling.from_bytes = plateau.from_bytes;
      ceiling.to_bytes = plateau.to_bytes;
      ceiling.estimate = plateau.estimate;
      for (std::size_t p = plateau.first; p <= plateau.last; ++p) {
        ceiling.samples.push_back(curve.points[p].estimate.value);
      }
      measured_.ceilings.push_back(std::move(ceiling));
    }
    if (plateaus.empty() || plateaus.back().last + 1 != curve.points.size()) {
      // Of a curve that does not become flat the largest set stands for the memory.
      const auto& last = curve.points.back();
      Ceiling ceiling = named("bandwidth", curve.what.c_str(), "bytes/s");
      ceiling.level = "outermost";
      ceiling.from_bytes = ceiling.to_bytes = last.bytes;
      ceiling.estimate = last.estimate;
      ceiling.samples = {last.estimate.value};
      ceiling.note = "the largest working set alone: the curve did not become flat";
      measured_.ceilings.push_back(std::move(ceiling));
    }
    measured_.curves.push_back(std::move(curve));
  }

  void clock() {
    if (clocks_.empty()) return;
    Ceiling ceiling = named("clock", "cycles over the device's timer", "Hz");
    ceiling.note = "of one multiprocessor, right after each figure's batches";
    const std::vector<double> samples = clocks_;
    add(std::move(ceiling), samples);
  }

  Device& device_;
  const DeviceCeilingOptions& options_;
  const std::atomic<bool>& stop_;
  std::unique_ptr<Marks> marks_;
  Room clock_room_;
  RandomWords random_;
  std::vector<double> clocks_;
  ceilings::Measured measured_;
};

}  // namespace

double device_clock_hz(Device& device, std::byte* room, std::uint64_t spin_ns) {
  const ClockArgs args{.spin_ns = spin_ns, .out = reinterpret_cast<std::uint64_t*>(room)};
  device.launches().clock(args, device.stream());
  std::uint64_t read[2] = {};
  device.copy_out(std::as_writable_bytes(std::span(read)), room);
  return read[1] == 0 ? 0 : static_cast<double>(read[0]) * 1e9 / static_cast<double>(read[1]);
}

ceilings::Measured measure_device_ceilings(Device& device, const DeviceCeilingOptions& options,
                                           const std::atomic<bool>& stop) {
  return DeviceMeasuring(device, options, stop).measure();
}

}  // namespace ridgepoint::cuda
