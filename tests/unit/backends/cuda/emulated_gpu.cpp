#include "tests/unit/backends/cuda/emulated_gpu.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <set>
#include <tuple>

#include "profiler/clock/monotonic_clock.h"
#include "tests/support/emulated_device.h"

namespace ridgepoint::cuda {
namespace {

float number_at(const void* from, Packing type, std::int64_t index) {
  switch (type) {
    case Packing::f16:
      return float_of_f16(static_cast<const std::uint16_t*>(from)[index]);
    case Packing::bf16:
      return float_of_bf16(static_cast<const std::uint16_t*>(from)[index]);
    case Packing::e4m3:
      return float_of_e4m3(static_cast<const std::uint8_t*>(from)[index]);
    case Packing::row_codes:
      return static_cast<const std::int8_t*>(from)[index];
    case Packing::tf32:
      return float_of_bits(static_cast<const std::uint32_t*>(from)[index] & 0xffffe000U);
    default:
      return static_cast<const float*>(from)[index];
  }
}

class ClosureRecording : public Recording {
 public:
  explicit ClosureRecording(std::vector<std::function<void()>> launches)
      : launches_(std::move(launches)) {}
  void play() override {
    for (const auto& launch : launches_) launch();
  }

 private:
  std::vector<std::function<void()>> launches_;
};

class HostMarks : public Marks {
 public:
  explicit HostMarks(std::size_t count) : at_ns_(count) {}
  void set(std::size_t index) override { at_ns_.at(index) = monotonic_ns(); }
  [[nodiscard]] std::int64_t since_first_ns(std::size_t index) const override {
    return at_ns_.at(index) - at_ns_.front();
  }

 private:
  std::vector<std::int64_t> at_ns_;
};

class EmulatedGpu : public Device {
 public:
  explicit EmulatedGpu(const EmulatedGpuOptions& options)
      : options_(options),
        description_{.name = "emulated",
                     .libraries = "none",
                     .multiprocessors = options.multiprocessors,
                     .l2_bytes = options.l2_bytes,
                     .capability = options.capability,
                     .chunk_bytes = options.chunk_bytes} {}
  EmulatedGpu(const EmulatedGpu&) = delete;
  EmulatedGpu& operator=(const EmulatedGpu&) = delete;
  ~EmulatedGpu() override { EXPECT_TRUE(allocated_.empty()) << "device memory was not given back"; }

  [[nodiscard]] const DeviceDescription& describe() const override { return description_; }

  std::byte* allocate(std::size_t bytes) override {
    if (in_use_ + bytes > options_.memory_bytes) throw OutOfDeviceMemory("no room");
    // Filled with what is not a number, so that reading before writing shows.
    auto* const memory =
        static_cast<std::byte*>(std::aligned_alloc(256, (bytes + 255) / 256 * 256));
    std::memset(memory, 0xff, bytes);
    allocated_[memory] = bytes;
    in_use_ += bytes;
    return memory;
  }
  void release(std::byte* memory) noexcept override {
    const auto found = allocated_.find(memory);
    if (found == allocated_.end()) std::abort();
    in_use_ -= found->second;
    allocated_.erase(found);
    std::free(memory);  // NOLINT: from aligned_alloc
  }
  [[nodiscard]] std::pair<std::int64_t, std::int64_t> memory_in_use() const override {
    return {static_cast<std::int64_t>(in_use_), static_cast<std::int64_t>(options_.memory_bytes)};
  }
  void copy_in(std::byte* to, std::span<const std::byte> from) override {
    if (!from.empty()) std::memcpy(to, from.data(), from.size());
  }
  void copy_out(std::span<std::byte> to, const std::byte* from) override {
    if (!to.empty()) std::memcpy(to.data(), from, to.size());
  }
  void copy_within(std::byte* to, const std::byte* from, std::size_t bytes) override {
    std::memcpy(to, from, bytes);
  }
  void clear(std::byte* memory, std::size_t bytes) override { std::memset(memory, 0, bytes); }
  void synchronise() override {}
  [[nodiscard]] const Launches& launches() const override { return options_.launches; }
  [[nodiscard]] Stream stream() const override { return &stream_; }
  void check_launches(std::string_view) override {}

