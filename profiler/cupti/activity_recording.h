// Activity buffers kept in a file, to be read again where there is no GPU: the bytes that CUPTI
// filled, of the layout of the CUDA version whose number stands beside them, and the strings that
// their records point to, which would be gone with the process. A record's pointer is in the file
// the number of its string, counted from 1; 0 where it pointed nowhere.
//
//   "RIDGEACT", u32 1, u32 CUPTI's API version, i64 begin and end of the pass (ns, host's clock)
//   u64 count, then pairs of u64: a graph's node, the id of the op that made it
//   u64 count, then of each string u32 length and its bytes
//   u64 count, then of each buffer u64 length and its bytes
//
// All little-endian, without padding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "profiler/cupti/activity_join.h"
#include "profiler/cupti/activity_reader.h"

namespace ridgepoint {

/// What one pass left. Filled buffer by buffer, while CUPTI's strings are still there.
class ActivityRecording {
 public:
  /// Copies the buffer and its strings. Empty, or why it could not be.
  std::string add(std::span<const std::byte> buffer, NextActivityRecord next);
  void set_pass(std::int64_t begin_ns, std::int64_t end_ns, NodeOps nodes);
  [[nodiscard]] bool empty() const { return buffers_.empty(); }
  /// The file's bytes.
  [[nodiscard]] std::string encoded() const;
  /// Empty, or why it could not be written.
  [[nodiscard]] std::string write(const std::string& path) const;

 private:
  std::vector<std::vector<std::uint64_t>> buffers_;  ///< on boundaries of eight
  std::vector<std::size_t> sizes_;
  std::vector<std::string> strings_;
  NodeOps nodes_;
  std::int64_t begin_ns_ = 0, end_ns_ = 0;
};

/// What a file holds, read by the reader that reads CUPTI's own buffers.
struct RecordedActivities {
  std::uint32_t api_version = 0;
  std::int64_t begin_ns = 0, end_ns = 0;
  NodeOps nodes;
  Activities activities;
};
/// Empty, or why not: another format, another CUDA version's layout, a file that ends early.
std::string read_recorded_activities(std::string_view file, NextActivityRecord next,
                                     RecordedActivities& to);

}  // namespace ridgepoint
