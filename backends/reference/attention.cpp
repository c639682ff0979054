#include <algorithm>
#include <cmath>

#include "backends/reference/dot.h"
#include "backends/reference/operators.h"
#include "backends/reference/weighted_sum.h"

namespace ridgepoint::reference {
namespace {

constexpr std::int64_t kBlock = 64;  // cached positions that are widened together
constexpr std::int64_t kMostQueries = 32;
constexpr std::int64_t kMostScores = 128 * 1024;  // a tile's, as doubles 1 MiB

/// Queries that share a key-value head are worked on in tiles, so that each cached position is
/// converted once for many of them. Query j of a sequence and key-value head is token j / group,
/// head j % group of the group. How queries are tiled changes no result.
struct Tiling {
  std::int64_t group, queries_per_head, queries, tiles, items;

  Tiling(const Attention& op, const Call& call) {
    group = op.heads / op.kv_heads;
    queries_per_head = call.step.tokens * group;
    const std::int64_t capacity = call.inputs[1].shape[1];
    const std::int64_t heads = call.step.batch * op.kv_heads;
    const std::int64_t threads = call.pool->threads();
    const std::int64_t wanted_tiles = (threads + heads - 1) / heads;
    queries = std::clamp<std::int64_t>(kMostScores / capacity, 1, kMostQueries);
    queries = std::min(queries, (queries_per_head + wanted_tiles - 1) / wanted_tiles);
    tiles = (queries_per_head + queries - 1) / queries;
    items = heads * tiles;
  }
};

/// One thread's part of the work.
class Worker {
 public:
  Worker(const Attention& op, const Call& call, const Tiling& tiling, int part)
      : op_(op),
        call_(call),
        tiling_(tiling),
        scratch_(call.scratch(part)),
        dim_(static_cast<std::size_t>(op.head_dim)),
        stride_(static_cast<std::size_t>(call.inputs[1].shape[1])),
        narrow_(scratch_.take<float>(dim_)),
        block_(scratch_.take<double>(static_cast<std::size_t>(kBlock) * dim_)),
        queries_(scratch_.take<double>(static_cast<std::size_t>(tiling.queries) * dim_)),
        sums_(scratch_.take<double>(static_cast<std::size_t>(tiling.queries) * dim_)),
        scores_(scratch_.take<double>(static_cast<std::size_t>(tiling.queries) * stride_)),
        totals_(scratch_.take<double>(static_cast<std::size_t>(tiling.queries))) {}

  void tile(std::int64_t item) {
    sequence_ = item / tiling_.tiles / op_.kv_heads;
    kv_head_ = item / tiling_.tiles % op_.kv_heads;
    first_ = item % tiling_.tiles * tiling_.queries;
    count_ = std::min(tiling_.queries, tiling_.queries_per_head - first_);
    seen_ = visible(count_ - 1);
    load_queries();
    score();
    for (std::int64_t q = 0; q < count_; ++q) exponentiate(q);
    mix();
    store();
  }

 private:
  [[nodiscard]] std::int64_t token(std::int64_t query) const {
    return (first_ + query) / tiling_.group;
  }
  /// Positions that the query sees.
  [[nodiscard]] std::int64_t visible(std::int64_t query) const {
    return call_.step.past + token(query) + 1;
  }
  /// The query's own part of its activation row.
  [[nodiscard]] std::span<float> head_of(const Operand& operand, std::int64_t query) const {
    const std::int64_t head = kv_head_ * tiling_.group + (first_ + query) % tiling_.group;
    return operand.floats(sequence_ * call_.step.tokens + token(query))
        .subspan(static_cast<std::size_t>(head) * dim_, dim_);
  }
  [[nodiscard]] double* scores(std::int64_t query) const {
    return scores_.data() + static_cast<std::size_t>(query) * stride_;
  }
  [[nodiscard]] std::span<double> piece(std::span<double> all, std::int64_t index) const {
    return all.subspan(static_cast<std::size_t>(index) * dim_, dim_);
  }

