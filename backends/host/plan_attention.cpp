// Rotary positions, the KV cache and attention over it.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <stdexcept>
#include <vector>

#include "backends/host/plan_builder.h"

namespace ridgepoint {
namespace {

// ---- rotation ----

/// Cosines and sines of every new position of a run, [tokens, pairs] each: made once a run and read
/// by every layer.
struct RotationTable {
  std::size_t cosines = 0, sines = 0;
  std::int64_t pairs = 0, tokens = 0;
};

/// A head of one row, turned by its position.
void rotate_head(const float* x, const float* cosines, const float* sines, std::int64_t pairs,
                 bool adjacent, float* y) {
  if (adjacent) {
    for (std::int64_t i = 0; i < pairs; ++i) {
      const float a = x[2 * i], b = x[2 * i + 1];
      y[2 * i] = a * cosines[i] - b * sines[i];
      y[2 * i + 1] = a * sines[i] + b * cosines[i];
    }
    return;
  }
  for (std::int64_t i = 0; i < pairs; ++i) {
    const float a = x[i], b = x[i + pairs];
    y[i] = a * cosines[i] - b * sines[i];
    y[i + pairs] = a * sines[i] + b * cosines[i];
  }
}

/// The table of a rope's frequencies: one for each set of them, filled by the plan's first stages.
RotationTable rotation_table(PlanBuilder& builder, const std::vector<std::size_t>& nodes,
                             const Rope& rope) {
  const auto known = builder.rotations.find(rope.inverse_frequencies);
  const auto pairs = static_cast<std::int64_t>(rope.inverse_frequencies.size());
  const std::int64_t tokens = builder.graph.tokens();
  if (known != builder.rotations.end()) {
    return {known->second.first, known->second.second, pairs, tokens};
  }
  const auto bytes = static_cast<std::size_t>(pairs * tokens) * sizeof(float);
  const RotationTable table{builder.take_scratch(bytes), builder.take_scratch(bytes), pairs,
                            tokens};
  builder.rotations.emplace(rope.inverse_frequencies, std::pair(table.cosines, table.sines));
  builder.add_stage(nodes, [table, frequencies = rope.inverse_frequencies](const Frame& frame) {
    float* const cosines = frame.scratch_at<float>(table.cosines);
    float* const sines = frame.scratch_at<float>(table.sines);
    const auto [begin, end] = frame.share(table.tokens * table.pairs);
    for (std::int64_t at = begin; at < end; ++at) {
      const std::int64_t position = frame.past + at / table.pairs;
      const double angle =
          static_cast<double>(position) * frequencies[static_cast<std::size_t>(at % table.pairs)];
      cosines[at] = static_cast<float>(std::cos(angle));
      sines[at] = static_cast<float>(std::sin(angle));
    }
  });
  return table;
}

struct RopeJob {
  RotationTable table;
  bool adjacent = false;
  std::int64_t head_dim = 0, heads = 0, length = 0, rows = 0;
  Place input, output;

  void head(const Frame& frame, std::int64_t row, std::int64_t which) const {
    const std::int64_t token = row % table.tokens, at = row * length + which * head_dim;
    rotate_head(frame.at(input) + at, frame.scratch_at<float>(table.cosines) + token * table.pairs,
                frame.scratch_at<float>(table.sines) + token * table.pairs, table.pairs, adjacent,
                frame.at(output) + at);
  }
};

/// `stage` are the nodes whose stage it becomes part of.
RopeJob rope_job(PlanBuilder& builder, std::size_t n, const std::vector<std::size_t>& stage) {
  const Node& node = builder.node(n);
  const Rope& rope = std::get<Rope>(node.op);
  const auto pairs = static_cast<std::int64_t>(rope.inverse_frequencies.size());
  return {.table = rotation_table(builder, stage, rope),
          .adjacent = rope.pairing == RopePairing::adjacent,
          .head_dim = 2 * pairs,
          .heads = builder.length(node.output) / (2 * pairs),
          .length = builder.length(node.output),
          .rows = builder.rows(node.output),
          .input = builder.place(node.inputs[0]),
          .output = builder.place(node.output)};
}

// ---- the cache ----

struct AppendJob {
  const CacheBytes* cache = nullptr;
  bool keys = false;
  std::int64_t head_dim = 0, heads = 0, rows = 0, tokens = 0;
  Place input;

