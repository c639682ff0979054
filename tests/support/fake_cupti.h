// The library that stands for CUPTI and the driver (unit/profiler/cupti/fake_cupti.cpp), as tests
// speak to it. Begins anew for each of them; `path` is empty where the build has no CUPTI.
#pragma once

#include <dlfcn.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace ridgepoint::testing {

class FakeCuptiLibrary {
 public:
  FakeCuptiLibrary() {
    const std::string file = std::string(RIDGEPOINT_BINARY_DIR) + "/tests/libfake_cupti.so";
    if (!std::filesystem::exists(file)) return;
    path = file;
    handle_ = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    find("fake_reset", reset);
    find("fake_fail", fail);
    find("fake_launch", launch);
    find("fake_record_node", record_node);
    find("fake_play", play);
    find("fake_drop", drop);
    find("fake_enabled", enabled);
    find("fake_subscribers", subscribers);
    find("fake_passes", passes);
    find("fake_drop_ranges", drop_ranges);
    find("fake_most_ranges", most_ranges);
    find("fake_decodings", decodings);
    reset();
  }
  ~FakeCuptiLibrary() {
    if (handle_ != nullptr) reset();  // never closed, as the true one is not
  }
  FakeCuptiLibrary(const FakeCuptiLibrary&) = delete;
  FakeCuptiLibrary& operator=(const FakeCuptiLibrary&) = delete;

  std::string path;
  void (*reset)() = nullptr;
  void (*fail)(const char* function, int status) = nullptr;
  void (*launch)(const char* name, std::uint64_t begin_ns, std::uint64_t end_ns) = nullptr;
  void (*record_node)(std::uintptr_t node, std::uintptr_t original) = nullptr;
  void (*play)(std::uint64_t first, std::uint64_t count, std::uint64_t begin_ns,
               std::uint64_t each_ns) = nullptr;
  void (*drop)(std::size_t) = nullptr;
  int (*enabled)() = nullptr;
  int (*subscribers)() = nullptr;
  void (*passes)(std::size_t) = nullptr;
  void (*drop_ranges)(std::size_t) = nullptr;
  void (*most_ranges)(std::size_t) = nullptr;
  void (*decodings)(std::size_t) = nullptr;

 private:
  template <typename Function>
  void find(const char* name, Function& to) {
    to = reinterpret_cast<Function>(dlsym(handle_, name));
  }
  void* handle_ = nullptr;
};

}  // namespace ridgepoint::testing
