// The inner loops of the host backends, as one table of functions for each instruction set. They
// compute on plain pointers, know nothing of graphs or threads, and throw nothing: the caller
// checks shapes and hands each thread a range of its own.
//
// Quantised weights come in tiles of kTileRows output features (TiledMatrix), so that no product
// needs a sum across lanes. Of most forms the codes of four neighbouring inputs of each feature lie
// side by side: what one instruction multiplies with four broadcast activations, which come as
// blocks of kBlock signed bytes with a scale each (QuantisedRows). The codes of the others become
// floats on the way, and are multiplied with activations as they are (takes_floats).
#pragma once

#include <cstddef>
#include <cstdint>

#include "backends/host/isa.h"
#include "backends/host/read_walk.h"
#include "workloads/tensor/type.h"

namespace ridgepoint::host {

inline constexpr std::int64_t kTileRows = 16;
inline constexpr std::int64_t kBlock = 32;  ///< activations that share a scale

/// Rows of f32 activations, `stride` elements apart.
struct FloatRows {
  const float* data = nullptr;
  std::int64_t stride = 0;
};

/// Activations as x = scale * code, a last block filled up with zeros. Row r, block b:
/// codes[r * code_stride + b * 32 ...],
/// scales[r * scale_stride + b], and the sums of the codes of its two halves at
/// sums[r * 2 * scale_stride + 2 * b ...].
struct QuantisedRows {
  std::int8_t* codes = nullptr;
  float* scales = nullptr;
  std::int32_t* sums = nullptr;
  std::int64_t code_stride = 0;
  std::int64_t scale_stride = 0;
};

/// How a tile's codes and scales lie.
///   signed8    q8_0, q8_g..: w = d * code. A tile's block of 32 inputs: 8 vectors of 64 signed
///              bytes.
///   signed8_channel   q8_channel: the same, with one f32 d for the whole row.
///   nibble     q4_0: w = d * (code - 8). 4 vectors; vector v has inputs 4v.. in its low nibbles
///   and
///              16 + 4v.. in its high ones.
///   five       q5_0: w = d * (code - 16). Low nibbles in 4 vectors as above; in a fifth bit k of
///   byte
///              4r + j is the highest of input 4k + j of row r.
///   nibble_k   q4_K: w = d * s * code - m * t. Codes as nibble; for each super-block of 256 inputs
///              and each row f32 d and m once, for each block of 32 inputs bytes s and t.
///   six        q6_K: w = d * s * (code - 32), s a signed byte for 16 inputs. A block of 32 inputs:
///   4
///              vectors of low nibbles as above, 2 vectors of high bits: vector h, bit pair p:
///              inputs 16h + 4p...
///   nibble_zero   w4_..: w = d * (code - zero), f16 d and zero once a group. 4 vectors; lane r of
///              vector v has inputs 8v... of row r, one in every four bits from the lowest on, each
///              as code - 8 in two's complement. Takes floats.
///   e4m3       fp8: w = d * code, code read as an E4M3 number times 2^-8, f32 d once a row and NaN
///              where a code of the row is. 8 vectors; byte b of 16-bit lane 16h + r of vector v:
///              input 4v + 2h + b of row r. Takes floats.
enum class TileForm : std::uint8_t {
  signed8,
  signed8_channel,
  nibble,
  five,
  nibble_k,
  six,
  nibble_zero,
  e4m3
};

/// Whether products of a form multiply with float activations, not with quantised ones.
constexpr bool takes_floats(TileForm form) {
  return form == TileForm::nibble_zero || form == TileForm::e4m3;
}

/// Quantised weights [out, in], tile after tile; within a tile block after block.
struct TiledMatrix {
  TileForm form = TileForm::signed8;
  std::int64_t out = 0, in = 0;  ///< as the weight has them; tiles are filled up with zero rows
  const std::uint8_t* codes = nullptr;
  const std::byte* scales = nullptr;
  std::int64_t code_bytes_per_block = 0;   ///< of one tile
  std::int64_t scale_bytes_per_group = 0;  ///< of one tile
  std::int64_t group = kBlock;             ///< inputs that share scales, in whole blocks
  ReadWalk walk = walk_of_this_cpu();

