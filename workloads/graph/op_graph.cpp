#include "workloads/graph/op_graph.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cmath>
#include <cstring>
#include <utility>

#include "workloads/error.h"
#include "workloads/models/model_config.h"
#include "workloads/tensor/convert.h"
#include "workloads/tensor/kv_type.h"

namespace ridgepoint {
namespace {

constexpr double kRopeTheta = 10000.0;

struct Entry {
  std::string_view name;
  std::vector<std::string_view> fields;
};

const std::vector<Entry>& entries() {
  static const std::vector<Entry> kEntries = {
      {Embedding::kName, {"type", "rows", "in", "out", "seed"}},
      {PositionEmbedding::kName, {"type", "rows", "batch", "in", "depth", "seed"}},
      {RmsNorm::kName, {"rows", "in", "seed"}},
      {LayerNorm::kName, {"rows", "in", "seed"}},
      {MatrixProduct::kName, {"type", "rows", "in", "out", "seed"}},
      {Bias::kName, {"rows", "in", "seed"}},
      {Rope::kName, {"rows", "batch", "heads", "head_dim", "depth", "seed"}},
      {KvAppend::kName, {"rows", "batch", "kv_heads", "head_dim", "depth", "kv", "seed"}},
      {Attention::kName, {"rows", "batch", "heads", "kv_heads", "head_dim", "depth", "kv", "seed"}},
      {Softmax::kName, {"rows", "in", "seed"}},
      {SiluGate::kName, {"rows", "in", "seed"}},
      {Gelu::kName, {"rows", "in", "seed"}},
      {Add::kName, {"rows", "in", "seed"}},
      {SelectLast::kName, {"rows", "batch", "in", "seed"}},
      {Sample::kName, {"batch", "in", "seed"}},
  };
  return kEntries;
}

/// Adds inputs, weights and caches with the case's shapes.
class Builder {
 public:
  /// `tokens` new ones for each of `batch` sequences.
  Builder(const Case& value, std::string_view name, std::int64_t batch, std::int64_t tokens,
          std::int64_t capacity)
      : value_(value), graph_(fmt::format("op {}", name), batch, tokens, capacity) {}

  ValueId activation(std::string name, std::int64_t features) {
    return graph_.add_value(
        {std::move(name), Role::input, Type::f32, {graph_.batch() * graph_.tokens(), features}});
  }
  ValueId tokens() {
    return graph_.add_value({"tokens", Role::input, Type::i32, {graph_.batch() * graph_.tokens()}});
  }
  ValueId matrix(std::int64_t rows, std::int64_t features) {
    const Shape shape{rows, features};
    const Type type = parse_weight_type(value_.type.empty() ? "f32" : value_.type);
    static_cast<void>(byte_count(type, shape));
    return graph_.add_value({"weight", Role::weight, type, shape});
  }
  ValueId vector(std::string name, std::int64_t features) {
    return graph_.add_value({std::move(name), Role::weight, Type::f32, {features}});
  }
  ValueId cache(std::string name) {
    return graph_.add_value(
        {std::move(name),
         Role::cache,
         parse_kv_type(value_.kv),
         {graph_.batch(), graph_.capacity(), value_.kv_heads * value_.head_dim}});
  }
  ValueId node(std::string op_id, Op op, std::vector<ValueId> inputs) {
    return graph_.add_node(std::move(op_id), std::move(op), std::move(inputs));
  }
  Graph finish(Op op, std::vector<ValueId> inputs) {
    const std::string name(name_of(op));
    const ValueId output = node(name, std::move(op), std::move(inputs));
    if (graph_.value(output).role == Role::activation) graph_.mark_output(output, "result");
    return std::move(graph_);
  }
  Graph finish() { return std::move(graph_); }

