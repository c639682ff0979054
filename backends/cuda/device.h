// Device: memory, order and big products of one GPU, as the backend needs them. The one that drives
// CUDA is in runtime/; the tests have one that computes on the CPU, so that everything above this
// interface is tested where there is no GPU.
//
// Everything happens in the order of one stream. A device and what it has made belong to one thread
// at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <utility>

#include "backends/cuda/kernels/launches.h"

namespace ridgepoint::cuda {

/// The device's memory is not enough; says how much was asked for and left.
class OutOfDeviceMemory : public std::bad_alloc {
 public:
  explicit OutOfDeviceMemory(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::string text_;
};

struct DeviceDescription {
  std::string name;
  std::string libraries;  ///< driver, runtime, cuBLASLt or why there is none
  int number = 0;         ///< CUDA's
  std::string bus_id{};   ///< where it is plugged in, as NVML knows it; empty: not known
  int multiprocessors = 1;
  std::int64_t l2_bytes = 0;                         ///< 0: not known
  int capability = 0;                                ///< 80, 90; 0: not known
  std::size_t chunk_bytes = std::size_t{64} << 20U;  ///< what to ask the driver for at the least
};

/// On which all operands of products of many rows lie.
inline constexpr std::uint32_t kManyRowsBoundary = 16;

/// out[r, o] = sum of weight[o, i] * x[r, i] + addend[r, o]: products of many rows.
struct ManyRowsArgs {
  /// Of weights and activations: f16, bf16, floats, floats of which tensor cores take 10 bits
  /// (tf32), e4m3, or row_codes, of which `out` gets 32-bit integers. Scales are not looked at.
  Packing type = Packing::f16;
  const void* weight = nullptr;  ///< [out, weight_pitch] elements
  const void* x = nullptr;       ///< [rows, x_pitch] elements
  std::int64_t out_features = 0, rows = 0, in = 0;
  std::int64_t weight_pitch = 0, x_pitch = 0, out_pitch = 0;
  float* out = nullptr;           ///< [rows, out_pitch]
  const float* addend = nullptr;  ///< as `out`, may be the same; null: none
};

/// Launches kept to be started again, all at once.
class Recording {
 public:
  virtual ~Recording() = default;
  virtual void play() = 0;
};

/// Points in the stream whose distance in time can be asked for once they have passed.
class Marks {
 public:
  virtual ~Marks() = default;
  virtual void set(std::size_t index) = 0;
  /// From mark 0; the device is synchronised.
  [[nodiscard]] virtual std::int64_t since_first_ns(std::size_t index) const = 0;
};

class Device {
 public:
  virtual ~Device() = default;
  [[nodiscard]] virtual const DeviceDescription& describe() const = 0;

  /// On a boundary of 256 bytes. OutOfDeviceMemory.
  virtual std::byte* allocate(std::size_t bytes) = 0;
  virtual void release(std::byte* memory) noexcept = 0;
  /// Of the whole device, as the driver sees it: bytes in use, and bytes in all.
  [[nodiscard]] virtual std::pair<std::int64_t, std::int64_t> memory_in_use() const = 0;
  /// `from` may change when this returns.
  virtual void copy_in(std::byte* to, std::span<const std::byte> from) = 0;
  /// Waits for what was started before.
  virtual void copy_out(std::span<std::byte> to, const std::byte* from) = 0;
  virtual void copy_within(std::byte* to, const std::byte* from, std::size_t bytes) = 0;
  virtual void clear(std::byte* memory, std::size_t bytes) = 0;
  /// Error for whatever went wrong on the device until now.
  virtual void synchronise() = 0;

  [[nodiscard]] virtual const Launches& launches() const = 0;
  [[nodiscard]] virtual Stream stream() const = 0;
  /// Error when the launches since the last call could not be started; `what` names them.
  virtual void check_launches(std::string_view what) = 0;
  [[nodiscard]] virtual bool has_many_rows() const = 0;
  virtual void many_rows(const ManyRowsArgs& args) = 0;

  /// What the library for products of many rows holds of the device's memory, which is no part of
  /// anybody's arena: now, and at the most so far.
  [[nodiscard]] virtual std::pair<std::int64_t, std::int64_t> library_memory() const {
    return {0, 0};
  }

  /// Makes ready what `launch` would start, and starts none of it: kernels are brought to the
  /// device, and for each product of many rows the way to do it is chosen. Neither can be while
  /// launches are recorded, and a first run is not for it either.
  virtual void load(const std::function<void()>& launch) = 0;
  /// What `launch` starts, kept instead of run. It has been loaded.
  [[nodiscard]] virtual std::unique_ptr<Recording> record(const std::function<void()>& launch) = 0;
  [[nodiscard]] virtual std::unique_ptr<Marks> make_marks(std::size_t count) = 0;
};

}  // namespace ridgepoint::cuda