  /// The last one is filled up.
  [[nodiscard]] std::int64_t blocks() const { return (in + kBlock - 1) / kBlock; }
  [[nodiscard]] std::int64_t groups() const { return blocks() * kBlock / group; }
  [[nodiscard]] std::int64_t tiles() const { return (out + kTileRows - 1) / kTileRows; }
};

/// Plain weights [out, in], row after row, as a file stores them; any alignment.
struct PlainMatrix {
  static constexpr bool takes(Type type) {
    return type == Type::f32 || type == Type::f16 || type == Type::bf16;
  }
  Type type = Type::f32;  ///< one that it takes
  std::int64_t out = 0, in = 0;
  const std::byte* data = nullptr;
  ReadWalk walk = walk_of_this_cpu();
};

/// Quantised weights [out, in] where a file has them: row after row of blocks, as GGUF lays them
/// (workloads/tensor/type.h); any alignment. Nothing behind the last block is read.
struct BlockMatrix {
  static constexpr bool takes(Type type) {
    return type == Type::q8_0 || type == Type::q4_k || type == Type::q6_k;
  }
  Type type = Type::q8_0;        ///< one that it takes
  std::int64_t out = 0, in = 0;  ///< `in` in whole blocks of the type
  const std::uint8_t* data = nullptr;
  ReadWalk walk = walk_of_this_cpu();

  /// Of 32 inputs.
  [[nodiscard]] std::int64_t blocks() const { return in / kBlock; }
  [[nodiscard]] std::int64_t tiles() const { return (out + kTileRows - 1) / kTileRows; }
};

/// Where a product goes: output[r * stride + o] = product + bias[o] + addend[r * addend_stride +
/// o], with what is null left out. `addend` may be `output` itself.
struct ProductTarget {
  float* output = nullptr;
  std::int64_t stride = 0;
  const float* bias = nullptr;
  const float* addend = nullptr;
  std::int64_t addend_stride = 0;

  /// For a product that is taken in slices of its inputs: later ones add to what the first stored.
  [[nodiscard]] ProductTarget onto_output() const {
    return {.output = output, .stride = stride, .addend = output, .addend_stride = stride};
  }
};

/// A cache of one sequence and one key-value head. Keys in groups of 16 positions:
/// keys[(p / 16 * dim + d) * 16 + p % 16]; values row by row: values[p * dim + d].
struct HeadCache {
  Type type = Type::f16;  ///< one that holds KV
  std::byte* keys = nullptr;
  std::byte* values = nullptr;
};

/// One tile of queries that share a key-value head, over the positions [begin, end).
struct AttentionTile {
  HeadCache cache;
  std::int64_t dim = 0;
  std::int64_t queries = 0;             ///< at most Kernels::attention_queries
  const float* const* query = nullptr;  ///< [queries] vectors of dim, not scaled
  const std::int64_t* seen = nullptr;   ///< [queries] a query sees the positions below this
  float scale = 1;
  std::int64_t begin = 0, end = 0;  ///< begin is a multiple of 16
  // Running softmax: what has been seen so far, brought up to date.
  float* most = nullptr;     ///< [queries] largest score so far, -infinity at first
  float* total = nullptr;    ///< [queries] sum of exp(score - most)
  float* sums = nullptr;     ///< [queries, dim] sum of exp(score - most) * value
  float* scratch = nullptr;  ///< queries * (kAttentionPositions + dim)
};
inline constexpr std::int64_t kAttentionPositions = 128;  ///< scored at a time

struct Kernels {
  Isa isa;
  std::int64_t attention_queries;

