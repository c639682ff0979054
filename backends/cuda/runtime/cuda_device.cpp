// The Device that drives CUDA, and how a GPU is found.
#include <cuda_runtime_api.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include <array>
#include <utility>
#include <vector>

#include "backends/backend_options.h"
#include "backends/cuda/cuda_backend.h"
#include "backends/cuda/device.h"
#include "backends/cuda/kernels/tables.h"
#include "backends/cuda/runtime/cublas_lt.h"
#include "backends/cuda/runtime/cuda_error.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace cuda {
namespace {

std::string version_text(int version) {
  return fmt::format("{}.{}", version / 1000, version % 1000 / 10);
}

class GraphRecording : public Recording {
 public:
  GraphRecording(cudaGraph_t graph, Stream stream) : stream_(stream) {
    const cudaError_t status = cudaGraphInstantiate(&executable_, graph, 0);
    cudaGraphDestroy(graph);
    check(status, "making a recorded step ready");
  }
  GraphRecording(const GraphRecording&) = delete;
  GraphRecording& operator=(const GraphRecording&) = delete;
  ~GraphRecording() override { cudaGraphExecDestroy(executable_); }
  void play() override { check(cudaGraphLaunch(executable_, stream_), "starting a recorded step"); }

 private:
  cudaGraphExec_t executable_ = nullptr;
  Stream stream_;
};

class EventMarks : public Marks {
 public:
  EventMarks(std::size_t count, Stream stream) : stream_(stream), events_(count, nullptr) {
    for (cudaEvent_t& event : events_) check(cudaEventCreate(&event), "an event");
  }
  EventMarks(const EventMarks&) = delete;
  EventMarks& operator=(const EventMarks&) = delete;
  ~EventMarks() override {
    for (const cudaEvent_t event : events_) cudaEventDestroy(event);
  }
  void set(std::size_t index) override {
    check(cudaEventRecord(events_.at(index), stream_), "marking time");
  }
  [[nodiscard]] std::int64_t since_first_ns(std::size_t index) const override {
    float ms = 0;
    if (index > 0) {
      check(cudaEventElapsedTime(&ms, events_.front(), events_.at(index)), "reading time");
    }
    return static_cast<std::int64_t>(static_cast<double>(ms) * 1e6);
  }

 private:
  Stream stream_;
  std::vector<cudaEvent_t> events_;
};

class CudaDevice : public Device {
 public:
  explicit CudaDevice(int number) {
    check(cudaSetDevice(number), fmt::format("choosing device {}", number));
    cudaDeviceProp properties{};
    check(cudaGetDeviceProperties(&properties, number), "asking about the device");
    check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "a stream");
    fill_products(launches_);
    fill_operators(launches_);
    fill_tile_products(launches_);
    fill_ceilings(launches_);
    std::string why;
    library_ = CublasLt::open(why);
    int driver = 0;
    check(cudaDriverGetVersion(&driver), "asking about the driver");
    description_.name =
        fmt::format("{}, sm_{}{}", properties.name, properties.major, properties.minor);
    description_.libraries = fmt::format("driver for CUDA {}, runtime {}, {}", version_text(driver),
                                         version_text(CUDART_VERSION),
                                         library_ ? "cuBLASLt " + library_->version() : why);
    description_.number = number;
    std::array<char, 64> bus_id{};
    if (cudaDeviceGetPCIBusId(bus_id.data(), static_cast<int>(bus_id.size()), number) ==
        cudaSuccess) {
      description_.bus_id = bus_id.data();
    }
    static_cast<void>(cudaGetLastError());
    description_.multiprocessors = properties.multiProcessorCount;
    description_.l2_bytes = properties.l2CacheSize;
    description_.capability = properties.major * 10 + properties.minor;
  }
  CudaDevice(const CudaDevice&) = delete;
  CudaDevice& operator=(const CudaDevice&) = delete;
  ~CudaDevice() override {
    library_.reset();
    cudaStreamDestroy(stream_);
  }

  [[nodiscard]] const DeviceDescription& describe() const override { return description_; }

  std::byte* allocate(std::size_t bytes) override {
    void* memory = nullptr;
    const cudaError_t status = cudaMalloc(&memory, bytes);
    if (status == cudaErrorMemoryAllocation) {
      static_cast<void>(cudaGetLastError());
      std::size_t left = 0, all = 0;
      static_cast<void>(cudaMemGetInfo(&left, &all));
      throw OutOfDeviceMemory(fmt::format(
          "the GPU has no {} MiB left: {} MiB of {} MiB are free; take a smaller model, batch or "
          "context",
          bytes >> 20U, left >> 20U, all >> 20U));
    }
    check(status, "memory");
    return static_cast<std::byte*>(memory);
  }
  void release(std::byte* memory) noexcept override { cudaFree(memory); }

