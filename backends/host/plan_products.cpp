// Products with weight matrices: quantised ones through tiles, plain ones where they lie. Which
// activations a product takes is the weight's to say (takes_floats), so a stage that shares an
// input quantises it only when one of its weights wants that.
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "backends/host/plan_builder.h"

namespace ridgepoint {
namespace {

using host::Kernels;

enum class Way : std::uint8_t { plain, decoded, tiled, blocks };

bool multiplies_quantised(Way way) {
  return way == Way::tiled || way == Way::blocks;
}

/// Up to this many sequences most passes are of one row of activations or of very many, for which
/// blocks where they lie are as fast as tiles, and nothing has to be put anywhere before the first.
/// The rows of a step of more sequences gain from tiles.
constexpr std::int64_t kSequencesInPlace = 3;

/// What a part reads of weights at one go: short beside what a core reads before it may be taken
/// away, but long enough for the streams of rows that lie apart to run; tiles go on where the piece
/// before them ended.
constexpr std::int64_t kRowsPieceBytes = 1024 * 1024;
constexpr std::int64_t kTilesPieceBytes = 128 * 1024;
constexpr std::int64_t kMostPieces = 64;

/// What a feed brings waits for a disk, whichever it is: then as it lies, without a file of tiles.
bool reads_in_place(const PlanBuilder& builder, Type type) {
  return host::BlockMatrix::takes(type) &&
         (builder.options.feed != nullptr || builder.graph.batch() <= kSequencesInPlace);
}

struct ReadyProduct {
  Way way = Way::plain;
  host::PlainMatrix plain;
  host::TiledMatrix tiles;
  host::BlockMatrix blocks;
  Place input, output, addend;
  bool adds = false;
  const float* bias = nullptr;
  std::int64_t rows = 0, in = 0, out = 0, weight_bytes = 0;
  QuantisedPlace quantised;

