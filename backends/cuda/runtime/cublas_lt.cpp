#include "backends/cuda/runtime/cublas_lt.h"

#include <cublasLt.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <vector>

#include "backends/cuda/random_words.h"
#include "backends/cuda/runtime/cuda_error.h"
#include "profiler/cupti/toolkit_library.h"
#include "workloads/error.h"

namespace ridgepoint::cuda {

struct CublasLtFunctions {
  void* library = nullptr;
  decltype(&cublasLtCreate) create = nullptr;
  decltype(&cublasLtDestroy) destroy = nullptr;
  decltype(&cublasLtGetVersion) version = nullptr;
  decltype(&cublasLtMatmul) matmul = nullptr;
  decltype(&cublasLtMatmulDescCreate) desc_create = nullptr;
  decltype(&cublasLtMatmulDescDestroy) desc_destroy = nullptr;
  decltype(&cublasLtMatmulDescSetAttribute) desc_set = nullptr;
  decltype(&cublasLtMatrixLayoutCreate) layout_create = nullptr;
  decltype(&cublasLtMatrixLayoutDestroy) layout_destroy = nullptr;
  decltype(&cublasLtMatmulPreferenceCreate) preference_create = nullptr;
  decltype(&cublasLtMatmulPreferenceDestroy) preference_destroy = nullptr;
  decltype(&cublasLtMatmulPreferenceSetAttribute) preference_set = nullptr;
  decltype(&cublasLtMatmulAlgoGetHeuristic) heuristic = nullptr;

  CublasLtFunctions() = default;
  CublasLtFunctions(const CublasLtFunctions&) = delete;
  CublasLtFunctions& operator=(const CublasLtFunctions&) = delete;
  ~CublasLtFunctions() {
    if (library != nullptr) dlclose(library);
  }
};

namespace {

constexpr std::size_t kWorkspaceBytes = std::size_t{32} << 20U;
constexpr int kMostCandidates = 8;
constexpr int kTimedRuns = 3;
constexpr std::uint64_t kSeed = 20261122;

void check_lt(cublasStatus_t status, std::string_view what) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  throw Error(
      fmt::format("backend 'cuda': {}: cuBLASLt status {}", what, static_cast<int>(status)));
}

template <typename Function>
bool find(void* library, const char* name, Function& to) {
  to = reinterpret_cast<Function>(dlsym(library, name));
  return to != nullptr;
}

bool find_all(CublasLtFunctions& f) {
  return find(f.library, "cublasLtCreate", f.create) &&
         find(f.library, "cublasLtDestroy", f.destroy) &&
         find(f.library, "cublasLtGetVersion", f.version) &&
         find(f.library, "cublasLtMatmul", f.matmul) &&
         find(f.library, "cublasLtMatmulDescCreate", f.desc_create) &&
         find(f.library, "cublasLtMatmulDescDestroy", f.desc_destroy) &&
         find(f.library, "cublasLtMatmulDescSetAttribute", f.desc_set) &&
         find(f.library, "cublasLtMatrixLayoutCreate", f.layout_create) &&
         find(f.library, "cublasLtMatrixLayoutDestroy", f.layout_destroy) &&
         find(f.library, "cublasLtMatmulPreferenceCreate", f.preference_create) &&
         find(f.library, "cublasLtMatmulPreferenceDestroy", f.preference_destroy) &&
         find(f.library, "cublasLtMatmulPreferenceSetAttribute", f.preference_set) &&
         find(f.library, "cublasLtMatmulAlgoGetHeuristic", f.heuristic);
}

/// How the library calls a kind of product.
struct LtTypes {
  cudaDataType_t in = CUDA_R_32F, out = CUDA_R_32F;
  cublasComputeType_t compute = CUBLAS_COMPUTE_32F;
  cudaDataType_t scale = CUDA_R_32F;
};
LtTypes lt_types(Packing type) {
  switch (type) {
    case Packing::f16:
      return {.in = CUDA_R_16F};
    case Packing::bf16:
      return {.in = CUDA_R_16BF};
    case Packing::e4m3:
      return {.in = CUDA_R_8F_E4M3};
    case Packing::tf32:
      return {.compute = CUBLAS_COMPUTE_32F_FAST_TF32};
    case Packing::row_codes:
      return {CUDA_R_8I, CUDA_R_32I, CUBLAS_COMPUTE_32I, CUDA_R_32I};
    case Packing::none:
    case Packing::codes:
    case Packing::floats:
      break;
  }
  return {};
}

std::int64_t element_bytes(Packing type) {
  switch (type) {
    case Packing::f16:
    case Packing::bf16:
      return 2;
    case Packing::e4m3:
    case Packing::row_codes:
      return 1;
    case Packing::tf32:
    case Packing::floats:
    case Packing::none:
    case Packing::codes:
      break;
  }
  return sizeof(float);
}

struct Event {
  cudaEvent_t event = nullptr;
  Event() { check(cudaEventCreate(&event), "an event"); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { cudaEventDestroy(event); }
};

}  // namespace

/// The library thinks in columns: out^T [out, rows] = weight^T^T [out, in] * x^T [in, rows].
struct CublasLt::Plan {
  std::shared_ptr<const CublasLtFunctions> f;
  cublasLtMatmulDesc_t desc = nullptr;
  cublasLtMatrixLayout_t weight = nullptr, x = nullptr, out = nullptr;
  cublasLtMatmulAlgo_t algorithm{};
  std::vector<cublasLtMatmulAlgo_t> candidates{};  ///< the library's guesses, until one is chosen
  float beta = 0;
  bool whole_numbers = false;
  bool chosen = false;

