// Transforms as text, for command lines and suites: no character that a shell or TOML would take
// for its own, and no comma, which separates the values of an axis.
//
//   TRANSFORM = [CHOICE] {+PATTERN=CHOICE}      the last pattern that fits a tensor decides
//   CHOICE    = keep                            as it is stored; what holds without a first choice
//             | TYPE                            a weight type or a model type: f16, q8_0, q4_k_m,
//             ... | q8[:group=channel|32|64|128]    int8, symmetric; channel: one scale a row
//             (default) | w4a16[:group=channel|32|64|128] 4 bits with scale and zero point; default
//             128 | fp8[:scale=channel|tensor]      E4M3; default channel | auto:error=E[:among=A]
//             fewest bytes with a relative error of at most E < 1;
//                                               A: gguf (what a GGUF file can hold) or types with
//                                               slashes between: q4_k/q6_k/q8_0
//   PATTERN   = whole parts of tensor names, numbers also as ranges: ffn_down, blk.0-3, output
#pragma once

#include <string>
#include <string_view>

#include "workloads/transforms/transform.h"

namespace ridgepoint {

/// Error: "transform: what; remedy", for an empty text too.
Transform parse_transform(std::string_view text);
/// The shortest text that means the same, so that equal transforms are equal texts.
std::string to_text(const Transform& transform);

}  // namespace ridgepoint