  void run(const Kernels& kernels, const Frame& frame) const {
    const auto [begin, end] = frame.share(out, host::kTileRows);
    if (begin >= end) return;
    const host::ProductTarget target{.output = frame.at(output),
                                     .stride = out,
                                     .bias = bias,
                                     .addend = adds ? frame.at(addend) : nullptr,
                                     .addend_stride = out};
    const host::FloatRows floats{.data = frame.at(input), .stride = in};
    const std::int64_t first = begin / host::kTileRows;
    const std::int64_t last = (end + host::kTileRows - 1) / host::kTileRows;
    switch (way) {
      case Way::plain:
        return kernels.plain_product(plain, floats, rows, begin, end, target);
      case Way::decoded:
        return kernels.decoded_product(tiles, floats, rows, first, last, target);
      case Way::tiled:
        return kernels.tiled_product(tiles, quantised.rows(frame), rows, first, last, target);
      case Way::blocks:
        return kernels.block_product(blocks, quantised.rows(frame), rows, first, last, target);
    }
  }
};

/// Every part quantises its share: of many rows whole rows, of a single one blocks.
void quantise_input(const Kernels& kernels, const ReadyProduct& product, const Frame& frame) {
  const host::QuantisedRows to = product.quantised.rows(frame);
  const float* const x = frame.at(product.input);
  const std::int64_t blocks = product.quantised.blocks;
  if (product.rows == 1) {
    const auto [begin, end] = frame.share(blocks);
    kernels.quantise(x, product.in, 0, begin, end, to);
    return;
  }
  const auto [begin, end] = frame.share(product.rows);
  for (std::int64_t r = begin; r < end; ++r) {
    kernels.quantise(x + r * product.in, product.in, r, 0, blocks, to);
  }
}

/// Into how many pieces a part's share of products is cut. Many rows keep what they prepare of the
/// activations for the whole share.
int pieces_of(std::span<const ReadyProduct> products, int threads) {
  std::int64_t most = kMostPieces, wanted = 0;
  for (const ReadyProduct& each : products) {
    if (each.rows != 1) return 1;
    const bool rows = each.way == Way::plain || each.way == Way::blocks;
    wanted += each.weight_bytes / threads / (rows ? kRowsPieceBytes : kTilesPieceBytes);
    most = std::min(most, each.out / host::kTileRows / threads);
  }
  return static_cast<int>(std::max<std::int64_t>(std::min(wanted, most), 1));
}

ReadyProduct make_ready(PlanBuilder& builder, const FusedProduct& fused) {
  const Node& node = builder.node(fused.node);
  const ValueId input = node.inputs[0];
  const TensorView& view = builder.weight(node.inputs[1]);
  ReadyProduct product;
  product.input = builder.place(input);
  product.output = builder.place(fused.result == kNoValue ? node.output : fused.result);
  product.rows = builder.rows(input);
  product.in = builder.length(input);
  product.out = builder.length(node.output);
  product.weight_bytes = static_cast<std::int64_t>(view.bytes.size());
  if (fused.addend != kNoValue) {
    product.adds = true;
    product.addend = builder.place(fused.addend);
  }
  if (fused.bias != kNoValue) product.bias = builder.floats_of(fused.bias);
  if (reads_in_place(builder, view.type)) {
    product.blocks = {.type = view.type,
                      .out = product.out,
                      .in = product.in,
                      .data = reinterpret_cast<const std::uint8_t*>(view.bytes.data()),
                      .walk = builder.options.walk};
    product.way = Way::blocks;
  } else if (TiledWeights::has_form(view.type)) {
    auto tiled = builder.options.tiled->find_or_make(view, builder.kernels, *builder.options.team,
                                                     builder.value(node.inputs[1]).name,
                                                     builder.options.feed);
    product.tiles = tiled->matrix();
    product.tiles.walk = builder.options.walk;
    builder.plan.own.weights_bytes += tiled->bytes() - static_cast<std::int64_t>(view.bytes.size());
    builder.plan.kept.push_back(std::move(tiled));
    product.way = host::takes_floats(product.tiles.form) ? Way::decoded : Way::tiled;
  } else {
    product.plain = {.type = view.type,
                     .out = product.out,
                     .in = product.in,
                     .data = view.bytes.data(),
                     .walk = builder.options.walk};
  }
  if (multiplies_quantised(product.way)) product.quantised = builder.quantised_place(input);
  return product;
}

}  // namespace

void plan_product_group(PlanBuilder& builder, std::span<const FusedProduct> products,
                        AfterProducts after, std::span<const std::size_t> with) {
  std::vector<ReadyProduct> ready;
  std::vector<std::size_t> nodes;
  for (const FusedProduct& each : products) {
    ready.push_back(make_ready(builder, each));
    nodes.push_back(each.node);
    nodes.insert(nodes.end(), each.with.begin(), each.with.end());
  }
  nodes.insert(nodes.end(), with.begin(), with.end());
  const auto taker = std::ranges::find_if(ready, multiplies_quantised, &ReadyProduct::way);
  const ValueId input = builder.node(products.front().node).inputs[0];
  const bool quantises = taker != ready.end() && builder.quantised_value != input;
  // Without fusing each product stands for itself, as its op does.
  if (taker != ready.end()) {
    builder.quantised_value = builder.options.fuse ? input : kNoValue;
  }
  const auto which = static_cast<std::size_t>(taker - ready.begin());
  const int pieces = pieces_of(ready, builder.options.team->threads());
  builder.add_stage(std::move(nodes),
                    [kernels = &builder.kernels, ready = std::move(ready), quantises, which, pieces,
                     after = std::move(after)](const Frame& frame) {
                      if (quantises) {
                        quantise_input(*kernels, ready[which], frame);
                        frame.meet();
                      }
                      frame.in_pieces(pieces, [&](const Frame& piece) {
                        for (const ReadyProduct& each : ready) each.run(*kernels, piece);
                        if (!after) return;
                        const auto [begin, end] = piece.share(ready[0].out, host::kTileRows);
                        if (begin < end) after(piece, begin, end);
                      });
                    });
}

void plan_products(PlanBuilder& builder, std::span<const std::size_t> nodes) {
  std::vector<FusedProduct> products;
  for (const std::size_t n : nodes) products.push_back({.node = n});
  plan_product_group(builder, products);
}

bool plan_quantised_norm(PlanBuilder& builder, std::size_t n) {
  const Node& node = builder.node(n);
  const auto* const norm = std::get_if<RmsNorm>(&node.op);
  if (norm == nullptr || builder.value(node.output).role != Role::activation) return false;
  // Every reader is a product that comes next and takes quantised rows.
  const auto nodes = builder.graph.nodes();
  int readers = 0;
  for (const Node& each : nodes) {
    if (std::ranges::find(each.inputs, node.output) == each.inputs.end()) continue;
    if (!std::holds_alternative<MatrixProduct>(each.op) || each.inputs[0] != node.output ||
        !TiledWeights::takes_quantised(builder.value(each.inputs[1]).type)) {
      return false;
    }
    ++readers;
  }
  if (readers == 0) return false;
  const QuantisedPlace quantised = builder.quantised_place(node.output);
  const std::int64_t rows = builder.rows(node.output), length = builder.length(node.output);
  const auto row_bytes = static_cast<std::size_t>(length) * sizeof(float);
  const std::size_t normed =
      builder.take_scratch(row_bytes * static_cast<std::size_t>(builder.options.team->threads()));
  builder.add_stage(
      n, [kernels = &builder.kernels, quantised, rows, length, normed, row_bytes,
          input = builder.place(node.inputs[0]), weight = builder.floats_of(node.inputs[1]),
          epsilon = norm->epsilon](const Frame& frame) {
        const host::QuantisedRows to = quantised.rows(frame);
        float* const row =
            frame.scratch_at<float>(normed + row_bytes * static_cast<std::size_t>(frame.part));
        const auto [begin, end] = frame.share(rows);
        for (std::int64_t r = begin; r < end; ++r) {
          kernels->rms_norm(frame.at(input) + r * length, weight, epsilon, length, row);
          kernels->quantise(row, length, r, 0, quantised.blocks, to);
        }
      });
  builder.quantised_value = node.output;
  return true;
}

}  // namespace ridgepoint