  Plan(std::shared_ptr<const CublasLtFunctions> functions, const ManyRowsArgs& args)
      : f(std::move(functions)), beta(args.addend != nullptr ? 1.0F : 0.0F) {
    const auto count = [](std::int64_t n) { return static_cast<std::uint64_t>(n); };
    const LtTypes types = lt_types(args.type);
    whole_numbers = types.scale == CUDA_R_32I;
    const cublasOperation_t transposed = CUBLAS_OP_T;
    check_lt(f->desc_create(&desc, types.compute, types.scale), "describing a product");
    check_lt(f->desc_set(desc, CUBLASLT_MATMUL_DESC_TRANSA, &transposed, sizeof transposed),
             "describing a product");
    check_lt(f->layout_create(&weight, types.in, count(args.in), count(args.out_features),
                              args.weight_pitch),
             "describing weights");
    check_lt(f->layout_create(&x, types.in, count(args.in), count(args.rows), args.x_pitch),
             "describing activations");
    check_lt(f->layout_create(&out, types.out, count(args.out_features), count(args.rows),
                              args.out_pitch),
             "describing outputs");
  }
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;
  ~Plan() {
    if (weight != nullptr) f->layout_destroy(weight);
    if (x != nullptr) f->layout_destroy(x);
    if (out != nullptr) f->layout_destroy(out);
    if (desc != nullptr) f->desc_destroy(desc);
  }

