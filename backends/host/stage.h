// Stage: one step of an execution as every thread of the team sees it. Between two stages the team
// meets; a stage that needs a meeting inside calls it itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "backends/host/worker_team.h"

namespace ridgepoint {

/// Where a value's bytes are: somewhere fixed, or at an offset in the activations, whose memory
/// moves when another execution that shares the workspace needs more.
struct Place {
  std::byte* fixed = nullptr;
  std::size_t offset = 0;
};

/// What is only known when a run begins.
struct Frame {
  std::byte* activations = nullptr;
  std::byte* scratch = nullptr;
  std::int64_t past = 0;
  int part = 0;
  int parts = 1;
  WorkerTeam* team = nullptr;

  template <typename T = float>
  [[nodiscard]] T* at(const Place& place) const {
    return reinterpret_cast<T*>(place.fixed != nullptr ? place.fixed : activations + place.offset);
  }
  template <typename T = float>
  [[nodiscard]] T* scratch_at(std::size_t offset) const {
    return reinterpret_cast<T*>(scratch + offset);
  }
  void meet() const { team->meet(); }
  /// This part's share of `count` items in whole multiples of `unit`, as [first, last).
  [[nodiscard]] std::pair<std::int64_t, std::int64_t> share(std::int64_t count,
                                                            std::int64_t unit = 1) const {
    const std::int64_t units = (count + unit - 1) / unit;
    const std::int64_t first = part * units / parts * unit;
    const std::int64_t last = (part + 1) * units / parts * unit;
    return {first < count ? first : count, last < count ? last : count};
  }
  /// Calls work(frame) for shares that are `pieces` times smaller than a part's, until all are done
  /// by whichever part comes to them: one that is held up holds up the others by a piece only. In
  /// that frame `part` is no thread's number. Once between two meetings; what is to be read of
  /// other parts' pieces is there after the next.
  template <typename Work>
  void in_pieces(int pieces, Work&& work) const {
    if (pieces == 1 || parts == 1) return work(*this);
    Frame piece = *this;
    piece.parts = parts * pieces;
    while ((piece.part = team->take_piece(part, pieces)) >= 0) work(std::as_const(piece));
  }
};

struct Stage {
  std::vector<std::size_t> nodes;  ///< of the graph: whose time it is
  std::function<void(const Frame&)> work;
};

}  // namespace ridgepoint
