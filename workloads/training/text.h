// A byte file as training windows.
//
// A window is `context` consecutive bytes to predict; its input is byte 0
// followed by all of them but the last, so the first byte is predicted from
// the separator alone. Evaluation cuts the text the same way.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <vector>

namespace ridgepoint::training {

struct Batch {
  torch::Tensor inputs;   // [batch, context], int64
  torch::Tensor targets;  ///< [batch, context], int64
};

class Text {
 public:
  explicit Text(const std::filesystem::path& path);

  [[nodiscard]] std::int64_t size_bytes() const { return static_cast<std::int64_t>(bytes_.size()); }

  /// The windows that start at `offsets`.
  [[nodiscard]] Batch windows(const std::vector<std::int64_t>& offsets, std::int64_t context) const;

 private:
  std::vector<std::uint8_t> bytes_;
};

/// Deals windows without replacement: every epoch has its own phase and order,
/// both a function of the seed, so any position can be resumed.
class WindowOrder {
 public:
  WindowOrder(std::int64_t text_bytes, std::int64_t context, std::uint64_t seed);

  /// Offsets of windows [first, first + count) of the endless sequence.
  std::vector<std::int64_t> offsets(std::int64_t first, std::int64_t count);

 private:
  void shuffle(std::int64_t epoch);

  std::int64_t text_bytes_;
  std::int64_t context_;
  std::uint64_t seed_;
  std::int64_t windows_per_epoch_;
  std::int64_t epoch_ = -1;
  std::vector<std::int64_t> epoch_offsets_;
};

}  // namespace ridgepoint::training
