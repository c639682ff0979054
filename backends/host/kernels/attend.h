// Attention of a few queries that share a key-value head, over a range of cached positions, without
// a score matrix longer than kAttentionPositions: scores of a stretch, its softmax joined to the
// running one (Milakov and Gimelshein, arXiv 1805.02867), then its values. Each cached key and
// value is read and widened once for all queries of the tile. While the keys of a stretch are
// worked on, its values are asked for; meanwhile of those, the keys of the next one.
#pragma once

#include <limits>

#include "backends/host/kernels/lanes.h"
#include "workloads/tensor/fp8.h"

namespace ridgepoint::host {

template <class V, Type type>
class Attend {
 public:
  explicit Attend(const AttentionTile& tile) : tile_(tile), weights_(tile.scratch) {}

  void run() {
    for (std::int64_t p = tile_.begin; p < tile_.end; p += kAttentionPositions) {
      first_ = p;
      count_ = std::min(kAttentionPositions, tile_.end - p);
      each_chunk<V::kQueries>(0, [this](auto queries, std::int64_t q) {
        constexpr int kCount = decltype(queries)::value;
        asked_ = 0;
        score<kCount>(q);
        for (int i = 0; i < kCount; ++i) soften(q + i);
        asked_ = 0;
        mix<kCount>(q);
      });
    }
  }

 private:
  template <int value_>
  struct Count {
    static constexpr int value = value_;
  };

  /// Calls work(Count<n>, first query) for chunks of the largest n <= N that still fits.
  template <int N, typename Work>
  void each_chunk(std::int64_t q, const Work& work) {
    for (; q + N <= tile_.queries; q += N) work(Count<N>{}, q);
    if constexpr (N > 1) each_chunk<N / 2>(q, work);
  }

  [[nodiscard]] float* weights(std::int64_t q) const { return weights_ + q * kAttentionPositions; }

  /// Dot products of Q queries with the stretch's keys, sixteen positions to a register.
  template <int Q>
  void score(std::int64_t q) {
    constexpr int kGroups = V::kQueryGroups * V::kQueries / Q;  // enough sums in flight
    std::int64_t p = 0;
    for (; p + kGroups * kLanes <= count_; p += kGroups * kLanes) score_groups<Q, kGroups>(q, p);
    for (; p < count_; p += kLanes) score_groups<Q, 1>(q, p);
  }

  template <int Q, int G>
  void score_groups(std::int64_t q, std::int64_t p) {
    typename V::F acc[Q][G];
    for (auto& row : acc) {
      for (auto& sum : row) sum = V::zero();
    }
    const std::int64_t group_bytes = tile_.dim * kLanes * kBytes<type>;
    const std::byte* const keys = tile_.cache.keys + (first_ + p) / kLanes * group_bytes;
    for (std::int64_t d = 0; d < tile_.dim; ++d) {
      if (q == 0 && d % kVectorsALine == 0) {
        for (int g = 0; g < G; ++g) ask(tile_.cache.values, first_);
      }
      typename V::F k[G];
      for (int g = 0; g < G; ++g) {
        k[g] = load_as<V, type>(keys + g * group_bytes + d * kLanes * kBytes<type>);
      }
      for (int i = 0; i < Q; ++i) {
        const auto element = V::set1(tile_.query[q + i][d]);
        for (int g = 0; g < G; ++g) acc[i][g] = V::fma(element, k[g], acc[i][g]);
      }
    }
    const auto scale = V::set1(tile_.scale);
    for (int i = 0; i < Q; ++i) {
      for (int g = 0; g < G; ++g) {
        V::store(weights(q + i) + p + g * kLanes, V::mul(acc[i][g], scale));
      }
    }
  }

  /// Scores to exp(score - most), zero where the query may not look; what was summed before is
  /// brought down to the new largest score.
  void soften(std::int64_t q) {
    float* const scores = weights(q);
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
    std::int64_t d = 0;
    for (; d + kWidth * kLanes <= tile_.dim; d += kWidth * kLanes) mix_columns<Q, kWidth>(q, d);
    for (; d + kLanes <= tile_.dim; d += kLanes) mix_columns<Q, 1>(q, d);
    if (d < tile_.dim) mix_rest<Q>(q, d, tile_.dim - d);
  }

  template <int Q, int W>
  void mix_columns(std::int64_t q, std::int64_t d) {
    typename V::F acc[Q][W];
    for (int i = 0; i < Q; ++i) {
      for (int w = 0; w < W; ++w) {
        acc[i][w] = V::load(tile_.sums + (q + i) * tile_.dim + d + w * kLanes);
      }
    }
    const std::int64_t row_bytes = tile_.dim * kBytes<type>;
    const std::byte* values = tile_.cache.values + first_ * row_bytes + d * kBytes<type>;
    for (std::int64_t p = 0; p < count_; ++p) {
      if (q == 0) {
        for (int w = 0; w < W; w += kVectorsALine)
          ask(tile_.cache.keys, first_ + kAttentionPositions);
      }
      typename V::F value[W];
      for (int w = 0; w < W; ++w) {
        value[w] = load_as<V, type>(values + w * kLanes * kBytes<type>);
      }
      for (int i = 0; i < Q; ++i) {
        const auto weight = V::set1(weights(q + i)[p]);
        for (int w = 0; w < W; ++w) acc[i][w] = V::fma(weight, value[w], acc[i][w]);
      }
      values += row_bytes;
    }
    for (int i = 0; i < Q; ++i) {
      for (int w = 0; w < W; ++w) {
        V::store(tile_.sums + (q + i) * tile_.dim + d + w * kLanes, acc[i][w]);
      }
    }
  }

  template <int Q>
  void mix_rest(std::int64_t q, std::int64_t d, std::int64_t count) {
    const std::int64_t row_bytes = tile_.dim * kBytes<type>;
    for (int i = 0; i < Q; ++i) {
      float* const sums = tile_.sums + (q + i) * tile_.dim + d;
      auto acc = load_part<V>(sums, count);
      const std::byte* values = tile_.cache.values + first_ * row_bytes + d * kBytes<type>;
      for (std::int64_t p = 0; p < count_; ++p, values += row_bytes) {
        acc = V::fma(V::set1(weights(q + i)[p]), load_part_as<V, type>(values, count), acc);
      }
      store_part<V>(sums, acc, count);
    }
  }

  static constexpr int kVectorsALine = 64 / (kLanes * kBytes<type>);

  /// Asks for the next line of the stretch from `position` on, in kAskStreams places by turns: each
  /// is a stream that the hardware's own prefetching follows.
  void ask(const std::byte* from, std::int64_t position) {
    const std::int64_t row_bytes = tile_.dim * kBytes<type>;
    const std::int64_t part = kAttentionPositions / kAskStreams * row_bytes;
    V::prefetch(from + position * row_bytes + asked_ % kAskStreams * part +
                asked_ / kAskStreams * 64);
    ++asked_;
  }

  static constexpr std::int64_t kAskStreams = 4;

  const AttentionTile& tile_;
  float* weights_;
  std::int64_t first_ = 0, count_ = 0;
  std::int64_t asked_ = 0;  ///< lines of the stretch that is asked for
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
