// Attention of a few queries that share a key-value head, over a range of cached positions, without
// a score matrix longer than kAttentionPositions: scores of a stretch, its softmax joined to the
// running one (Milakov and Gimelshein, arXiv 1805.02867), then its values. Each cached key and
// value is read and widened once for all queries of the tile. A stretch is kPieces pieces, which
// lie far from each other while every query sees all of them: so many streams of keys and of
// values, each without a gap, are what hardware that fetches ahead follows. While the keys of a
// stretch are worked on, its values are asked for; meanwhile of those, the keys of the next one.
#pragma once

#include <algorithm>
#include <limits>

#include "backends/host/kernels/lanes.h"
#include "workloads/tensor/fp8.h"

namespace ridgepoint::host {

template <class V, Type type>
class Attend {
 public:
  explicit Attend(const AttentionTile& tile)
      : tile_(tile),
        weights_(tile.scratch),
        queries_(tile.scratch + tile.queries * kAttentionPositions) {}

  void run() {
    each_chunk(
        [this](auto queries, std::int64_t q) { this->template pack<decltype(queries)::value>(q); });
    const std::int64_t seen = *std::min_element(tile_.seen, tile_.seen + tile_.queries);
    const std::int64_t by_all = std::max<std::int64_t>(std::min(seen, tile_.end) - tile_.begin, 0);
    const std::int64_t stretches = by_all / kAttentionPositions;
    apart_ = stretches * kPiece;
    for (std::int64_t s = 0; s < stretches; ++s) {
      over_stretch(tile_.begin + s * kPiece, kAttentionPositions);
    }
    apart_ = kPiece;
    for (std::int64_t p = tile_.begin + stretches * kAttentionPositions; p < tile_.end;
         p += kAttentionPositions) {
      over_stretch(p, std::min(kAttentionPositions, tile_.end - p));
    }
  }

 private:
  static constexpr std::int64_t kPieces = 4;
  static constexpr std::int64_t kPiece = kAttentionPositions / kPieces;
  static_assert(kPiece % kLanes == 0);
  static constexpr std::int64_t kLineBytes = 64;

  template <int value_>
  struct Count {
    static constexpr int value = value_;
  };

  /// Calls work(Count<n>, first query) for chunks of the largest n <= V::kQueries that still fits.
  template <int N = V::kQueries, typename Work>
  void each_chunk(const Work& work, std::int64_t q = 0) {
    for (; q + N <= tile_.queries; q += N) work(Count<N>{}, q);
    if constexpr (N > 1) each_chunk<N / 2>(work, q);
  }

  /// The queries of a chunk, scaled, with those that one element of a key meets beside each other.
  template <int Q>
  void pack(std::int64_t q) const {
    float* const to = queries_ + q * tile_.dim;
    for (std::int64_t d = 0; d < tile_.dim; ++d) {
      for (int i = 0; i < Q; ++i) to[d * Q + i] = tile_.query[q + i][d] * tile_.scale;
    }
  }

  [[nodiscard]] std::int64_t row_bytes() const { return tile_.dim * kBytes<type>; }
  [[nodiscard]] float* weights(std::int64_t q) const { return weights_ + q * kAttentionPositions; }
  /// Where position `p` of the stretch lies.
  [[nodiscard]] std::int64_t position(std::int64_t p) const {
    return first_ + p / kPiece * apart_ + p % kPiece;
  }

  void over_stretch(std::int64_t first, std::int64_t count) {
    first_ = first;
    count_ = count;
    each_chunk([this](auto queries, std::int64_t q) {
      constexpr int kCount = decltype(queries)::value;
      score<kCount>(q);
      for (int i = 0; i < kCount; ++i) soften(q + i);
      mix<kCount>(q);
    });
  }

  /// What is asked for while something else is worked on: one line after another of each piece.
  struct Asking {
    const std::byte* at;
    std::int64_t apart;  ///< bytes from one piece to the next

    template <int kLines>
    void lines_of_each_piece() {
      for (int line = 0; line < kLines; ++line) {
        for (std::int64_t piece = 0; piece < kPieces; ++piece) V::prefetch(at + piece * apart);
        at += kLineBytes;
      }
    }
  };

  /// Dot products of Q queries with the stretch's keys, sixteen positions to a register.
  template <int Q>
  void score(std::int64_t q) {
    constexpr int kGroups =
        std::min(V::kQueryGroups * V::kQueries / Q, 8);  // enough sums in flight
    Asking asking{tile_.cache.values + first_ * row_bytes(), apart_ * row_bytes()};
    std::int64_t p = 0;
    for (; p + kGroups * kLanes <= count_; p += kGroups * kLanes) {
      score_groups<Q, kGroups>(q, p, asking);
    }
    for (; p < count_; p += kLanes) score_groups<Q, 1>(q, p, asking);
  }