  void load_queries() {
    for (std::int64_t q = 0; q < count_; ++q) {
      widen(head_of(call_.inputs[0], q), piece(queries_, q));
    }
  }

  void load_block(const Operand& cache, std::int64_t begin, std::int64_t end) {
    const auto head_bytes = static_cast<std::size_t>(row_bytes(cache.type, op_.head_dim));
    for (std::int64_t position = begin; position < end; ++position) {
      const auto row = cache.row(sequence_ * cache.shape[1] + position);
      to_float(cache.type, row.subspan(static_cast<std::size_t>(kv_head_) * head_bytes, head_bytes),
               narrow_);
      widen(narrow_, piece(block_, position - begin));
    }
  }

  void score() {
    for (std::int64_t begin = 0; begin < seen_; begin += kBlock) {
      const std::int64_t end = std::min(begin + kBlock, seen_);
      load_block(call_.inputs[1], begin, end);
      dot_tile({.x = queries_.data(),
                .x_rows = static_cast<std::size_t>(count_),
                .x_stride = dim_,
                .w = block_.data(),
                .w_rows = static_cast<std::size_t>(end - begin),
                .w_stride = dim_,
                .count = dim_,
                .out = scores_.data() + begin,
                .out_stride = stride_});
    }
  }

  void exponentiate(std::int64_t query) {
    const std::span<double> row(scores(query), static_cast<std::size_t>(visible(query)));
    const double most = *std::ranges::max_element(row);
    double total = 0.0;
    for (double& each : row) {
      each = std::exp(op_.scale * each - op_.scale * most);
      total += each;
    }
    totals_[static_cast<std::size_t>(query)] = total;
  }

  void mix() {
    std::ranges::fill(sums_, 0.0);
    for (std::int64_t begin = 0; begin < seen_; begin += kBlock) {
      const std::int64_t end = std::min(begin + kBlock, seen_);
      load_block(call_.inputs[2], begin, end);
      for (std::int64_t q = 0; q < count_; ++q) {
        const std::int64_t upto = std::min(end, visible(q));
        if (upto <= begin) continue;
        weighted_sum(scores(q) + begin, static_cast<std::size_t>(upto - begin), block_.data(), dim_,
                     dim_, piece(sums_, q).data());
      }
    }
  }

  void store() {
    for (std::int64_t q = 0; q < count_; ++q) {
      const auto target = head_of(call_.output, q);
      const auto source = piece(sums_, q);
      for (std::size_t d = 0; d < dim_; ++d) {
        target[d] = static_cast<float>(source[d] / totals_[static_cast<std::size_t>(q)]);
      }
    }
  }

  const Attention& op_;
  const Call& call_;
  const Tiling& tiling_;
  Scratch scratch_;
  std::size_t dim_, stride_;
  std::span<float> narrow_;
  std::span<double> block_, queries_, sums_, scores_, totals_;
  std::int64_t sequence_ = 0, kv_head_ = 0, first_ = 0, count_ = 0, seen_ = 0;
};

}  // namespace

std::size_t scratch_bytes(const Attention& op, const Call& call) {
  const Tiling tiling(op, call);
  const auto dim = static_cast<std::size_t>(op.head_dim);
  const auto queries = static_cast<std::size_t>(tiling.queries);
  return scratch_for<float>(dim) + scratch_for<double>(static_cast<std::size_t>(kBlock) * dim) +
         2 * scratch_for<double>(queries * dim) +
         scratch_for<double>(queries * static_cast<std::size_t>(call.inputs[1].shape[1])) +
         scratch_for<double>(queries);
}

void run(const Attention& op, const Call& call) {
  const Tiling tiling(op, call);
  // Later tokens see more positions, so neighbouring tiles go to different threads.
  const auto every_nth = [&](int part, int parts) {
    Worker worker(op, call, tiling, part);
    for (std::int64_t item = part; item < tiling.items; item += parts) worker.tile(item);
  };
  if (tiling.items == 1) {
    every_nth(0, 1);
  } else {
    call.pool->run(every_nth);
  }
}

}  // namespace ridgepoint::reference