  /// A head of one row goes to its position.
  void head(const host::Kernels& kernels, const Frame& frame, std::int64_t row,
            std::int64_t which) const {
    std::byte* const at = cache->head(row / tokens, which * head_dim);
    const float* const from = frame.at(input) + row * heads * head_dim + which * head_dim;
    const std::int64_t position = frame.past + row % tokens;
    if (keys) {
      kernels.append_key({.type = cache->type, .keys = at, .values = nullptr}, head_dim, position,
                         from);
    } else {
      kernels.append_value({.type = cache->type, .keys = nullptr, .values = at}, head_dim, position,
                           from);
    }
  }
};

AppendJob append_job(PlanBuilder& builder, std::size_t n) {
  const Node& node = builder.node(n);
  const CacheBytes& cache = builder.cache(node.inputs[KvAppend::kCacheInput]);
  return {.cache = &cache,
          .keys = cache.keys,
          .head_dim = cache.head_dim,
          .heads = cache.features / cache.head_dim,
          .rows = builder.rows(node.inputs[0]),
          .tokens = builder.graph.tokens(),
          .input = builder.place(node.inputs[0])};
}

// ---- attention ----

constexpr std::int64_t kMostTileQueries = 32;
constexpr std::int64_t kLeastPart = 2 * host::kAttentionPositions;  // worth a thread of its own

/// Queries that share a key-value head, in tiles; query j of a sequence and head is token j /
/// group, head j % group of the group. A long context with few tiles is cut in parts, whose
/// softmaxes are joined afterwards.
struct AttentionJob {
  const CacheBytes* keys = nullptr;
  const CacheBytes* values = nullptr;
  std::int64_t batch = 0, tokens = 0, heads = 0, kv_heads = 0, group = 0, dim = 0;
  std::int64_t tile = 0, tiles = 0, most_parts = 1;
  float scale = 1;
  Place query, output;
  std::size_t thread_scratch = 0, thread_floats = 0;
  std::size_t joined = 0;  // [items, most_parts, tile, dim + 2]

  [[nodiscard]] std::int64_t items() const { return batch * kv_heads * tiles; }
  /// How many parts the context is cut in: the same on every thread.
  [[nodiscard]] std::int64_t parts_for(const Frame& frame) const {
    if (most_parts == 1) return 1;
    return std::clamp<std::int64_t>((frame.past + tokens) / kLeastPart, 1, most_parts);
  }

  void run(const host::Kernels& kernels, const Frame& frame) const {
    const std::int64_t cut = parts_for(frame);
    const std::int64_t work = items() * cut;
    // Later tokens see more, so neighbouring tiles go to different threads.
    for (std::int64_t w = frame.part; w < work; w += frame.parts) {
      attend(kernels, frame, w / cut, w % cut, cut);
    }
    if (cut == 1) return;
    frame.meet();
    for (std::int64_t item = frame.part; item < items(); item += frame.parts)
      join(frame, item, cut);
  }

 private:
  [[nodiscard]] std::int64_t queries_per_head() const { return tokens * group; }
  [[nodiscard]] std::int64_t offset(std::int64_t item, std::int64_t q) const {
    const std::int64_t sequence = item / tiles / kv_heads, kv_head = item / tiles % kv_heads;
    const std::int64_t at = item % tiles * tile + q;
    return ((sequence * tokens + at / group) * heads + kv_head * group + at % group) * dim;
  }

