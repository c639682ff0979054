// Activities: what a GPU did and what asked for it, as CUPTI's records tell it, in structures of
// our own: what joins them to ops (activity_join.h) needs no header of CUPTI and no GPU.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ridgepoint {

/// A kernel, a copy or a fill of memory.
struct DeviceActivity {
  enum class Kind : std::uint8_t { kernel, copy, fill };
  Kind kind = Kind::kernel;
  std::int64_t begin_ns = 0, end_ns = 0;
  std::uint32_t correlation = 0;  ///< of the call that started it; a graph's nodes share one
  std::uint32_t stream = 0;
  std::uint64_t graph_node = 0;  ///< 0: it was started by itself
  std::int64_t bytes = 0;        ///< of copies and fills
  std::uint32_t name = 0;        ///< place in Activities::names
};

/// A call of CUDA by the program.
struct CudaCall {
  std::int64_t begin_ns = 0, end_ns = 0;
  std::uint32_t correlation = 0, thread = 0;
};

/// A range of NVTX that was open on a thread.
struct NvtxRange {
  std::int64_t begin_ns = 0, end_ns = 0;  ///< end 0: its end has not come
  std::uint32_t thread = 0, name = 0;
};

struct Activities {
  std::vector<DeviceActivity> on_device;
  std::vector<CudaCall> calls;
  std::vector<NvtxRange> ranges;
  std::map<std::uint32_t, std::uint64_t> external;  ///< by correlation: the id that was pushed
  std::vector<std::string> names;
  std::map<std::string, std::uint32_t, std::less<>> places;  ///< in names
  std::map<std::uint32_t, std::size_t> open_ranges;          ///< in ranges, by marker id
  std::int64_t overhead_ns = 0;   ///< what CUPTI says that it took itself
  std::size_t without_times = 0;  ///< records of the device that have no stamps: left out
  std::size_t not_read = 0;       ///< records of kinds that are not asked for
  std::size_t dropped = 0;        ///< records that CUPTI had no room for
  std::size_t cut = 0;            ///< buffers that were not read to their end

  /// The place of a name, which is added where it is new.
  std::uint32_t name(std::string_view text);
};

}  // namespace ridgepoint
