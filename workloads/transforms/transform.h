// Transform: what is to become of a model's matrices, as data: a choice for all of them, and rules
// that choose otherwise by name. parse.h makes it of text, apply.h does it.
//
//   q8                          int8, one scale a row
//   w4a16:group=64+output=f16   4 bits in groups of 64, but the output in f16
//   auto:error=0.01             for each matrix the fewest bytes whose relative error is below 1 %
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "workloads/models/model_type.h"
#include "workloads/tensor/type.h"

namespace ridgepoint {

/// As it is stored.
struct Keep {
  bool operator==(const Keep&) const = default;
};

struct ToType {
  Type type = Type::f16;
  bool tensor_scale = false;  ///< fp8: one scale for all rows of a tensor, not one a row

  bool operator==(const ToType&) const = default;
};

/// As a model of that type would have it.
struct ToMixture {
  ModelType type;

  bool operator==(const ToMixture& other) const { return type.name() == other.type.name(); }
};

/// The first type, by bytes, that keeps the relative error of a matrix below the bound; as it is
/// stored where none does. What the error is: encode.h.
struct Automatic {
  double error = 0;
  std::vector<Type> among;  ///< in enum order; empty: every weight type

  bool operator==(const Automatic&) const = default;
};

using Choice = std::variant<Keep, ToType, ToMixture, Automatic>;

struct Rule {
  std::string pattern;
  Choice choice;

  bool operator==(const Rule&) const = default;
};

struct Transform {
  Choice otherwise;         ///< where no rule fits
  std::vector<Rule> rules;  ///< the last that fits decides

  bool operator==(const Transform&) const = default;
};

/// Whether a rule's pattern fits a tensor's name: its dotted parts, one after the other, are whole
/// parts of the name. "ffn_down" and "blk.3" fit "blk.3.ffn_down.weight", "output" does not fit
/// "blk.3.attn_output.weight". "0-3" stands for any of these numbers.
bool fits(std::string_view pattern, std::string_view tensor_name);

/// Error when a choice can lead to a type that GGUF does not have.
void check_gguf_holds(const Transform& transform);

/// What becomes of a tensor.
const Choice& choice_for(const Transform& transform, std::string_view tensor_name);

}  // namespace ridgepoint
