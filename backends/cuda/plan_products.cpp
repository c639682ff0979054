// Matrix products: few rows by kernels of our own, many rows by the device's library, over tiles of
// decoded weights where they are not stored as it takes them. Weights of eight bits with one scale
// a row are multiplied as they are, where the device has tensor cores for them, and scaled
// afterwards.
#include <algorithm>
#include <array>
#include <utility>

#include "backends/cuda/plan_builder.h"
#include "backends/cuda/product_plan.h"

namespace ridgepoint::cuda {
namespace {

using LaunchList = std::vector<std::function<void()>>;

ProductPart part_of(PlanBuilder& builder, const FusedProduct& product) {
  const Node& node = builder.node(product.node);
  return {.matrix = builder.matrix(node.inputs[1]),
          .out = builder.at(product.result == kNoValue ? node.output : product.result),
          .bias = product.bias == kNoValue ? nullptr : builder.vector(product.bias),
          .addend = product.addend == kNoValue ? nullptr : builder.at(product.addend)};
}

/// The rows from `first` on of what a product reads and writes.
FewRowsArgs from_row(FewRowsArgs args, std::int64_t first, std::int64_t rows) {
  args.rows = static_cast<int>(std::min<std::int64_t>(rows - first, kMostFewRows));
  const std::int64_t skipped = first * args.x.units;
  args.x.numbers = static_cast<std::byte*>(args.x.numbers) +
                   skipped * kUnit * (args.x.packing == Packing::codes ? 1 : 4);
  if (args.x.packing == Packing::codes) {
    args.x.scales += skipped;
    args.x.sums += skipped;
  }
  for (int p = 0; p < args.count; ++p) {
    ProductPart& part = args.parts[p];
    part.out += first * part.matrix.out;
    if (part.addend != nullptr) part.addend += first * part.matrix.out;
  }
  return args;
}

void add_few_rows(PlanBuilder& builder, FewRowsArgs args, std::int64_t rows, LaunchList& launches) {
  std::int64_t outputs = 0;
  for (int p = 0; p < args.count; ++p) outputs += args.parts[p].matrix.out;
  args.split = choose_split(outputs, args.parts[0].matrix.in, args.parts[0].matrix.format,
                            builder.device().describe().multiprocessors);
  Device* const device = &builder.device();
  for (std::int64_t first = 0; first < rows; first += kMostFewRows) {
    launches.emplace_back([device, part = from_row(args, first, rows)] {
      device->launches().few_rows(part, device->stream());
    });
  }
}

void add_many_rows(PlanBuilder& builder, const ProductPart& part, const Packed& x,
                   std::int64_t rows, LaunchList& launches) {
  Device* const device = &builder.device();
  const Matrix& m = part.matrix;
  // As asked for, f32 products may go through tensor cores, which take ten bits of each factor.
  const bool tf32 = x.packing == Packing::floats && builder.options.tf32;
  ManyRowsArgs args{.type = tf32 ? Packing::tf32 : x.packing,
                    .weight = m.codes,
                    .x = x.numbers,
                    .out_features = m.out,
                    .rows = rows,
                    .in = m.in,
                    .weight_pitch = m.units() * kUnit,
                    .x_pitch = x.units * kUnit,
                    .out_pitch = m.out,
                    .out = part.out,
                    .addend = part.addend};
  const bool stored_so =
      m.format == Format::f32 || m.format == Format::f16 || m.format == Format::bf16;
  if (stored_so) {
    launches.emplace_back([device, args] { device->many_rows(args); });
  } else {
    const std::int64_t most = builder.tile_rows(m);
    auto* const tile = reinterpret_cast<std::uint16_t*>(builder.shared_tile());
    for (std::int64_t begin = 0; begin < m.out; begin += most) {
      const std::int64_t count = std::min(most, m.out - begin);
      const DequantiseArgs decode{.matrix = m, .begin = begin, .rows = count, .out = tile};
      ManyRowsArgs some = args;
      some.weight = tile;
      some.out_features = count;
      some.out += begin;
      if (some.addend != nullptr) some.addend += begin;
      launches.emplace_back([device, decode, some] {
        device->launches().dequantise(decode, device->stream());
        device->many_rows(some);
      });
    }
  }
  if (part.bias == nullptr) return;
  const ElementwiseArgs bias{.what = Elementwise::bias,
                             .left = part.out,
                             .right = part.bias,
                             .rows = rows,
                             .length = m.out,
                             .out = part.out};
  launches.emplace_back([device, bias] { device->launches().elementwise(bias, device->stream()); });
}

/// `sums` is the place that the product has by itself: where the result goes, something may lie
/// that is to be added.
void add_eight_bits(PlanBuilder& builder, const ProductPart& part, float* sums, const Packed& x,
                    std::int64_t rows, LaunchList& launches) {
  Device* const device = &builder.device();
  const Matrix& m = part.matrix;
  // Rows are filled up with zeros, so their whole length may be multiplied.
  const ManyRowsArgs product{.type = x.packing,
                             .weight = m.codes,
                             .x = x.numbers,
                             .out_features = m.out,
                             .rows = rows,
                             .in = m.units() * kUnit,
                             .weight_pitch = m.units() * kUnit,
                             .x_pitch = x.units * kUnit,
                             .out_pitch = m.out,
                             .out = sums};
  const ScaleSumsArgs scaled{.part = part,
                             .sums = sums,
                             .whole_numbers = x.packing == Packing::row_codes,
                             .x_scales = x.scales,
                             .rows = rows};
  launches.emplace_back([device, product, scaled] {
    device->many_rows(product);
    device->launches().scale_sums(scaled, device->stream());
  });
}

/// The input as the product wants it, packed unless it is.
Packed packed_input(PlanBuilder& builder, ValueId input, ValueId weight, LaunchList& launches) {
  Device* const device = &builder.device();
  const Packing packing = builder.packing_for(input, weight);
  const Packed x = builder.packed_place(input, packing);
  if (x.numbers == builder.at<void>(input) || builder.is_packed(input, packing)) return x;
  builder.packed_now(input, packing);
  const std::int64_t rows = builder.rows(input), length = builder.length(input);
  const float* const from = builder.at(input);
  if (packing == Packing::e4m3 || packing == Packing::row_codes) {
    const PackRowsArgs pack{.x = from, .rows = rows, .length = length, .packed = x};
    launches.emplace_back([device, pack] { device->launches().pack_rows(pack, device->stream()); });
  } else {
    const PackArgs pack{.x = from, .rows = rows, .length = length, .packed = x};
    launches.emplace_back([device, pack] { device->launches().pack(pack, device->stream()); });
  }
  return x;
}

bool is_few(PlanBuilder& builder, std::int64_t rows) {
  return rows <= kMostFewRows || !builder.device().has_many_rows();
}

}  // namespace

// What is gated goes where the gate would have gone (backends/activation_plan.h), or to a place
// that nobody had, so that no block writes what another one still reads.
LaunchList gated_launches(PlanBuilder& builder, std::size_t gate, std::size_t up, ValueId result) {
  const ValueId input = builder.node(gate).inputs[0];
  const ValueId gate_weight = builder.node(gate).inputs[1];
  const ValueId up_weight = builder.node(up).inputs[1];
  const std::int64_t rows = builder.rows(input);
  if (!is_few(builder, rows) || builder.takes_tiles(input, gate_weight) ||
      builder.matrix(gate_weight).format != builder.matrix(up_weight).format) {
    return {};
  }
  LaunchList launches;
  FewRowsArgs args{.count = 2, .gated = true};
  args.x = packed_input(builder, input, gate_weight, launches);
  args.parts[0] = part_of(builder, {.node = gate, .result = result});
  args.parts[1] = part_of(builder, {.node = up, .result = result});
  add_few_rows(builder, args, rows, launches);
  return launches;
}

LaunchList product_launches(PlanBuilder& builder, std::span<const FusedProduct> products) {
  LaunchList launches;
  Device* const device = &builder.device();
  const ValueId input = builder.node(products[0].node).inputs[0];
  const std::int64_t rows = builder.rows(input);
  const bool few = is_few(builder, rows);
  for (std::size_t p = 0; p < products.size();) {
    const ValueId weight = builder.node(products[p].node).inputs[1];
    const Packed x = packed_input(builder, input, weight, launches);
    if (builder.takes_tiles(input, weight)) {
      const SomeRowsArgs args{
          .part = part_of(builder, products[p]),
          .x = x,
          .rows = rows,
          .parts = choose_code_parts(builder.matrix(weight).out,
                                     builder.device().describe().multiprocessors)};
      launches.emplace_back(
          [device, args] { device->launches().some_rows(args, device->stream()); });
      ++p;
      continue;
    }
    if (builder.takes_eight_bits(input, weight)) {
      add_eight_bits(builder, part_of(builder, products[p]),
                     builder.at(builder.node(products[p].node).output), x, rows, launches);
      ++p;
      continue;
    }
    if (!few) {
      add_many_rows(builder, part_of(builder, products[p]), x, rows, launches);
      ++p;
      continue;
    }
    // Neighbours of one format go together.
    FewRowsArgs args{.count = 0, .x = x};
    do {
      args.parts[args.count++] = part_of(builder, products[p++]);
    } while (p < products.size() && args.count < kMostParts &&
             builder.matrix(builder.node(products[p].node).inputs[1]).format ==
                 args.parts[0].matrix.format &&
             !builder.takes_tiles(input, builder.node(products[p].node).inputs[1]));
    add_few_rows(builder, args, rows, launches);
  }
  return launches;
}

void plan_product(PlanBuilder& builder, std::size_t n) {
  builder.add_stage({n}, product_launches(builder, std::array{FusedProduct{.node = n}}));
}

}  // namespace ridgepoint::cuda