  void attend(const host::Kernels& kernels, const Frame& frame, std::int64_t item,
              std::int64_t part, std::int64_t cut) const {
    const std::int64_t sequence = item / tiles / kv_heads, kv_head = item / tiles % kv_heads;
    const std::int64_t first = item % tiles * tile;
    const std::int64_t count = std::min(tile, queries_per_head() - first);
    std::array<const float*, kMostTileQueries> queries;
    std::array<std::int64_t, kMostTileQueries> seen;
    std::array<float, kMostTileQueries> most, total;
    float* const own = frame.scratch_at<float>(thread_scratch) +
                       static_cast<std::size_t>(frame.part) * thread_floats;
    float* const sums = own + tile * (host::kAttentionPositions + dim);
    for (std::int64_t q = 0; q < count; ++q) {
      const auto at = static_cast<std::size_t>(q);
      queries[at] = frame.at(query) + offset(item, q);
      seen[at] = frame.past + (first + q) / group + 1;
      most[at] = -std::numeric_limits<float>::infinity();
      total[at] = 0;
    }
    std::fill_n(sums, count * dim, 0.0F);
    const std::int64_t end = frame.past + (first + count - 1) / group + 1;
    const std::int64_t stretches =
        (end + host::kAttentionPositions - 1) / host::kAttentionPositions;
    const std::int64_t begin_at = part * stretches / cut * host::kAttentionPositions;
    const std::int64_t end_at =
        std::min(end, (part + 1) * stretches / cut * host::kAttentionPositions);
    if (begin_at < end_at) {
      kernels.attend({.cache = {.type = keys->type,
                                .keys = keys->head(sequence, kv_head * dim),
                                .values = values->head(sequence, kv_head * dim)},
                      .dim = dim,
                      .queries = count,
                      .query = queries.data(),
                      .seen = seen.data(),
                      .scale = scale,
                      .begin = begin_at,
                      .end = end_at,
                      .most = most.data(),
                      .total = total.data(),
                      .sums = sums,
                      .scratch = own});
    }
    for (std::int64_t q = 0; q < count; ++q) {
      const auto at = static_cast<std::size_t>(q);
      if (cut == 1) {
        float* const to = frame.at(output) + offset(item, q);
        const float inverse = 1.0F / total[at];
        for (std::int64_t d = 0; d < dim; ++d) to[d] = sums[q * dim + d] * inverse;
        continue;
      }
      float* const to = partial(frame, item, part, q);
      to[0] = most[at];
      to[1] = total[at];
      std::copy_n(sums + q * dim, dim, to + 2);
    }
  }

  [[nodiscard]] float* partial(const Frame& frame, std::int64_t item, std::int64_t part,
                               std::int64_t q) const {
    return frame.scratch_at<float>(joined) + ((item * most_parts + part) * tile + q) * (dim + 2);
  }

