#include "profiler/nvtx/nvtx_ranges.h"

#ifdef RIDGEPOINT_HAS_NVTX
#include <nvtx3/nvToolsExt.h>
#endif

#include <cstdlib>
#include <vector>

namespace ridgepoint {

#ifdef RIDGEPOINT_HAS_NVTX

struct NvtxRanges::State {
  const SpanRecorder& recorder;
  nvtxDomainHandle_t domain;
  std::vector<std::vector<nvtxStringHandle_t>> names{};  ///< by source and op
};

NvtxRanges::NvtxRanges(const SpanRecorder& recorder)
    : state_(std::make_unique<State>(State{recorder, nvtxDomainCreateA("ridgepoint")})) {}

NvtxRanges::~NvtxRanges() {
  nvtxDomainDestroy(state_->domain);
}

bool NvtxRanges::is_listened_to() {
  return std::getenv("NVTX_INJECTION64_PATH") != nullptr;
}

void NvtxRanges::prepare() {
  const auto sources = state_->recorder.sources();
  for (std::size_t i = state_->names.size(); i < sources.size(); ++i) {
    std::vector<nvtxStringHandle_t> names;
    for (const std::string& op_id : sources[i].op_ids) {
      names.push_back(nvtxDomainRegisterStringA(state_->domain, op_id.c_str()));
    }
    state_->names.push_back(std::move(names));
  }
}

void NvtxRanges::begin(std::uint32_t source, std::uint32_t op) noexcept {
  nvtxEventAttributes_t event{};
  event.version = NVTX_VERSION;
  event.size = NVTX_EVENT_ATTRIB_STRUCT_SIZE;
  event.payloadType = NVTX_PAYLOAD_TYPE_UNSIGNED_INT64;
  event.payload.ullValue = op;
  event.messageType = NVTX_MESSAGE_TYPE_REGISTERED;
  // What is not named is pushed without a name: each end() needs its begin().
  if (source < state_->names.size() && op < state_->names[source].size()) {
    event.message.registered = state_->names[source][op];
  }
  nvtxDomainRangePushEx(state_->domain, &event);
}

void NvtxRanges::end() noexcept {
  nvtxDomainRangePop(state_->domain);
}

#else

struct NvtxRanges::State {};
NvtxRanges::NvtxRanges(const SpanRecorder& recorder) {
  static_cast<void>(recorder);
}
NvtxRanges::~NvtxRanges() = default;
bool NvtxRanges::is_listened_to() {
  return false;
}
void NvtxRanges::prepare() {}
void NvtxRanges::begin(std::uint32_t source, std::uint32_t op) noexcept {
  static_cast<void>(source);
  static_cast<void>(op);
}
void NvtxRanges::end() noexcept {}

#endif

}  // namespace ridgepoint