  [[nodiscard]] bool has_many_rows() const override { return options_.many_rows; }
  void many_rows(const ManyRowsArgs& args) override {
    const auto shape = std::tuple(args.type, args.out_features, args.rows, args.in);
    if (loading_) {
      chosen_.insert(shape);
      ++loaded_;
      return;
    }
    EXPECT_TRUE(stream_.recording == nullptr || chosen_.contains(shape))
        << "a library cannot time its algorithms while launches are recorded";
    if (options_.products) options_.products->push_back(args.type);
    for (const void* const operand : {args.weight, args.x, static_cast<const void*>(args.out),
                                      static_cast<const void*>(args.addend)}) {
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(operand) % kManyRowsBoundary, 0U);
    }
    auto multiply = [args] {
      for (std::int64_t r = 0; r < args.rows; ++r) {
        for (std::int64_t o = 0; o < args.out_features; ++o) {
          double sum = 0;
          for (std::int64_t i = 0; i < args.in; ++i) {
            sum +=
                static_cast<double>(number_at(args.weight, args.type, o * args.weight_pitch + i)) *
                static_cast<double>(number_at(args.x, args.type, r * args.x_pitch + i));
          }
          const std::int64_t at = r * args.out_pitch + o;
          args.out[at] =
              static_cast<float>(sum) + (args.addend != nullptr ? args.addend[at] : 0.0F);
          if (args.type == Packing::row_codes) {
            const auto whole = static_cast<std::int32_t>(sum);
            std::memcpy(args.out + at, &whole, sizeof whole);
          }
        }
      }
    };
    if (stream_.recording != nullptr) {
      stream_.recording->push_back(multiply);
    } else {
      multiply();
    }
  }

  [[nodiscard]] std::pair<std::int64_t, std::int64_t> library_memory() const override {
    return {options_.many_rows ? 1000 : 0, options_.many_rows ? 3000 : 0};
  }
  void load(const std::function<void()>& launch) override {
    std::vector<std::function<void()>> not_started;
    stream_.recording = &not_started;
    loading_ = true;
    launch();
    loading_ = false;
    stream_.recording = nullptr;
    loaded_ += not_started.size();
  }
  [[nodiscard]] std::unique_ptr<Recording> record(const std::function<void()>& launch) override {
    std::vector<std::function<void()>> launches;
    stream_.recording = &launches;
    launch();
    stream_.recording = nullptr;
    EXPECT_GE(loaded_, launches.size()) << "kernels cannot be loaded while launches are recorded";
    return std::make_unique<ClosureRecording>(std::move(launches));
  }
  [[nodiscard]] std::unique_ptr<Marks> make_marks(std::size_t count) override {
    return std::make_unique<HostMarks>(count);
  }

 private:
  EmulatedGpuOptions options_;
  DeviceDescription description_;
  mutable CUstream_st stream_;
  std::map<std::byte*, std::size_t> allocated_;
  std::size_t in_use_ = 0;
  bool loading_ = false;
  std::size_t loaded_ = 0;  ///< launches
  /// Products of many rows that a way was chosen for: type, outputs, rows, inputs.
  std::set<std::tuple<Packing, std::int64_t, std::int64_t, std::int64_t>> chosen_;
};

}  // namespace

Backwards::Backwards() {
  emulated_order(true);
}
Backwards::~Backwards() {
  emulated_order(false);
}

std::shared_ptr<Device> make_emulated_gpu(const EmulatedGpuOptions& options) {
  return std::make_shared<EmulatedGpu>(options);
}

}  // namespace ridgepoint::cuda