  void join(const Frame& frame, std::int64_t item, std::int64_t cut) const {
    const std::int64_t count = std::min(tile, queries_per_head() - item % tiles * tile);
    for (std::int64_t q = 0; q < count; ++q) {
      float most = -std::numeric_limits<float>::infinity();
      for (std::int64_t part = 0; part < cut; ++part) {
        most = std::max(most, partial(frame, item, part, q)[0]);
      }
      float* const to = frame.at(output) + offset(item, q);
      std::fill_n(to, dim, 0.0F);
      float total = 0;
      for (std::int64_t part = 0; part < cut; ++part) {
        const float* const from = partial(frame, item, part, q);
        if (from[1] == 0.0F) continue;
        const float factor = std::exp(from[0] - most);
        total += from[1] * factor;
        for (std::int64_t d = 0; d < dim; ++d) to[d] += from[2 + d] * factor;
      }
      for (std::int64_t d = 0; d < dim; ++d) to[d] /= total;
    }
  }
};

}  // namespace

void plan_rope(PlanBuilder& builder, std::size_t n) {
  builder.add_stage(n, [job = rope_job(builder, n, {n})](const Frame& frame) {
    const auto [begin, end] = frame.share(job.rows * job.heads);
    for (std::int64_t at = begin; at < end; ++at) job.head(frame, at / job.heads, at % job.heads);
  });
}

void plan_kv_append(PlanBuilder& builder, std::size_t n) {
  builder.add_stage(n,
                    [kernels = &builder.kernels, job = append_job(builder, n)](const Frame& frame) {
                      const auto [begin, end] = frame.share(job.rows * job.heads);
                      for (std::int64_t at = begin; at < end; ++at) {
                        job.head(*kernels, frame, at / job.heads, at % job.heads);
                      }
                    });
}

void plan_rope_and_append(PlanBuilder& builder, const RopeAndAppend& nodes) {
  const std::vector stage{nodes.query_rope, nodes.key_rope, nodes.key_append, nodes.value_append};
  const RopeJob query = rope_job(builder, nodes.query_rope, stage);
  const RopeJob key = rope_job(builder, nodes.key_rope, stage);
  const AppendJob keys = append_job(builder, nodes.key_append);
  const AppendJob values = append_job(builder, nodes.value_append);
  builder.add_stage(stage,
                    [kernels = &builder.kernels, query, key, keys, values](const Frame& frame) {
                      // A row has its query heads, then as many items for the heads of keys and
                      // values.
                      const std::int64_t a_row = query.heads + key.heads;
                      const auto [begin, end] = frame.share(query.rows * a_row);
                      for (std::int64_t at = begin; at < end; ++at) {
                        const std::int64_t row = at / a_row, which = at % a_row;
                        if (which < query.heads) {
                          query.head(frame, row, which);
                          continue;
                        }
                        key.head(frame, row, which - query.heads);
                        keys.head(*kernels, frame, row, which - query.heads);
                        values.head(*kernels, frame, row, which - query.heads);
                      }
                    });
}

void plan_attention(PlanBuilder& builder, std::size_t n) {
  const Node& node = builder.node(n);
  const Attention& op = std::get<Attention>(node.op);
  AttentionJob job;
  job.keys = &builder.cache(node.inputs[1]);
  job.values = &builder.cache(node.inputs[2]);
  if (!job.keys->keys || job.values->keys || job.keys->head_dim != op.head_dim) {
    throw std::logic_error("host: the cache was made for a graph that reads it otherwise");
  }
  job.tokens = builder.graph.tokens();
  job.batch = builder.rows(node.inputs[0]) / job.tokens;
  job.heads = op.heads;
  job.kv_heads = op.kv_heads;
  job.group = op.heads / op.kv_heads;
  job.dim = op.head_dim;
  job.scale = static_cast<float>(op.scale);
  job.query = builder.place(node.inputs[0]);
  job.output = builder.place(node.output);
  const std::int64_t queries = job.tokens * job.group;
  const std::int64_t threads = builder.options.team->threads();
  job.tile = std::min(queries, kMostTileQueries);
  job.tiles = (queries + job.tile - 1) / job.tile;
  if (job.items() % threads != 0 && job.items() < 4 * threads) {
    job.most_parts =
        std::min<std::int64_t>(2 * threads, (job.keys->capacity + kLeastPart - 1) / kLeastPart);
  }
  job.thread_floats =
      static_cast<std::size_t>(job.tile * (host::kAttentionPositions + 2 * job.dim) + 15) / 16 * 16;
  // One place serves every layer's attention, since one runs at a time.
  job.thread_scratch =
      builder.shared_scratch(PlanBuilder::Shared::attention,
                             job.thread_floats * static_cast<std::size_t>(threads) * sizeof(float));
  if (job.most_parts > 1) {
    job.joined = builder.shared_scratch(
        PlanBuilder::Shared::joined,
        static_cast<std::size_t>(job.items() * job.most_parts * job.tile * (job.dim + 2)) *
            sizeof(float));
  }
  builder.add_stage(
      n, [kernels = &builder.kernels, job](const Frame& frame) { job.run(*kernels, frame); });
}

}  // namespace ridgepoint
