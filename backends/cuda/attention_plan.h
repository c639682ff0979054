// Where heads, queries and parts of a context lie, and how an attention is cut for the device:
// index maps, for kernels and tests alike. Query j of a sequence and key-value head is token j /
// group, head j % group of the group.
#pragma once

#include "backends/cuda/kernels/launches.h"

namespace ridgepoint::cuda {

inline constexpr std::int64_t kMostHeadDim = 256;  // 128 threads of 8 elements for 4 queries

/// The element of a cache where a head's numbers of one position begin.
RIDGEPOINT_BOTH_SIDES std::int64_t cache_place(const HeadCache& cache, std::int64_t sequence,
                                               std::int64_t head, std::int64_t position) {
  return ((sequence * cache.heads + head) * cache.capacity + position) * cache.pitch;
}

RIDGEPOINT_BOTH_SIDES std::int64_t queries_a_head(const AttentionArgs& args) {
  return args.tokens * (args.heads / args.keys.heads);
}

/// The element of the activation where a query begins.
RIDGEPOINT_BOTH_SIDES std::int64_t query_place(const AttentionArgs& args, std::int64_t sequence,
                                               std::int64_t kv_head, std::int64_t query) {
  const std::int64_t group = args.heads / args.keys.heads;
  return ((sequence * args.tokens + query / group) * args.heads + kv_head * group + query % group) *
         args.keys.dim;
}

/// Where a part's maximum, total and sums of one query begin.
RIDGEPOINT_BOTH_SIDES std::int64_t partial_place(const AttentionArgs& args, std::int64_t sequence,
                                                 std::int64_t kv_head, std::int64_t query,
                                                 std::int64_t split) {
  return (((sequence * args.keys.heads + kv_head) * queries_a_head(args) + query) * args.splits +
          split) *
         (args.keys.dim + 2);
}

struct QueryTile {
  std::int64_t first, count;
};
RIDGEPOINT_BOTH_SIDES QueryTile query_tile(const AttentionArgs& args, std::int64_t tile) {
  const std::int64_t first = tile * args.tile;
  return {first, smaller_of<std::int64_t>(args.tile, queries_a_head(args) - first)};
}

/// Positions of a part, whole blocks but for the last; may be none.
struct ContextPart {
  std::int64_t begin, end;
};
RIDGEPOINT_BOTH_SIDES ContextPart context_part(std::int64_t positions, std::int64_t split,
                                               std::int64_t splits) {
  const std::int64_t blocks = whole_parts(positions, kAttentionBlock);
  const std::int64_t begin = split * blocks / splits * kAttentionBlock;
  const std::int64_t end = (split + 1) * blocks / splits * kAttentionBlock;
  return {smaller_of(begin, positions), smaller_of(end, positions)};
}

/// Lanes that read a key together: a power of two, a warp at most.
RIDGEPOINT_BOTH_SIDES int lanes_a_key(std::int64_t chunks) {
  int lanes = 1;
  while (lanes < chunks) lanes *= 2;
  return lanes;
}

/// Queries a block takes: as many as share a head, if a thread can own eight elements of each.
RIDGEPOINT_BOTH_SIDES int choose_tile(std::int64_t queries, std::int64_t pitch) {
  const int most = pitch / 8 * 8 <= 128 ? 8 : 4;
  return queries == 1 ? 1 : queries <= 4 || most == 4 ? 4 : 8;
}

inline constexpr int kTensorTile = 64;
inline constexpr int kDecodeTile = 16;  ///< the rows of one product of a warp

/// Queries of one key-value head that a block takes on tensor cores; 0: heads or KV of this kind do
/// not go there. Of a prompt with enough queries for half a tile the large one.
RIDGEPOINT_BOTH_SIDES int choose_tensor_tile(const AttentionArgs& args) {
  const bool suits = args.keys.type != KvType::f32 && args.keys.type == args.values.type &&
                     (args.keys.dim == 64 || args.keys.dim == 128);
  if (!suits) return 0;
  const bool prompt = args.tokens >= 8 && queries_a_head(args) >= kTensorTile / 2;
  return prompt ? kTensorTile : kDecodeTile;
}

inline constexpr std::int64_t kResidentBlocks = 6, kResidentDecodeBlocks = 3;

/// Parts of a context of up to `capacity` positions: enough blocks for the device, none shorter
/// than four blocks of positions. `resident`: blocks that a multiprocessor holds at once; one more
/// than all of them would wait for a whole part.
RIDGEPOINT_BOTH_SIDES std::int64_t choose_splits(std::int64_t items, std::int64_t capacity,
                                                 std::int64_t multiprocessors,
                                                 std::int64_t resident) {
  const std::int64_t wanted = resident * multiprocessors / items;
  const std::int64_t most = whole_parts(capacity, 4 * kAttentionBlock);
  const std::int64_t splits = smaller_of(wanted, most);
  return splits < 1 ? 1 : splits;
}

}  // namespace ridgepoint::cuda
