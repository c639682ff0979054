// The device's kernels as the planner sees them: what each is told, and one table of functions that
// start them. The table is there twice: compiled by nvcc, and by the tests for an emulated device.
//
// Rows are row-major f32 unless something else is said. What changes from run to run, the number of
// tokens that the caches hold, is read from device memory (`past`), so that launches can be
// recorded once and played again.
#pragma once

#include "backends/cuda/kernels/matrix.h"

struct CUstream_st;

namespace ridgepoint::cuda {

using Stream = CUstream_st*;

/// Stands where a stream would: what is started on it is brought to the device, and not started.
inline Stream only_loading() {
  static char place;
  return reinterpret_cast<Stream>(&place);
}

/// Activations as products want them: rows of whole units, the last filled up with zeros. `codes`
/// have a scale for each unit, `row_codes` and `e4m3` one for each row.
enum class Packing : std::uint8_t { none, codes, floats, f16, bf16, tf32, e4m3, row_codes };

struct Packed {
  Packing packing = Packing::none;
  void* numbers = nullptr;  ///< [rows, units * 32] of int8, f32, f16, bf16 or e4m3
  float* scales = nullptr;  ///< of codes: [rows, units]; of row_codes and e4m3: [rows]
  std::uint32_t* sums =
      nullptr;  ///< of codes: sums of each 16, as two signed halves; [rows, units]
  std::int64_t units = 0;
};

// ---- products of few rows ----

inline constexpr int kMostFewRows = 8;
inline constexpr int kMostParts = 3;
inline constexpr int kOutputsAWarp = 2;

/// out[r, o] = sum of matrix[o, i] * x[r, i], + bias[o], + addend[r, o] where there are such.
struct ProductPart {
  Matrix matrix = {};
  float* out = nullptr;           ///< [rows, matrix.out]
  const float* bias = nullptr;    ///< null: none
  const float* addend = nullptr;  ///< null: none; may be `out`
};
/// Products of one input: all matrices of one format.
struct FewRowsArgs {
  ProductPart parts[kMostParts] = {};
  int count = 1;
  /// Of two parts, gate and up, alike in shape: out of the first = silu(gate) * up, and neither by
  /// itself; no bias, no addend.
  bool gated = false;
  int split = 1;  ///< warps that share the inputs of their outputs: 1, 2, 4 or 8
  Packed x = {};  ///< codes or floats, as the format takes them
  int rows = 1;   ///< at most kMostFewRows
};

/// More rows than kMostFewRows: up to so many the weights are decoded as they are multiplied.
inline constexpr std::int64_t kMostSomeRows = 64;
struct SomeRowsArgs {
  ProductPart part = {};
  Packed x =
      {};  ///< f16; with fp8 weights also e4m3, with q8_row row_codes: nothing is decoded then
  std::int64_t rows = 0;
  int parts = 2;  ///< of a block, that share the inputs; 4 only where nothing is decoded
};

/// Rows [begin, begin + rows) of a matrix as f16 or bf16: [rows, units * 32].
struct DequantiseArgs {
  Matrix matrix = {};
  std::int64_t begin = 0, rows = 0;
  bool to_bf16 = false;
  std::uint16_t* out = nullptr;
};

// ---- products of many rows in eight bits (eight_bits.cuh) ----

struct PackRowsArgs {
  const float* x = nullptr;
  std::int64_t rows = 0, length = 0;
  Packed packed = {};  ///< row_codes or e4m3
};

/// out[r, o] = sums[r, o] * x_scales[r] * the matrix's scale of o, + bias[o], + addend[r, o].
struct ScaleSumsArgs {
  ProductPart part = {};        ///< its matrix has one scale a row, and a multiple of four rows
  const float* sums = nullptr;  ///< [rows, matrix.out]; may be part.out, if part.addend is not
  bool whole_numbers = false;   ///< of sums: 32-bit integers
  const float* x_scales = nullptr;
  std::int64_t rows = 0;
};

// ---- rows ----

struct PackArgs {
  const float* x = nullptr;
  std::int64_t rows = 0, length = 0;
  Packed packed = {};
};

/// Root-mean-square norm, or where there is a bias, layer norm.
struct NormArgs {
  const float* x = nullptr;
  const float* weight = nullptr;
  const float* bias = nullptr;  ///< null: root mean square
  float epsilon = 0;
  std::int64_t rows = 0, length = 0;
  float* out = nullptr;
  Packed packed = {};  ///< the same rows, packed as well
};

enum class Elementwise : std::uint8_t { add, bias, silu_gate, gelu_tanh, gelu_exact };
struct ElementwiseArgs {
  Elementwise what = Elementwise::add;
  const float* left = nullptr;
  const float* right = nullptr;  ///< of bias [length], of a gate and an addition [rows, length]
  std::int64_t rows = 0, length = 0;
  float* out = nullptr;
  Packed packed = {};
};

struct SoftmaxArgs {
  const float* x = nullptr;
  std::int64_t rows = 0, length = 0;
  float* out = nullptr;
};

/// out[r] = table[index(r)] (+ addend[r]); index is tokens[r], or past + r % tokens_a_sequence.
struct LookupArgs {
  Matrix table = {};
  const std::int32_t* tokens = nullptr;  ///< null: positions
  const float* addend = nullptr;
  const std::int64_t* past = nullptr;
  std::int64_t rows = 0, tokens_a_sequence = 1;
  float* out = nullptr;
};

/// out[s] = x[s * tokens + tokens - 1]
struct SelectArgs {
  const float* x = nullptr;
  std::int64_t batch = 0, tokens = 0, length = 0;
  float* out = nullptr;
};

// ---- attention ----

enum class KvType : std::uint8_t { f32, f16, bf16, e4m3 };
RIDGEPOINT_BOTH_SIDES constexpr int kv_bytes(KvType type) {
  return type == KvType::f32 ? 4 : type == KvType::e4m3 ? 1 : 2;
}

/// One cache value: [sequence][head][position][pitch], a head's elements filled up with zeros to a
/// multiple of eight.
struct HeadCache {
  KvType type = KvType::f16;
  void* data = nullptr;
  std::int64_t heads = 0, capacity = 0, dim = 0, pitch = 0;  ///< pitch in elements
};

/// What becomes of the heads of one row: turned by its position, stored, or both.
struct HeadJob {
  const float* x = nullptr;  ///< [rows, heads * dim]
  std::int64_t heads = 0;
  bool rotate = false;
  float* out = nullptr;  ///< null: nowhere but the cache; may be `x`
  HeadCache cache = {};  ///< data null: none
};
struct HeadsArgs {
  HeadJob jobs[3] = {};
  int count = 1;
  std::int64_t rows = 0, tokens = 1, dim = 0;
  bool adjacent = true;            ///< else halves (workloads/ops/rope.h)
  const float* cosines = nullptr;  ///< [capacity, dim / 2]; of a run's own positions [tokens, ...]
  const float* sines = nullptr;
  bool own_positions = false;
  const std::int64_t* past = nullptr;
};

inline constexpr int kMostTile = 8;         // queries that read a key together
inline constexpr int kAttentionBlock = 64;  // positions

struct AttentionArgs {
  const float* query = nullptr;  ///< [batch * tokens, heads * dim]
  HeadCache keys = {}, values = {};
  std::int64_t batch = 0, tokens = 0, heads = 0;
  float scale = 1;
  bool on_tensor_cores = false;  ///< then 64 queries a block, in one part, or 16
  int tile = 1;                  ///< queries of one key-value head a block: 1, 4, 8, 16 or 64
  std::int64_t splits = 1;
  const std::int64_t* past = nullptr;
  float* partial =
      nullptr;           ///< [batch, kv heads, queries a head, splits, dim + 2] where splits > 1
  float* out = nullptr;  ///< the query's shape
};

// ---- sampling ----

inline constexpr int kSampleParts = 32;

struct SampleArgs {
  const float* logits = nullptr;
  std::int64_t batch = 0, vocab = 0;
  double temperature = 0;
  std::int64_t top_k = 0;
  std::uint64_t seed = 0;
  std::int64_t tokens = 1;
  const std::int64_t* past = nullptr;
  std::uint32_t* arrived = nullptr;  ///< [batch], zeros before and after each launch
  float* best = nullptr;             ///< [batch, kSampleParts]
  std::int32_t* best_at = nullptr;   ///< [batch, kSampleParts]
  std::int32_t* out = nullptr;
};

// ---- what the device can do at the most (ceilings.cuh) ----

enum class StreamKind : std::uint8_t { load, store, copy, triad };
inline constexpr std::int64_t kBlockPermutation = 7919;  ///< prime, and larger than most grids

/// to = from, from + factor * other, or factor; `count` pieces of 16 bytes, `turns` times. Of
/// loads, each thread leaves the exclusive or of what it saw at to[its number]: [blocks * 512].
struct StreamArgs {
  StreamKind kind = StreamKind::load;
  const Sixteen* from = nullptr;
  const Sixteen* other = nullptr;
  Sixteen* to = nullptr;
  std::int64_t count = 0, turns = 1, blocks = 1;
  float factor = 0.5F;
};

enum class TileType : std::uint8_t { f16, bf16, tf32, int8, e4m3 };
/// Inputs of a tile of 16 by 8 outputs.
constexpr std::int64_t tile_inputs(TileType type) {
  return type == TileType::tf32 ? 8 : type == TileType::f16 || type == TileType::bf16 ? 16 : 32;
}

enum class ChainKind : std::uint8_t { shared, fma, tile, warpgroup_tile };
inline constexpr int kChainThreads = 256;
inline constexpr int kChainSeeds = 256;
inline constexpr int kSharedLoads = 8;  ///< a turn and thread, of 16 bytes
/// Word `word` of what a thread puts into shared memory: no two threads the same.
RIDGEPOINT_BOTH_SIDES std::uint32_t shared_word(const std::uint32_t* seeds, int thread, int word) {
  return seeds[(thread * 4 + word) % kChainSeeds] + static_cast<std::uint32_t>(thread);
}
inline constexpr int kFmaChains = 16;  ///< a thread
inline constexpr int kTileChains = 8;  ///< a warp

// Of warpgroup_tile: two warpgroups a block, each with 64 rows, and 256 columns for both.
inline constexpr int kWarpgroups = 2, kWarpgroupSteps = 4;  ///< steps: products a turn
inline constexpr int kWarpgroupOperandRows = kWarpgroups * 64 + 256;
inline constexpr int kWarpgroupOuts = 128;  ///< sums a thread
/// Which seed is word `word` of a row of inputs; columns' rows follow the rows'.
RIDGEPOINT_BOTH_SIDES constexpr int operand_seed(int row, int word) {
  return (row * 41 + word) % kChainSeeds;
}

struct ChainArgs {
  ChainKind kind = ChainKind::fma;
  TileType tile = TileType::f16;
  std::int64_t turns = 1, blocks = 1;
  const std::uint32_t* seeds = nullptr;  ///< [kChainSeeds]
  /// [blocks * kChainThreads], of tiles four times that, of warpgroups' kWarpgroupOuts times that
  std::uint32_t* out = nullptr;
};

struct ClockArgs {
  std::uint64_t spin_ns = 50'000;
  std::uint64_t* out = nullptr;  ///< cycles, and nanoseconds in which they went by
};

struct Launches {
  void (*few_rows)(const FewRowsArgs&, Stream) = nullptr;
  void (*some_rows)(const SomeRowsArgs&, Stream) = nullptr;
  void (*dequantise)(const DequantiseArgs&, Stream) = nullptr;
  void (*pack_rows)(const PackRowsArgs&, Stream) = nullptr;
  void (*scale_sums)(const ScaleSumsArgs&, Stream) = nullptr;
  void (*pack)(const PackArgs&, Stream) = nullptr;
  void (*norm)(const NormArgs&, Stream) = nullptr;
  void (*elementwise)(const ElementwiseArgs&, Stream) = nullptr;
  void (*softmax)(const SoftmaxArgs&, Stream) = nullptr;
  void (*lookup)(const LookupArgs&, Stream) = nullptr;
  void (*select)(const SelectArgs&, Stream) = nullptr;
  void (*heads)(const HeadsArgs&, Stream) = nullptr;
  void (*attention)(const AttentionArgs&, Stream) = nullptr;
  void (*sample)(const SampleArgs&, Stream) = nullptr;
  void (*stream)(const StreamArgs&, Stream) = nullptr;
  void (*chain)(const ChainArgs&, Stream) = nullptr;
  void (*clock)(const ClockArgs&, Stream) = nullptr;
  void (*set_past)(std::int64_t* to, std::int64_t past, Stream) = nullptr;
};

}  // namespace ridgepoint::cuda