  cublasStatus_t run(void* handle, const cublasLtMatmulAlgo_t& with, const ManyRowsArgs& args,
                     const float* addend, float* to, void* workspace, Stream stream) const {
    const float one = 1.0F;
    const std::int32_t whole_one = 1, whole_beta = beta > 0 ? 1 : 0;
    const void* const alpha = whole_numbers ? static_cast<const void*>(&whole_one) : &one;
    const void* const keep = whole_numbers ? static_cast<const void*>(&whole_beta) : &beta;
    return f->matmul(static_cast<cublasLtHandle_t>(handle), desc, alpha, args.weight, weight,
                     args.x, x, keep, addend != nullptr ? addend : to, out, to, out, &with,
                     workspace, kWorkspaceBytes, stream);
  }
};

std::unique_ptr<CublasLt> CublasLt::open(std::string& why) {
  auto functions = std::make_shared<CublasLtFunctions>();
  functions->library = open_toolkit_library(fmt::format("libcublasLt.so.{}", CUBLAS_VER_MAJOR));
  if (functions->library == nullptr) {
    why = fmt::format("no libcublasLt.so.{}: products of many rows are slow", CUBLAS_VER_MAJOR);
    return nullptr;
  }
  if (!find_all(*functions)) {
    why = "a cuBLASLt without the functions that are needed: products of many rows are slow";
    return nullptr;
  }
  return std::unique_ptr<CublasLt>(new CublasLt(std::move(functions)));
}

CublasLt::CublasLt(std::shared_ptr<const CublasLtFunctions> functions)
    : functions_(std::move(functions)), version_(std::to_string(functions_->version())) {
  cublasLtHandle_t handle = nullptr;
  check_lt(functions_->create(&handle), "opening cuBLASLt");
  handle_ = handle;
  check(cudaMalloc(&workspace_, kWorkspaceBytes), "memory for cuBLASLt");
  bytes_ = peak_bytes_ = static_cast<std::int64_t>(kWorkspaceBytes);
  check(cudaStreamCreateWithFlags(&search_stream_, cudaStreamNonBlocking), "a stream");
}

CublasLt::~CublasLt() {
  plans_.clear();
  if (search_stream_ != nullptr) cudaStreamDestroy(search_stream_);
  cudaFree(workspace_);
  functions_->destroy(static_cast<cublasLtHandle_t>(handle_));
}

void CublasLt::search(Plan& plan, const ManyRowsArgs& args, Stream stream) {
  const auto handle = static_cast<cublasLtHandle_t>(handle_);
  if (plan.candidates.empty()) {
    cublasLtMatmulPreference_t preference = nullptr;
    check_lt(functions_->preference_create(&preference), "asking cuBLASLt");
    const std::size_t workspace_bytes = kWorkspaceBytes;
    std::array<cublasLtMatmulHeuristicResult_t, kMostCandidates> found{};
    int count = 0;
    cublasStatus_t status =
        functions_->preference_set(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
                                   &workspace_bytes, sizeof workspace_bytes);
    // It would take 256 bytes for granted, and refuse what it chose where that is not so.
    constexpr std::uint32_t kBoundary = kManyRowsBoundary;
    for (const auto operand :
         {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
          CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES}) {
      if (status != CUBLAS_STATUS_SUCCESS) break;
      status = functions_->preference_set(preference, operand, &kBoundary, sizeof kBoundary);
    }
    if (status == CUBLAS_STATUS_SUCCESS) {
      status = functions_->heuristic(handle, plan.desc, plan.weight, plan.x, plan.out, plan.out,
                                     preference, kMostCandidates, found.data(), &count);
    }
    functions_->preference_destroy(preference);
    check_lt(status, "asking cuBLASLt for an algorithm");
    for (const auto& each : std::span(found).first(static_cast<std::size_t>(count))) {
      if (each.state == CUBLAS_STATUS_SUCCESS) plan.candidates.push_back(each.algo);
    }
    if (plan.candidates.empty()) {
      throw Error(fmt::format("backend 'cuda': cuBLASLt has no algorithm for {} rows, [{}, {}]",
                              args.rows, args.out_features, args.in));
    }
    plan.algorithm = plan.candidates.front();
  }
  cudaStreamCaptureStatus recording = cudaStreamCaptureStatusNone;
  check(cudaStreamIsCapturing(stream, &recording), "asking about a recording");
  if (recording != cudaStreamCaptureStatusNone) return;
  // What was started before would share the device with what is timed.
  check(cudaStreamSynchronize(stream), "running");
  // A single one, too: what runs first loads its kernel, which no recording should have to.
  time_candidates(plan, args);
  plan.candidates.clear();
  plan.chosen = true;
}

void CublasLt::time_candidates(Plan& plan, const ManyRowsArgs& args) {
  // All operands are of its own: those of the product may have nothing in them yet, or what is to
  // be added to.
  const auto whole = [](std::int64_t bytes) {
    return static_cast<std::size_t>((bytes + 255) / 256 * 256);
  };
  const std::size_t weight_bytes =
      whole(args.out_features * args.weight_pitch * element_bytes(args.type));
  const std::size_t x_bytes = whole(args.rows * args.x_pitch * element_bytes(args.type));
  const std::size_t out_bytes =
      whole(args.rows * args.out_pitch * static_cast<std::int64_t>(sizeof(float)));
  const std::size_t bytes = weight_bytes + x_bytes + out_bytes + kWorkspaceBytes;
  void* memory = nullptr;
  if (cudaMalloc(&memory, bytes) != cudaSuccess) {
    static_cast<void>(cudaGetLastError());
    return;
  }
  const std::unique_ptr<void, decltype(&cudaFree)> kept(memory, &cudaFree);
  peak_bytes_ = std::max(peak_bytes_, bytes_ + static_cast<std::int64_t>(bytes));
  auto* const room = static_cast<std::byte*>(memory);
  ManyRowsArgs timed = args;
  timed.weight = room;
  timed.x = room + weight_bytes;
  auto* const target = reinterpret_cast<float*>(room + weight_bytes + x_bytes);
  void* const workspace = room + weight_bytes + x_bytes + out_bytes;
  fill(room, weight_bytes + x_bytes, args.type);

  Event begin, end;
  float least_ms = std::numeric_limits<float>::infinity();
  for (const cublasLtMatmulAlgo_t& candidate : plan.candidates) {
    const auto once = [&] {
      return plan.run(handle_, candidate, timed, nullptr, target, workspace, search_stream_);
    };
    if (once() != CUBLAS_STATUS_SUCCESS) continue;
    check(cudaEventRecord(begin.event, search_stream_), "timing products");
    for (int run = 0; run < kTimedRuns; ++run) static_cast<void>(once());
    check(cudaEventRecord(end.event, search_stream_), "timing products");
    check(cudaEventSynchronize(end.event), "timing products");
    float ms = 0;
    check(cudaEventElapsedTime(&ms, begin.event, end.event), "timing products");
    if (ms < least_ms) {
      least_ms = ms;
      plan.algorithm = candidate;
    }
  }
}

void CublasLt::fill(std::byte* to, std::size_t bytes, Packing type) const {
  constexpr std::size_t kPattern = std::size_t{1} << 20U;
  std::vector<std::uint32_t> words(std::min(bytes, kPattern) / sizeof(std::uint32_t));
  RandomWords random(kSeed);
  std::ranges::generate(words, [&] { return random.of(type); });
  std::size_t done = words.size() * sizeof(std::uint32_t);
  check(cudaMemcpyAsync(to, words.data(), done, cudaMemcpyHostToDevice, search_stream_),
        "copying to the device");
  for (; done < bytes; done += std::min(done, bytes - done)) {
    check(cudaMemcpyAsync(to + done, to, std::min(done, bytes - done), cudaMemcpyDeviceToDevice,
                          search_stream_),
          "copying on the device");
  }
  check(cudaStreamSynchronize(search_stream_), "copying on the device");
}

CublasLt::Plan& CublasLt::plan_for(const ManyRowsArgs& args, Stream stream) {
  const Key key{args.type,         args.out_features, args.rows,      args.in,
                args.weight_pitch, args.x_pitch,      args.out_pitch, args.addend != nullptr};
  auto known = plans_.find(key);
  if (known == plans_.end()) {
    known = plans_.emplace(key, std::make_unique<Plan>(functions_, args)).first;
  }
  if (!known->second->chosen) search(*known->second, args, stream);
  return *known->second;
}

void CublasLt::multiply(const ManyRowsArgs& args, Stream stream) {
  const Plan& plan = plan_for(args, stream);
  check_lt(plan.run(handle_, plan.algorithm, args, args.addend, args.out, workspace_, stream),
           "a product of many rows");
}

}  // namespace ridgepoint::cuda