  /// output[r, o] for r < rows and o of [begin, end).
  void (*plain_product)(const PlainMatrix& weight, const FloatRows& input, std::int64_t rows,
                        std::int64_t begin, std::int64_t end, const ProductTarget& target);
  /// The same for tiles [begin, end) of a form that takes quantised activations.
  void (*tiled_product)(const TiledMatrix& weight, const QuantisedRows& input, std::int64_t rows,
                        std::int64_t begin, std::int64_t end, const ProductTarget& target);
  /// The same for outputs [begin * kTileRows, end * kTileRows), as far as there are any.
  void (*block_product)(const BlockMatrix& weight, const QuantisedRows& input, std::int64_t rows,
                        std::int64_t begin, std::int64_t end, const ProductTarget& target);
  /// Puts outputs [begin * kTileRows, end * kTileRows) in the order of the form that the type has
  /// in tiles, the first of them at `codes` and `scales`; rows past the last one are zero.
  void (*put_blocks_in_tiles)(const BlockMatrix& weight, std::int64_t begin, std::int64_t end,
                              std::uint8_t* codes, std::byte* scales);
  /// The same as tiled_product for a form that takes floats.
  void (*decoded_product)(const TiledMatrix& weight, const FloatRows& input, std::int64_t rows,
                          std::int64_t begin, std::int64_t end, const ProductTarget& target);
  /// Rounds to nearest, a block's largest magnitude to 127; blocks [begin, end) of row r, whose
  /// `count` inputs are at `input`.
  void (*quantise)(const float* input, std::int64_t count, std::int64_t row, std::int64_t begin,
                   std::int64_t end, const QuantisedRows& output);

  /// Brings a tile's running softmax up to date with its positions.
  void (*attend)(const AttentionTile& tile);
  /// Writes one position's key and value of a head into the cache.
  void (*append_key)(const HeadCache& cache, std::int64_t dim, std::int64_t position,
                     const float* key);
  void (*append_value)(const HeadCache& cache, std::int64_t dim, std::int64_t position,
                       const float* value);

  /// y = x / sqrt(mean(x^2) + epsilon) * weight; y may be x.
  void (*rms_norm)(const float* x, const float* weight, double epsilon, std::int64_t count,
                   float* y);
  void (*layer_norm)(const float* x, const float* weight, const float* bias, double epsilon,
                     std::int64_t count, float* y);
  void (*add)(const float* a, const float* b, std::int64_t count, float* y);
  void (*silu_gate)(const float* gate, const float* up, std::int64_t count, float* y);
  void (*gelu_tanh)(const float* x, std::int64_t count, float* y);
  /// y = exp(x - most) over their sum, most the largest x.
  void (*softmax)(const float* x, std::int64_t count, float* y);
  /// Lowest index of the largest element.
  std::int64_t (*largest)(const float* x, std::int64_t count);
};

/// Products of many rows whose factors are rounded to bf16 first (kernels/panel_product.h says how
/// far off that is). They need 0.6 MiB of stack.
struct PanelKernels {
  /// For bf16 weights; AMX's also for f16.
  void (*plain_product)(const PlainMatrix& weight, const FloatRows& input, std::int64_t rows,
                        std::int64_t begin, std::int64_t end, const ProductTarget& target);
  /// Null where they take no such weights, and no tiles either.
  void (*block_product)(const BlockMatrix& weight, const QuantisedRows& input, std::int64_t rows,
                        std::int64_t begin, std::int64_t end, const ProductTarget& target);
  /// False, and nothing computed, for a form that they do not take.
  bool (*tiled_product)(const TiledMatrix& weight, const QuantisedRows& input, std::int64_t rows,
                        std::int64_t begin, std::int64_t end, const ProductTarget& target);
};

// From how many rows on products go through panels. A panel is decoded before its first row is
// multiplied, which has to be earned back. For AMX that is estimated (docs/backends.md). For
// avx512bf16 it was measured on Zen 5: panels are as fast as f32 arithmetic with 12 to 15 rows, 1.2
// times as fast with 16, twice with 128; rows by themselves (kernels/dot_rows.h) are 1.6 to 1.9
// times as fast as panels with 16.
inline constexpr std::int64_t kAmxPlainRows = 16;
inline constexpr std::int64_t kAmxTiledRows = 32;
inline constexpr std::int64_t kDotPlainRows = 8;
inline constexpr std::int64_t kDotPanelRows = 64;

/// The kernels of an instruction set that this CPU has.
const Kernels& kernels_for(Isa isa);

// One in each of kernels/*.cpp.
extern const Kernels kScalarKernels;
#if defined(__x86_64__)
extern const Kernels kAvx2Kernels;
extern const Kernels kAvx512Kernels;
extern const PanelKernels kAvx512Bf16Panels;
extern const PanelKernels kAvx512Bf16Rows;  ///< without panels, for few rows
extern const PanelKernels kAmxPanels;
#endif

}  // namespace ridgepoint::host
