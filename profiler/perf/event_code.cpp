#include "profiler/perf/event_code.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <linux/perf_event.h>

#include <cstddef>

namespace ridgepoint {
namespace {

// The binary interface of libpfm.so.4, as far as it is used here.
constexpr int kPfmSuccess = 0;
constexpr int kPfmUserLevel = 8;
constexpr int kPfmForPerfEvent = 1;

struct PfmRequest {
  perf_event_attr* attributes = nullptr;
  char** full_name = nullptr;
  std::size_t size = sizeof(PfmRequest);
  int index = 0, cpu = 0, flags = 0, padding = 0;
};

class Pfm {
 public:
  explicit Pfm(const std::string& library) : handle_(dlopen(library.c_str(), RTLD_NOW)) {
    if (handle_ == nullptr) {
      why_ = fmt::format("no {} here, which knows events by name (Debian: libpfm4)", library);
      return;
    }
    int (*initialise)() = nullptr;
    if (!find("pfm_initialize", initialise) || !find("pfm_strerror", text_of_) ||
        !find("pfm_get_os_event_encoding", encode_)) {
      why_ = fmt::format("{}: without the functions that are needed", library);
      return;
    }
    if (const int status = initialise(); status != kPfmSuccess) {
      why_ = fmt::format("libpfm4: {}", text_of_(status));
    }
  }

  [[nodiscard]] const std::string& why() const { return why_; }

  [[nodiscard]] Reading<EventCode> look_up(const std::string& name) const {
    if (!why_.empty()) return Reading<EventCode>::absent(why_);
    perf_event_attr attributes{};
    attributes.size = sizeof attributes;
    PfmRequest request;
    request.attributes = &attributes;
    const int status = encode_(name.c_str(), kPfmUserLevel, kPfmForPerfEvent, &request);
    if (status != kPfmSuccess) {
      return Reading<EventCode>::absent(fmt::format("libpfm4: {}: {}", name, text_of_(status)));
    }
    return Reading<EventCode>::of({attributes.type, attributes.config, attributes.config1});
  }

 private:
  template <typename Function>
  bool find(const char* name, Function& to) {
    to = reinterpret_cast<Function>(dlsym(handle_, name));
    return to != nullptr;
  }

  void* handle_;  // stays open
  int (*encode_)(const char*, int, int, void*) = nullptr;
  const char* (*text_of_)(int) = nullptr;
  std::string why_;
};

const Pfm& pfm_of_this_process() {
  static const Pfm kPfm(kPfmLibrary);
  return kPfm;
}

}  // namespace

Reading<EventCode> look_up_event(const std::string& name) {
  return pfm_of_this_process().look_up(name);
}

std::string why_no_pfm(const std::string& library) {
  return library == kPfmLibrary ? pfm_of_this_process().why() : Pfm(library).why();
}

}  // namespace ridgepoint
