// Operands: what an operator demands of its inputs, worded for the person who built the graph. Each
// check throws Error that names the operator, the input and what does not fit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "workloads/ops/value.h"

namespace ridgepoint {

class Operands {
 public:
  /// `inputs` must outlive this object. Error unless there are `count` of them.
  Operands(std::string_view op, std::span<const Value> inputs, std::size_t count);

  /// f32 [rows, features], neither weight nor cache.
  [[nodiscard]] const Value& activation(std::size_t index) const;
  /// i32 [rows], neither weight nor cache.
  [[nodiscard]] const Value& tokens(std::size_t index) const;
  /// A weight [rows, features] of any weight type; `features` is demanded when it is not 0.
  [[nodiscard]] const Value& matrix(std::size_t index, std::int64_t features) const;
  /// A weight [features] of any weight type.
  [[nodiscard]] const Value& vector(std::size_t index, std::int64_t features) const;
  /// A cache [batch, capacity, features] of f32, f16 or bf16 whose batch divides `rows` into at
  /// most `capacity` tokens a sequence.
  [[nodiscard]] const Value& cache(std::size_t index, std::int64_t rows,
                                   std::int64_t features) const;

  /// "matrix_product: " + what, with the inputs' names and shapes behind it.
  [[noreturn]] void fail(std::string_view what) const;
  void demand(bool holds, std::string_view what) const {
    if (!holds) fail(what);
  }

 private:
  [[nodiscard]] const Value& positive(std::size_t index, std::size_t rank,
                                      std::string_view what) const;

  std::string_view op_;
  std::span<const Value> inputs_;
};

/// Bytes of the value as stored.
std::int64_t bytes_of(const Value& value);

}  // namespace ridgepoint
