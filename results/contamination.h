// Contamination: what disturbed a measurement from outside, counted and never guessed from timings.
// While a case is measured, its samples are taken in batches; around each the harness reads what
// the kernel counts. The counts are series beside the samples, all of one length, declared here
// once.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "results/record.h"

namespace ridgepoint {

/// A series with one value a batch.
struct BatchSeriesSpec {
  std::string_view name;  ///< "batch.steal_ns"
  std::string_view unit;
  std::string_view definition;  ///< one sentence
};
std::span<const BatchSeriesSpec> batch_series();

/// Of any series: "ns" for those of times, which are neither of batches nor of a quality case.
std::string_view unit_of_series(std::string_view name);

/// A batch is contaminated when one of these holds. Nothing here looks at how long samples took.
struct ContaminationCriteria {
  double steal_share = 0.02;        ///< of the batch's CPU time, all CPUs
  double switches_per_second = 10;  ///< involuntary; one is free in every batch
  double clock_share = 0.9;         ///< below this share of the case's median clock
  double most_contaminated = 0.2;   ///< a larger share of batches makes the case noisy
};

struct Contamination {
  std::int64_t batches = 0;
  std::int64_t contaminated = 0;
  std::map<std::string, std::int64_t> by;  ///< batches by cause; one batch may have several
  std::vector<std::pair<std::int64_t, std::string>> which{};  ///< contaminated batch, its causes
  [[nodiscard]] double share() const {
    return batches > 0 ? static_cast<double>(contaminated) / static_cast<double>(batches) : 0;
  }
};

/// `cpus` share the machine's steal time. Series that are absent or of another length than
/// "batch.samples" contaminate nothing. `major_faults_are_meant`: the case reads from a disk.
Contamination contamination_of(const Measurement& measurement, std::int64_t cpus,
                               bool major_faults_are_meant,
                               const ContaminationCriteria& criteria = {});

}  // namespace ridgepoint