  template <int Q, int G>
  void score_groups(std::int64_t q, std::int64_t p, Asking& asking) {
    typename V::F acc[Q][G];
    for (auto& row : acc) {
      for (auto& sum : row) sum = V::zero();
    }
    const std::byte* keys[G];
    for (int g = 0; g < G; ++g) {
      keys[g] = tile_.cache.keys + position(p + g * kLanes) / kLanes * row_bytes() * kLanes;
    }
    const float* query = queries_ + q * tile_.dim;
    std::int64_t offset = 0;
    const auto multiply = [&]() __attribute__((always_inline)) {
      typename V::F k[G];
      for (int g = 0; g < G; ++g) k[g] = load_as<V, type>(keys[g] + offset);
      for (int i = 0; i < Q; ++i) {
        const auto element = V::set1(query[i]);
        for (int g = 0; g < G; ++g) acc[i][g] = V::fma(element, k[g], acc[i][g]);
      }
      query += Q;
      offset += kLanes * kBytes<type>;
    };
    // As many lines of values in a round as of keys.
    constexpr std::int64_t kLines = G * kLanes * kBytes<type>;  // of 64 elements, in bytes / 64
    constexpr std::int64_t kRound = std::max<std::int64_t>(64 * kPieces / kLines, 4);
    constexpr int kLinesAPiece = kRound * kLines / (64 * kPieces);
    std::int64_t d = 0;
    if (q == 0) {
      for (; d + kRound <= tile_.dim; d += kRound) {
        asking.template lines_of_each_piece<kLinesAPiece>();
        for (std::int64_t r = 0; r < kRound; ++r) multiply();
      }
    }
    for (; d < tile_.dim; ++d) multiply();
    for (int i = 0; i < Q; ++i) {
      for (int g = 0; g < G; ++g) V::store(weights(q + i) + p + g * kLanes, acc[i][g]);
    }
  }

  /// Scores to exp(score - most), zero where the query may not look; what was summed before is
  /// brought down to the new largest score.
  void soften(std::int64_t q) {
    float* const scores = weights(q);
    // Pieces that lie apart are seen by all, so that this cuts only a stretch without gaps.
    const std::int64_t seen = std::clamp<std::int64_t>(tile_.seen[q] - first_, 0, count_);
    const std::int64_t padded = (count_ + kLanes - 1) / kLanes * kLanes;
    constexpr float kNever = -std::numeric_limits<float>::infinity();
    std::fill(scores + seen, scores + padded, kNever);
    if (seen == 0) {
      std::fill(scores, scores + padded, 0.0F);
      return;
    }
    auto highest = V::set1(tile_.most[q]);
    for (std::int64_t p = 0; p < seen; p += kLanes) highest = V::max(highest, V::load(scores + p));
    const float most = V::largest(highest);
    if (tile_.most[q] < most && tile_.total[q] > 0.0F) {
      float down[kLanes];
      V::store(down, exponential<V>(V::set1(tile_.most[q] - most)));
      tile_.total[q] *= down[0];
      float* const sums = tile_.sums + q * tile_.dim;
      for (std::int64_t d = 0; d < tile_.dim; ++d) sums[d] *= down[0];
    }
    tile_.most[q] = most;
    // Past the last position that is seen this leaves e^-87, too little to show in the total.
    auto total = V::zero();
    for (std::int64_t p = 0; p < seen; p += kLanes) {
      const auto weight = exponential<V>(V::sub(V::load(scores + p), V::set1(most)));
      V::store(scores + p, weight);
      total = V::add(total, weight);
    }
    std::fill(scores + seen, scores + padded, 0.0F);
    tile_.total[q] += V::sum(total);
  }

  /// sums += weight * value, a few registers of dimensions at a time.
  template <int Q>
  void mix(std::int64_t q) {
    constexpr int kWidth = Q >= V::kQueries ? 2 : 4;
    const std::int64_t next = first_ + (apart_ == kPiece ? kAttentionPositions : kPiece);
    Asking asking{tile_.cache.keys + next * row_bytes(), apart_ * row_bytes()};
    std::int64_t d = 0;
    for (; d + kWidth * kLanes <= tile_.dim; d += kWidth * kLanes) {
      mix_columns<Q, kWidth>(q, d, asking);
    }
    for (; d + kLanes <= tile_.dim; d += kLanes) mix_columns<Q, 1>(q, d, asking);
    if (d < tile_.dim) mix_rest<Q>(q, d, tile_.dim - d);
  }