  [[nodiscard]] std::pair<std::int64_t, std::int64_t> memory_in_use() const override {
    std::size_t left = 0, all = 0;
    check(cudaMemGetInfo(&left, &all), "asking about memory");
    return {static_cast<std::int64_t>(all - left), static_cast<std::int64_t>(all)};
  }
  void copy_in(std::byte* to, std::span<const std::byte> from) override {
    if (from.empty()) return;
    // From pageable memory: this returns when the bytes are on their way in the driver's own.
    check(cudaMemcpyAsync(to, from.data(), from.size(), cudaMemcpyHostToDevice, stream_),
          "copying to the device");
  }
  void copy_out(std::span<std::byte> to, const std::byte* from) override {
    if (to.empty()) return;
    check(cudaMemcpyAsync(to.data(), from, to.size(), cudaMemcpyDeviceToHost, stream_),
          "copying from the device");
    check(cudaStreamSynchronize(stream_), "copying from the device");
  }
  void copy_within(std::byte* to, const std::byte* from, std::size_t bytes) override {
    check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream_),
          "copying on the device");
  }
  void clear(std::byte* memory, std::size_t bytes) override {
    check(cudaMemsetAsync(memory, 0, bytes, stream_), "clearing memory");
  }
  void synchronise() override { check(cudaStreamSynchronize(stream_), "running"); }

  [[nodiscard]] const Launches& launches() const override { return launches_; }
  [[nodiscard]] Stream stream() const override { return loading_ ? only_loading() : stream_; }
  void check_launches(std::string_view what) override {
    check(cudaGetLastError(), fmt::format("starting {}", what));
  }
  [[nodiscard]] bool has_many_rows() const override { return library_ != nullptr; }
  void many_rows(const ManyRowsArgs& args) override {
    if (loading_) {
      library_->choose(args, stream_);
    } else {
      library_->multiply(args, stream_);
    }
  }
  [[nodiscard]] std::pair<std::int64_t, std::int64_t> library_memory() const override {
    return library_ ? library_->memory() : std::pair<std::int64_t, std::int64_t>{0, 0};
  }

  void load(const std::function<void()>& launch) override {
    loading_ = true;
    try {
      launch();
    } catch (...) {
      loading_ = false;
      throw;
    }
    loading_ = false;
    check_launches("kernels");
  }
  [[nodiscard]] std::unique_ptr<Recording> record(const std::function<void()>& launch) override {
    check(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeRelaxed), "recording a step");
    cudaGraph_t graph = nullptr;
    try {
      launch();
    } catch (...) {
      if (cudaStreamEndCapture(stream_, &graph) == cudaSuccess) cudaGraphDestroy(graph);
      throw;
    }
    check(cudaStreamEndCapture(stream_, &graph), "recording a step");
    return std::make_unique<GraphRecording>(graph, stream_);
  }
  [[nodiscard]] std::unique_ptr<Marks> make_marks(std::size_t count) override {
    return std::make_unique<EventMarks>(count, stream_);
  }

 private:
  DeviceDescription description_;
  Launches launches_;
  Stream stream_ = nullptr;
  bool loading_ = false;  ///< what is launched now is to be loaded alone
  std::unique_ptr<CublasLt> library_;
};

/// See cuda_unavailable.
std::string look_for_device() {
  void* const driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (driver == nullptr) return "no NVIDIA driver here (libcuda.so.1)";
  dlclose(driver);
  int version = 0;
  static_cast<void>(cudaDriverGetVersion(&version));
  if (version / 1000 < CUDART_VERSION / 1000) {
    return fmt::format("the driver is for CUDA {} and too old for {}; install a newer one",
                       version_text(version), version_text(CUDART_VERSION));
  }
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  static_cast<void>(cudaGetLastError());
  if (status == cudaErrorNoDevice || (status == cudaSuccess && count == 0)) {
    return "a driver but no NVIDIA GPU (or CUDA_VISIBLE_DEVICES hides it)";
  }
  if (status != cudaSuccess) {
    return fmt::format("{}: {}", cudaGetErrorName(status), cudaGetErrorString(status));
  }
  return {};
}

}  // namespace
}  // namespace cuda

std::string cuda_unavailable() {
  static const std::string kReason = cuda::look_for_device();
  return kReason;
}

std::unique_ptr<Backend> open_cuda_backend(std::string_view options) {
  constexpr std::int64_t kMostDevices = 1024;
  BackendOptions given(CudaBackend::kName, options);
  const std::int64_t number = given.take_integer("device", 0, 0, kMostDevices);
  const CudaOptions chosen{.tf32 = given.take_integer("tf32", 0, 0, 1) != 0,
                           .eight_bits = given.take_integer("eight_bits", 1, 0, 1) != 0};
  given.finish(CudaBackend::kOptions);
  if (const std::string reason = cuda_unavailable(); !reason.empty()) {
    throw Error("backend 'cuda' cannot be used: " + reason);
  }
  int count = 0;
  cuda::check(cudaGetDeviceCount(&count), "counting devices");
  if (number >= count) {
    throw Error(fmt::format("backend 'cuda': there is no device {}; there are {}", number, count));
  }
  return std::make_unique<CudaBackend>(std::make_shared<cuda::CudaDevice>(static_cast<int>(number)),
                                       chosen);
}

}  // namespace ridgepoint
