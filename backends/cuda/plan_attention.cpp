// Rotary positions, the KV cache and attention over it.
#include <array>
#include <memory>
#include <stdexcept>
#include <utility>

#include "backends/cuda/attention_plan.h"
#include "backends/cuda/plan_builder.h"

namespace ridgepoint::cuda {
namespace {

/// Tables of a rope's frequencies: the cache's, or without one those of each run's own positions.
void add_rotation(PlanBuilder& builder, const Rope& rope, HeadsArgs& args) {
  args.adjacent = rope.pairing == RopePairing::adjacent;
  if (builder.options.cache != nullptr && builder.graph.capacity() > 0) {
    const DeviceRotation& tables = builder.options.cache->rotation(rope.inverse_frequencies);
    args.cosines = tables.cosines.as<float>();
    args.sines = tables.sines.as<float>();
    return;
  }
  const std::size_t bytes = rope.inverse_frequencies.size() *
                            static_cast<std::size_t>(builder.graph.tokens()) * sizeof(float);
  std::byte* const cosines = builder.take(bytes);
  std::byte* const sines = builder.take(bytes);
  args.cosines = reinterpret_cast<const float*>(cosines);
  args.sines = reinterpret_cast<const float*>(sines);
  args.own_positions = true;
  builder.plan.uploads.emplace_back([device = &builder.device(), cosines, sines,
                                     frequencies = rope.inverse_frequencies,
                                     tokens = builder.graph.tokens()](std::int64_t past) {
    const Rotation made = rotation_of(frequencies, past, tokens);
    device->copy_in(cosines, std::as_bytes(std::span(made.cosines)));
    device->copy_in(sines, std::as_bytes(std::span(made.sines)));
  });
}

}  // namespace

void plan_heads(PlanBuilder& builder, std::vector<std::size_t> nodes,
                std::span<const HeadsNodes> jobs) {
  HeadsArgs args{.count = 0,
                 .rows = builder.rows(jobs[0].input),
                 .tokens = builder.graph.tokens(),
                 .past = builder.past()};
  for (const HeadsNodes& each : jobs) {
    HeadJob& job = args.jobs[args.count++];
    job.x = builder.at(each.input);
    if (each.append) {
      job.cache = builder.cache(builder.node(*each.append).inputs[KvAppend::kCacheInput]);
      args.dim = job.cache.dim;
    }
    if (each.rope) {
      const Rope& rope = std::get<Rope>(builder.node(*each.rope).op);
      add_rotation(builder, rope, args);
      job.rotate = true;
      args.dim = rope.head_dim;
      if (!each.append) job.out = builder.at(builder.node(*each.rope).output);
    }
    job.heads = builder.length(each.input) / args.dim;
  }
  builder.add_stage(std::move(nodes), {[device = &builder.device(), args] {
                      device->launches().heads(args, device->stream());
                    }});
}

void plan_attention(PlanBuilder& builder, std::size_t n) {
  const Node& node = builder.node(n);
  const Attention& op = std::get<Attention>(node.op);
  AttentionArgs args;
  args.keys = builder.cache(node.inputs[1]);
  args.values = builder.cache(node.inputs[2]);
  if (args.keys.dim != op.head_dim || args.values.dim != op.head_dim) {
    throw std::logic_error("cuda: the cache was made for a graph that reads it otherwise");
  }
  args.query = builder.at(node.inputs[0]);
  args.out = builder.at(node.output);
  args.tokens = builder.graph.tokens();
  args.batch = builder.rows(node.inputs[0]) / args.tokens;
  args.heads = op.heads;
  args.scale = static_cast<float>(op.scale);
  args.past = builder.past();
  const std::int64_t queries = queries_a_head(args);
  const int tensor_tile = choose_tensor_tile(args);
  args.on_tensor_cores = tensor_tile > 0;
  args.tile = args.on_tensor_cores ? tensor_tile : choose_tile(queries, args.keys.pitch);
  const std::int64_t items = args.batch * op.kv_heads * whole_parts(queries, args.tile);
  if (args.tile != kTensorTile) {
    args.splits =
        choose_splits(items, args.keys.capacity, builder.device().describe().multiprocessors,
                      args.on_tensor_cores ? kResidentDecodeBlocks : kResidentBlocks);
  }
  if (args.splits > 1) {
    const std::int64_t floats =
        args.batch * op.kv_heads * queries * args.splits * (op.head_dim + 2);
    args.partial = reinterpret_cast<float*>(
        builder.shared_partial(static_cast<std::size_t>(floats) * sizeof(float)));
  }
  builder.add_stage({n}, {[device = &builder.device(), args] {
                      device->launches().attention(args, device->stream());
                    }});
}

}  // namespace ridgepoint::cuda