  template <int Q, int W>
  void mix_columns(std::int64_t q, std::int64_t d, Asking& asking) {
    typename V::F acc[Q][W];
    for (int i = 0; i < Q; ++i) {
      for (int w = 0; w < W; ++w) {
        acc[i][w] = V::load(tile_.sums + (q + i) * tile_.dim + d + w * kLanes);
      }
    }
    const std::int64_t row = row_bytes();
    const float* weight = weights(q);
    const std::byte* values = nullptr;
    const auto multiply = [&]() __attribute__((always_inline)) {
      typename V::F value[W];
      for (int w = 0; w < W; ++w) {
        value[w] = load_as<V, type>(values + w * kLanes * kBytes<type>);
      }
      for (int i = 0; i < Q; ++i) {
        const auto each = V::set1(weight[i * kAttentionPositions]);
        for (int w = 0; w < W; ++w) acc[i][w] = V::fma(each, value[w], acc[i][w]);
      }
      ++weight;
      values += row;
    };
    // As many lines of keys in a round as of values.
    constexpr std::int64_t kLines = W * kLanes * kBytes<type>;  // of 64 positions, in bytes / 64
    constexpr std::int64_t kRound = std::max<std::int64_t>(64 * kPieces / kLines, 4);
    static_assert(kPiece % kRound == 0);
    constexpr int kLinesAPiece = kRound * kLines / (64 * kPieces);
    for (std::int64_t piece = 0; piece < count_; piece += kPiece) {
      values = tile_.cache.values + position(piece) * row + d * kBytes<type>;
      std::int64_t left = std::min(kPiece, count_ - piece);
      if (q == 0) {
        for (; left >= kRound; left -= kRound) {
          asking.template lines_of_each_piece<kLinesAPiece>();
          for (std::int64_t r = 0; r < kRound; ++r) multiply();
        }
      }
      for (; left > 0; --left) multiply();
    }
    for (int i = 0; i < Q; ++i) {
      for (int w = 0; w < W; ++w) {
        V::store(tile_.sums + (q + i) * tile_.dim + d + w * kLanes, acc[i][w]);
      }
    }
  }

  template <int Q>
  void mix_rest(std::int64_t q, std::int64_t d, std::int64_t count) {
    for (int i = 0; i < Q; ++i) {
      float* const sums = tile_.sums + (q + i) * tile_.dim + d;
      auto acc = load_part<V>(sums, count);
      for (std::int64_t p = 0; p < count_; ++p) {
        const std::byte* const values =
            tile_.cache.values + position(p) * row_bytes() + d * kBytes<type>;
        acc = V::fma(V::set1(weights(q + i)[p]), load_part_as<V, type>(values, count), acc);
      }
      store_part<V>(sums, acc, count);
    }
  }

  const AttentionTile& tile_;
  float* weights_;
  float* queries_;
  std::int64_t first_ = 0, count_ = 0;  ///< of the stretch: its first piece, positions in all
  std::int64_t apart_ = kPiece;         ///< from one piece to the next
};

template <class V>
void attend(const AttentionTile& tile) {
  if (tile.cache.type == Type::f32) {
    Attend<V, Type::f32>(tile).run();
  } else if (tile.cache.type == Type::f16) {
    Attend<V, Type::f16>(tile).run();
  } else if (tile.cache.type == Type::bf16) {
    Attend<V, Type::bf16>(tile).run();
  } else {
    Attend<V, Type::e4m3>(tile).run();
  }
}

/// `count` elements of a cache's type, `stride` elements apart.
template <class V>
void store_elements(Type type, std::byte* to, std::int64_t stride, const float* from,
                    std::int64_t count) {
  for (std::int64_t i = 0; i < count; i += kLanes) {
    const std::int64_t height = std::min(kLanes, count - i);
    if (type == Type::f32) {
      for (std::int64_t j = 0; j < height; ++j) {
        std::memcpy(to + (i + j) * stride * 4, from + i + j, 4);
      }
      continue;
    }
    if (type == Type::e4m3) {
      for (std::int64_t j = 0; j < height; ++j) {
        to[(i + j) * stride] = static_cast<std::byte>(float_to_e4m3(from[i + j]));
      }
      continue;
    }
    alignas(32) std::uint16_t narrow[kLanes];
    if (type == Type::f16) {
      V::store_f16(narrow, load_part<V>(from + i, height));
    } else {
      for (std::int64_t j = 0; j < height; ++j) {
        std::uint32_t bits = 0;
        std::memcpy(&bits, from + i + j, 4);
        const bool not_a_number = (bits & 0x7fffffffU) > 0x7f800000U;
        bits = not_a_number ? bits | 0x400000U : bits + 0x7fffU + ((bits >> 16) & 1U);
        narrow[j] = static_cast<std::uint16_t>(bits >> 16);
      }
    }
    if (stride == 1) {
      std::memcpy(to + i * 2, narrow, static_cast<std::size_t>(height) * 2);
    } else {
      for (std::int64_t j = 0; j < height; ++j) {
        std::memcpy(to + (i + j) * stride * 2, narrow + j, 2);
      }
    }
  }
}

template <class V>
void append_key(const HeadCache& cache, std::int64_t dim, std::int64_t position, const float* key) {
  const std::int64_t size = type_info(cache.type).block_bytes;
  std::byte* const to = cache.keys + (position / kLanes * dim * kLanes + position % kLanes) * size;
  store_elements<V>(cache.type, to, kLanes, key, dim);
}

template <class V>
void append_value(const HeadCache& cache, std::int64_t dim, std::int64_t position,
                  const float* value) {
  const std::int64_t size = type_info(cache.type).block_bytes;
  store_elements<V>(cache.type, cache.values + position * dim * size, 1, value, dim);
}

}  // namespace ridgepoint::host