 private:
  const Case& value_;
  Graph graph_;
};

/// SplitMix64's finaliser over a counter: any element without those before it.
std::uint64_t scramble(std::uint64_t key, std::uint64_t counter) {
  std::uint64_t state = key + (counter + 1) * 0x9e3779b97f4a7c15U;
  state = (state ^ (state >> 30U)) * 0xbf58476d1ce4e5b9U;
  state = (state ^ (state >> 27U)) * 0x94d049bb133111ebU;
  return state ^ (state >> 31U);
}

/// FNV-1a of the name, so that every tensor has its own stream.
std::uint64_t key_of(std::uint64_t seed, std::string_view name) {
  std::uint64_t key = 0xcbf29ce484222325U ^ scramble(0, seed);
  for (const char letter : name) {
    key = (key ^ static_cast<unsigned char>(letter)) * 0x100000001b3U;
  }
  return key;
}

/// Sum of four uniform 16-bit integers, centred and scaled to deviation 1 (Irwin-Hall): exact
/// arithmetic up to one rounding, so the same on every machine. An odd centre keeps zero out.
float bell(std::uint64_t key, std::uint64_t counter) {
  const std::uint64_t bits = scramble(key, counter);
  const std::uint64_t sum =
      (bits & 0xffffU) + ((bits >> 16U) & 0xffffU) + ((bits >> 32U) & 0xffffU) + (bits >> 48U);
  // Mean 2 * 65535, variance 4 * 65536^2 / 12.
  constexpr double kDeviation = 37837.22753;
  const double centred = 2.0 * static_cast<double>(sum) - 4.0 * 65535.0 + 1.0;
  return static_cast<float>(centred / (2.0 * kDeviation));
}

void fill(std::span<float> target, std::uint64_t key, std::uint64_t first, double shift,
          double scale) {
  for (std::size_t i = 0; i < target.size(); ++i) {
    target[i] = static_cast<float>(shift + scale * static_cast<double>(bell(key, first + i)));
  }
}

std::vector<std::byte> random_tensor(const Value& value, std::uint64_t seed, double shift,
                                     double scale) {
  const std::uint64_t key = key_of(seed, value.name);
  const std::int64_t length = value.shape.back();
  const auto row_size = static_cast<std::size_t>(row_bytes(value.type, length));
  const auto rows = static_cast<std::size_t>(element_count(value.shape) / length);
  std::vector<std::byte> bytes(rows * row_size);
  std::vector<float> row(static_cast<std::size_t>(length));
  for (std::size_t r = 0; r < rows; ++r) {
    fill(row, key, r * row.size(), shift, scale);
    from_float(value.type, row, std::span(bytes).subspan(r * row_size, row_size));
  }
  return bytes;
}

std::vector<std::byte> random_tokens(const Value& value, std::uint64_t seed,
                                     std::int64_t vocabulary) {
  const std::uint64_t key = key_of(seed, value.name);
  std::vector<std::int32_t> tokens(static_cast<std::size_t>(value.shape[0]));
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    tokens[i] =
        static_cast<std::int32_t>(scramble(key, i) % static_cast<std::uint64_t>(vocabulary));
  }
  std::vector<std::byte> bytes(tokens.size() * sizeof(std::int32_t));
  std::memcpy(bytes.data(), tokens.data(), bytes.size());
  return bytes;
}

/// Rows of the table that the tokens index.
std::int64_t vocabulary_of(const Graph& graph, ValueId tokens) {
  for (const Node& node : graph.nodes()) {
    if (std::holds_alternative<Embedding>(node.op) && node.inputs[0] == tokens) {
      return graph.value(node.inputs[1]).shape[0];
    }
  }
  throw std::logic_error("op_inputs: tokens that no embedding reads");
}

}  // namespace

std::vector<std::string> op_names() {
  std::vector<std::string> names;
  for (const Entry& entry : entries()) names.emplace_back(entry.name);
  return names;
}

std::span<const std::string_view> fields_of_op(std::string_view name) {
  for (const Entry& entry : entries()) {
    if (entry.name == name) return entry.fields;
  }
  throw Error(fmt::format("unknown operator '{}'; known: {}", name, fmt::join(op_names(), ", ")));
}

std::int64_t past_of_op(const Case& value) {
  for (const std::string_view field : fields_of_op(value.op)) {
    if (field == "depth") return value.depth;
  }
  return 0;
}

