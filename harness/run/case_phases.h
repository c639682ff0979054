// The phases that a case is made of, each as a graph and the past that it has: what work figures
// and op times are counted from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "workloads/case.h"
#include "workloads/graph/graph.h"
#include "workloads/models/model.h"

namespace ridgepoint {

struct CasePhase {
  std::string name;  ///< "prefill", "decode"; "run" for an operator
  Graph graph;
  std::int64_t past = 0;  ///< tokens that each sequence holds before a pass
};

inline constexpr const char* kPrefillPhase = "prefill";
inline constexpr const char* kDecodePhase = "decode";
inline constexpr const char* kRunPhase = "run";

/// Decode steps of one repetition: with a prompt, the first token comes from the prefill.
std::int64_t decode_steps_of(const Case& subject);

/// Of a model case: the prompt of all sequences, and one decode step at the mean depth, as far as
/// the case has them. Error when the model cannot be lowered.
std::vector<CasePhase> model_phases(const Case& subject, const Model& model);

}  // namespace ridgepoint
