// A Model as the C interface shows it: the same bytes, described in C structures that point into
// this object and into the model.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backends/plugin/ridgepoint_plugin.h"
#include "backends/session.h"
#include "workloads/models/model.h"

namespace ridgepoint {

/// `model` must outlive it. Neither copied nor moved: its structures point into it.
class ModelDescription {
 public:
  explicit ModelDescription(const Model& model);
  ModelDescription(const ModelDescription&) = delete;
  ModelDescription& operator=(const ModelDescription&) = delete;

  [[nodiscard]] const ridgepoint_model* get() const { return &description_; }

 private:
  std::string path_, architecture_;
  std::vector<double> inverse_frequencies_;
  std::vector<ridgepoint_tensor> tensors_;
  ridgepoint_model description_{};
};

ridgepoint_session_options describe(const SessionOptions& options);

}  // namespace ridgepoint
