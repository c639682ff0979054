// StreamedWeights: what all feeds of weights from a disk share. Which group a weight is in, where
// in a file it lies, and a file of its own for weights that a backend puts into another order: they
// are written once, when an execution is prepared, and brought back from there like the others.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "backends/weight_feed.h"
#include "harness/streaming/stream_plan.h"
#include "profiler/reading.h"
#include "workloads/models/model.h"

namespace ridgepoint {

/// Bytes of a file.
struct FilePart {
  std::string file;
  std::int64_t offset = 0, bytes = 0;
};

class StreamedWeights : public WeightFeed {
 public:
  static constexpr std::int64_t kPageBytes = 4096;
  /// Weights that lie nearer together than this go together: between them are norms, or nothing.
  static constexpr std::int64_t kNearBytes = std::int64_t{64} << 10;

  StreamedWeights(const StreamedWeights&) = delete;
  StreamedWeights& operator=(const StreamedWeights&) = delete;
  ~StreamedWeights() override;

  [[nodiscard]] std::size_t group_of(std::string_view weight) const override;
  [[nodiscard]] std::byte* room(std::string_view weight, std::int64_t bytes) override;
  void keep(std::string_view weight) override;

  /// The model with its weights where this feed brings them, which must outlive it.
  [[nodiscard]] virtual Model model() const = 0;
  /// Memory that streaming takes beside the weights that stay: buffers.
  [[nodiscard]] virtual std::int64_t buffer_bytes() const = 0;

  /// What is read for one step: of the model's files, and of the reordered ones' own.
  [[nodiscard]] std::int64_t step_bytes() const;
  /// Share of those bytes that the page cache holds now.
  [[nodiscard]] Reading<double> cached_share() const;

 protected:
  struct Room {
    std::size_t group = 0;
    std::int64_t offset = 0, bytes = 0;  ///< in the file of reordered weights; whole pages
    std::byte* memory = nullptr;
  };

  /// `scratch` names the file of reordered weights, which is made when there are any. The plan's
  /// groups that are not resident are this feed's, numbered from 0. Error when a file cannot be
  /// opened.
  StreamedWeights(Model model, const StreamPlan& plan, std::filesystem::path scratch);
  /// Memory for a reordered weight of a group, to be filled now.
  [[nodiscard]] virtual std::byte* memory_for(const Room& room) = 0;
  /// It is filled.
  virtual void filled(const Room& room) = 0;

  /// Ends the time of making room: everything written is on the disk, and nothing that will be
  /// streamed is in the page cache. Error when it cannot be written.
  void seal();
  [[nodiscard]] bool sealed() const { return sealed_; }

  [[nodiscard]] const std::vector<StreamGroup>& groups() const { return groups_; }
  /// Of a group, as they are streamed: weights used where they lie, then reordered ones.
  [[nodiscard]] std::vector<FilePart> parts_of(std::size_t group) const;
  [[nodiscard]] std::int64_t reordered_bytes() const;  ///< of all groups, at the most
  [[nodiscard]] const Model& original() const { return model_; }
  [[nodiscard]] const std::filesystem::path& scratch() const { return scratch_; }
  [[nodiscard]] int scratch_descriptor() const { return scratch_descriptor_; }

 private:
  Model model_;
  std::vector<StreamGroup> groups_;
  std::map<std::string, std::size_t, std::less<>> group_of_;
  std::map<std::string, Room, std::less<>> rooms_;
  std::filesystem::path scratch_;
  int scratch_descriptor_ = -1;
  std::int64_t scratch_bytes_ = 0;
  bool sealed_ = false;
};

}  // namespace ridgepoint
