// MappedFeed: weights read where they are mapped; after each group its pages leave memory, so that
// the next step's first touch of each brings it from the disk again.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "harness/streaming/streamed_weights.h"

namespace ridgepoint {

class MappedFeed : public StreamedWeights {
 public:
  /// `forgets`: no, where the kernel is to choose what stays (a memory limit).
  MappedFeed(const Model& model, const StreamPlan& plan, const std::filesystem::path& scratch,
             bool forgets = true);
  ~MappedFeed() override;

  void enter(std::size_t group) noexcept override;
  void leave() override;
  [[nodiscard]] Model model() const override { return original(); }
  [[nodiscard]] std::int64_t buffer_bytes() const override;

 private:
  struct Range {
    std::span<const std::byte> memory;
    int descriptor = -1;
    std::int64_t offset = 0;
    /// Where to begin with forgetting: the page cache keeps pages together, up to megabytes of
    /// them, and lets go of none when one of them is outside. So what lies across the border to the
    /// range before goes when the second of both does.
    std::int64_t forget_from = 0;
    [[nodiscard]] std::int64_t end() const {
      return offset + static_cast<std::int64_t>(memory.size());
    }
  };

  [[nodiscard]] std::byte* memory_for(const Room& room) override;
  void filled(const Room& room) override;
  void begin();
  void join_ranges();
  void forget(std::size_t group) noexcept;
  int descriptor_of(const std::string& file);

  bool forgets_;
  std::byte* mapping_ = nullptr;  // of reordered weights
  std::size_t mapped_bytes_ = 0;
  std::vector<std::vector<Range>> ranges_;  // by group
  std::map<std::string, int> descriptors_;
  std::size_t entered_ = kNoGroup;
  std::string failure_;
};

}  // namespace ridgepoint
