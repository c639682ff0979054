// One operator on the reference backend, from numbers to numbers.
#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backends/reference/reference_backend.h"
#include "workloads/graph/graph.h"
#include "workloads/tensor/convert.h"

namespace ridgepoint {

struct OpInput {
  Role role = Role::input;
  Shape shape;
  std::vector<float> numbers;
  Type type = Type::f32;
};

inline OpInput activation(Shape shape, std::vector<float> numbers) {
  return {Role::input, std::move(shape), std::move(numbers)};
}
inline OpInput weight(Shape shape, std::vector<float> numbers, Type type = Type::f32) {
  return {Role::weight, std::move(shape), std::move(numbers), type};
}
/// [batch, capacity, features]; `numbers` are its contents.
inline OpInput cache(Shape shape, std::vector<float> numbers, Type type = Type::f32) {
  return {Role::cache, std::move(shape), std::move(numbers), type};
}

struct OpRun {
  std::int64_t batch = 1;
  std::int64_t tokens = 1;
  std::int64_t past = 0;
  std::int64_t capacity = 0;
  int threads = 1;
};

inline std::vector<std::byte> bytes_of_numbers(Type type, std::span<const float> numbers,
                                               std::int64_t row_length) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < numbers.size(); i += static_cast<std::size_t>(row_length)) {
    std::vector<std::byte> row(static_cast<std::size_t>(row_bytes(type, row_length)));
    if (type == Type::i32) {
      for (std::size_t j = 0; j < static_cast<std::size_t>(row_length); ++j) {
        const auto whole = static_cast<std::int32_t>(numbers[i + j]);
        std::memcpy(row.data() + j * sizeof whole, &whole, sizeof whole);
      }
    } else {
      from_float(type, numbers.subspan(i, static_cast<std::size_t>(row_length)), row);
    }
    bytes.insert(bytes.end(), row.begin(), row.end());
  }
  return bytes;
}

/// The operator's output, tokens as numbers too.
inline std::vector<float> run_op(Op op, const std::vector<OpInput>& inputs, const OpRun& how) {
  const ReferenceBackend backend;
  Graph graph("test", how.batch, how.tokens, how.capacity);
  WeightMap weights;
  std::map<std::string, std::vector<std::byte>> owned;
  std::vector<ValueId> ids;
  std::optional<Graph> fill;
  std::vector<std::pair<ValueId, std::string>> fill_inputs;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const OpInput& input = inputs[i];
    const std::string name = "input." + std::to_string(i);
    const Value value{name, input.role, input.type, input.shape};
    ids.push_back(graph.add_value(value));
    const Type stored = input.role == Role::cache ? Type::f32 : input.type;
    owned[name] = bytes_of_numbers(stored, input.numbers, input.shape.back());
    if (input.role == Role::weight) weights[name] = {input.type, input.shape, owned[name]};
    if (input.role == Role::cache) {
      // Caches are filled the way everyone fills them: by appending.
      if (!fill) fill.emplace("fill", input.shape[0], input.shape[1], input.shape[1]);
      const ValueId source = fill->add_value({"source." + name,
                                              Role::input,
                                              Type::f32,
                                              {input.shape[0] * input.shape[1], input.shape[2]}});
      fill->add_node("fill." + name, KvAppend{}, {source, fill->add_value(value)});
      fill_inputs.emplace_back(source, name);
    }
  }
  const ValueId output = graph.add_node("op", std::move(op), ids);
  graph.mark_output(output, "result");
  PrepareOptions options{.threads = how.threads, .cache = nullptr};
  if (fill) {
    options.cache = backend.make_cache(graph);
    const auto filling = backend.prepare(*fill, {}, options);
    for (const auto& [id, name] : fill_inputs) filling->write_input(id, owned[name]);
    filling->run(0);
    filling->synchronise();
  }
  const auto execution = backend.prepare(graph, weights, options);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].role == Role::input) {
      execution->write_input(ids[i], owned["input." + std::to_string(i)]);
    }
  }
  execution->run(how.past);
  execution->synchronise();
  const Value& result = graph.value(output);
  const auto count = static_cast<std::size_t>(element_count(result.shape));
  std::vector<float> numbers(count);
  if (result.type == Type::i32) {
    std::vector<std::int32_t> tokens(count);
    execution->read_output(output, std::as_writable_bytes(std::span(tokens)));
    for (std::size_t i = 0; i < count; ++i) numbers[i] = static_cast<float>(tokens[i]);
  } else {
    execution->read_output(output, std::as_writable_bytes(std::span(numbers)));
  }
  return numbers;
}

}  // namespace ridgepoint
