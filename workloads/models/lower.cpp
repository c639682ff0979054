#include "workloads/models/lower.h"

#include <fmt/format.h>

#include "workloads/error.h"
#include "workloads/models/lower_builder.h"

namespace ridgepoint {

Graph lower(const Model& model, const Phase& phase) {
  const Architecture architecture = model.config.architecture;
  if (model.config.experts == 0) {
    switch (architecture) {
      case Architecture::llama:
      case Architecture::qwen2:
        return lower_llama(model, phase);
      case Architecture::gpt2:
        return lower_gpt2(model, phase);
      case Architecture::mixtral:
      case Architecture::gpt_oss:
        break;
    }
  }
  throw Error(
      fmt::format("{}: a mixture of experts ({}) is not lowered by this version; take a "
                  "dense llama, qwen2 or gpt2 model",
                  model.source, name_of(architecture)));
}

}  // namespace ridgepoint
