#include "harness/run/case_model.h"

#include <fmt/format.h>

#include <utility>

#include "harness/run/data_folder.h"
#include "profiler/clock/monotonic_clock.h"
#include "workloads/error.h"
#include "workloads/transforms/parse.h"

namespace ridgepoint {

CaseModel open_case_model(const Case& subject, int threads) {
  CaseModel result;
  result.model =
      open_model(subject.model, subject.type, static_cast<std::uint64_t>(subject.seed), threads);
  if (subject.transform.empty()) return result;
  const Transform transform = parse_transform(subject.transform);
  const auto start_ns = monotonic_ns();
  Transformed transformed;
  try {
    transformed = apply_transform(std::move(result.model), transform, threads);
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", subject.model, error.what()));
  }
  result.transform_ns = monotonic_ns() - start_ns;
  result.model = std::move(transformed.model);
  result.transformed = std::move(transformed.report);
  return result;
}

}  // namespace ridgepoint
