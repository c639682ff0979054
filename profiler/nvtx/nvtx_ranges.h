// Spans as NVTX ranges, for Nsight Systems and whoever else injects itself through NVTX. Built
// without the header of the CUDA Toolkit nothing of it is left.
#pragma once

#include <cstdint>
#include <memory>

#include "profiler/span_recorder.h"

namespace ridgepoint {

class NvtxRanges : public SpanListener {
 public:
  /// `recorder` must outlive it.
  explicit NvtxRanges(const SpanRecorder& recorder);
  ~NvtxRanges() override;
  NvtxRanges(const NvtxRanges&) = delete;
  NvtxRanges& operator=(const NvtxRanges&) = delete;

  /// Whether a tool asked to be told (NVTX_INJECTION64_PATH), and this was built with NVTX.
  static bool is_listened_to();
  /// Registers the names that the recorder has learnt since; ops that are not registered have no
  /// name. Allocates, so it is called outside of timed regions.
  void prepare();

  void begin(std::uint32_t source, std::uint32_t op) noexcept override;
  void end() noexcept override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ridgepoint