Graph lower_op(const Case& value) {
  static_cast<void>(fields_of_op(value.op));
  const std::string_view op = value.op;
  // Operators that know no sequences see one sequence of `rows` tokens.
  Builder flat(value, op, 1, op == Sample::kName ? value.batch : value.rows, 0);
  const auto sequences = [&](std::int64_t capacity) {
    return Builder(value, op, value.batch, value.rows, capacity);
  };
  if (op == Embedding::kName) {
    const ValueId tokens = flat.tokens();
    return flat.finish(Embedding{}, {tokens, flat.matrix(value.in, value.out)});
  }
  if (op == PositionEmbedding::kName) {
    Builder builder = sequences(0);
    const ValueId input = builder.activation("input", value.in);
    return builder.finish(PositionEmbedding{},
                          {input, builder.matrix(value.depth + value.rows, value.in)});
  }
  if (op == Rope::kName) {
    Builder builder = sequences(0);
    const ValueId input = builder.activation("input", value.heads * value.head_dim);
    Rope rope{
        .head_dim = value.head_dim, .pairing = RopePairing::adjacent, .inverse_frequencies = {}};
    ModelConfig config;
    config.head_dim = value.head_dim;
    config.rope_theta = kRopeTheta;
    rope.inverse_frequencies = inverse_frequencies(config);
    return builder.finish(std::move(rope), {input});
  }
  if (op == KvAppend::kName) {
    Builder builder = sequences(value.depth + value.rows);
    const ValueId input = builder.activation("input", value.kv_heads * value.head_dim);
    return builder.finish(KvAppend{}, {input, builder.cache("cache")});
  }
  if (op == Attention::kName) {
    Builder builder = sequences(value.depth + value.rows);
    const ValueId query = builder.activation("query", value.heads * value.head_dim);
    const ValueId keys = builder.cache("cache.k");
    const ValueId values = builder.cache("cache.v");
    return builder.finish(Attention{.heads = value.heads,
                                    .kv_heads = value.kv_heads,
                                    .head_dim = value.head_dim,
                                    .scale = 1.0 / std::sqrt(static_cast<double>(value.head_dim))},
                          {query, keys, values});
  }
  if (op == SelectLast::kName) {
    Builder builder = sequences(0);
    const ValueId input = builder.activation("input", value.in);
    return builder.finish(SelectLast{.batch = value.batch}, {input});
  }
  const ValueId input = flat.activation(op == Sample::kName     ? "logits"
                                        : op == SiluGate::kName ? "gate"
                                                                : "input",
                                        value.in);
  if (op == MatrixProduct::kName) {
    return flat.finish(MatrixProduct{}, {input, flat.matrix(value.out, value.in)});
  }
  if (op == RmsNorm::kName) {
    return flat.finish(RmsNorm{}, {input, flat.vector("norm.weight", value.in)});
  }
  if (op == LayerNorm::kName) {
    const ValueId weight = flat.vector("norm.weight", value.in);
    return flat.finish(LayerNorm{}, {input, weight, flat.vector("norm.bias", value.in)});
  }
  if (op == Bias::kName) return flat.finish(Bias{}, {input, flat.vector("bias.weight", value.in)});
  if (op == SiluGate::kName) {
    return flat.finish(SiluGate{}, {input, flat.activation("up", value.in)});
  }
  if (op == Add::kName) return flat.finish(Add{}, {input, flat.activation("other", value.in)});
  if (op == Softmax::kName) return flat.finish(Softmax{}, {input});
  if (op == Gelu::kName) return flat.finish(Gelu{}, {input});
  if (op == Sample::kName) return flat.finish(Sample{}, {input});
  throw std::logic_error("lower_op: an operator without a builder");
}

std::optional<Graph> lower_op_fill(const Case& value) {
  static_cast<void>(fields_of_op(value.op));
  if (value.op != Attention::kName) return std::nullopt;
  const std::int64_t live = value.depth + value.rows;
  Builder builder(value, "attention fill", value.batch, live, live);
  const std::int64_t features = value.kv_heads * value.head_dim;
  const ValueId keys = builder.activation("keys", features);
  const ValueId values = builder.activation("values", features);
  builder.node("fill.k", KvAppend{}, {keys, builder.cache("cache.k")});
  builder.node("fill.v", KvAppend{}, {values, builder.cache("cache.v")});
  return builder.finish();
}

OpInputs op_inputs(const Graph& graph, std::uint64_t seed) {
  OpInputs result;
  for (ValueId id = 0; id < graph.values().size(); ++id) {
    const Value& value = graph.value(id);
    if (value.role == Role::input) {
      result.inputs[id] = value.type == Type::i32
                              ? random_tokens(value, seed, vocabulary_of(graph, id))
                              : random_tensor(value, seed, 0.0, 1.0);
    } else if (value.role == Role::weight) {
      const bool matrix = value.shape.size() > 1;
      const bool norm = value.name == "norm.weight";
      const double scale = matrix ? 1.0 / std::sqrt(static_cast<double>(value.shape.back()))
                           : norm ? 0.1
                                  : 1.0;
      // Moving a map keeps its nodes, and moving a vector its bytes, so the view stays good.
      const auto& bytes = result.owned[value.name] =
          random_tensor(value, seed, norm ? 1.0 : 0.0, scale);
      result.weights[value.name] = {value.type, value.shape, bytes};
    }
  }
  return result;
}

}  // namespace ridgepoint
