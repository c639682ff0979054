#include "harness/run/case_phases.h"

#include <algorithm>

#include "workloads/models/lower.h"
#include "workloads/tensor/kv_type.h"

namespace ridgepoint {

std::int64_t decode_steps_of(const Case& subject) {
  return subject.prompt > 0 ? std::max<std::int64_t>(subject.generate, 1) - 1 : subject.generate;
}

std::vector<CasePhase> model_phases(const Case& subject, const Model& model) {
  Phase phase{
      .batch = subject.batch,
      .tokens = 1,
      .capacity = subject.depth + std::max<std::int64_t>(1, subject.prompt) + subject.generate,
      .kv_type = parse_kv_type(subject.kv)};
  std::vector<CasePhase> phases;
  if (subject.prompt > 0) {
    phase.tokens = subject.prompt;
    phases.push_back({kPrefillPhase, lower(model, phase), subject.depth});
  }
  if (const auto steps = decode_steps_of(subject); steps > 0) {
    phase.tokens = 1;
    // Work grows linearly with depth: the mean step is the step at the mean depth.
    phases.push_back(
        {kDecodePhase, lower(model, phase), subject.depth + subject.prompt + (steps - 1) / 2});
  }
  return phases;
}

}  // namespace ridgepoint
