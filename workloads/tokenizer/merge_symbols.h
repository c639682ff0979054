// Byte-pair encoding's loop, for any table of merges: of all neighbours that may be merged the best
// pair is, the leftmost among equals, until none is left. O(n log n) by a heap of candidates, some
// of which are stale when they come up.
#pragma once

#include <cstdint>
#include <optional>
#include <queue>
#include <vector>

namespace ridgepoint {

/// A part of a text under construction; `id` below 0: no token yet.
struct MergeSymbol {
  std::int32_t id = -1;
  std::uint32_t start = 0, bytes = 0;     ///< within the text
  std::int32_t previous = -1, next = -1;  ///< neighbours still there; -1: none
};

/// What two neighbours would become, and how soon: lower goes first.
struct MergeCandidate {
  double priority = 0;
  std::int32_t id = -1;
};

/// Links the symbols in their order, then merges; what is left begins at symbols[0] and follows
/// `next`. `find(left, right)` is an optional<MergeCandidate>.
template <class Find>
void merge_symbols(std::vector<MergeSymbol>& symbols, Find&& find) {
  struct Entry {
    double priority;
    std::int32_t left, right, id;
    std::uint32_t bytes;  ///< of both, when they were put in
    bool operator<(const Entry& other) const {
      return priority > other.priority || (priority == other.priority && left > other.left);
    }
  };
  std::priority_queue<Entry> queue;
  const auto symbol = [&](std::int32_t i) -> MergeSymbol& {
    return symbols[static_cast<std::size_t>(i)];
  };
  const auto offer = [&](std::int32_t left, std::int32_t right) {
    if (left < 0 || right < 0) return;
    if (const std::optional<MergeCandidate> found = find(symbol(left), symbol(right))) {
      queue.push(
          {found->priority, left, right, found->id, symbol(left).bytes + symbol(right).bytes});
    }
  };
  const auto count = static_cast<std::int32_t>(symbols.size());
  for (std::int32_t i = 0; i < count; ++i) {
    symbol(i).previous = i - 1;
    symbol(i).next = i + 1 < count ? i + 1 : -1;
  }
  for (std::int32_t i = 1; i < count; ++i) offer(i - 1, i);
  while (!queue.empty()) {
    const Entry best = queue.top();
    queue.pop();
    MergeSymbol& left = symbol(best.left);
    MergeSymbol& right = symbol(best.right);
    // A part that was merged away has no bytes; one that grew makes another sum.
    if (left.bytes == 0 || right.bytes == 0 || left.next != best.right ||
        left.bytes + right.bytes != best.bytes) {
      continue;
    }
    left.id = best.id;
    left.bytes += right.bytes;
    right.bytes = 0;
    left.next = right.next;
    if (right.next >= 0) symbol(right.next).previous = best.left;
    offer(left.previous, best.left);
    offer(best.left, left.next);
  }
}

}  // namespace ridgepoint
