// SPDX-License-Identifier: GPL-3.0-or-later
// Variants: how fast and how good each variant of a model is (backend, types, what became of its
// weights), for one thing asked of it; and which of them no other beats in both.
#pragma once

#include <QString>
#include <QStringList>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dashboard/models/run_list.h"

namespace ridgepoint {

struct VariantPoint {
  QString name;  ///< "quantized q4_k_m": what tells it from the others
  std::string backend;
  std::string run_id;  ///< that measured its speed
  std::string case_hash;
  double speed = 0;                      ///< tokens/s, more is better
  double quality = 0;                    ///< of the quality metric
  std::optional<double> error;           ///< standard error of the quality
  std::optional<double> memory_bytes{};  ///< that the process held at most, from the newest run
  bool on_front = false;  ///< no other is at least as fast and as good, and better in one
  /// What the pinned baseline measured of the same variant.
  struct Before {
    double speed = 0;
    std::optional<double> quality;
  };
  std::optional<Before> before{};
};

struct Variants {
  QStringList scenarios;  ///< what is asked of models: those with most points first
  QString scenario;       ///< the one that the points are of
  std::string speed_metric;
  std::string quality_metric;
  bool more_is_better = false;       ///< of the quality
  std::vector<VariantPoint> points;  ///< fastest first
  QStringList without_quality;       ///< names of variants whose speed alone is known
  QString machine;                   ///< that the speeds were measured on; others are left out
};

/// Quality metrics that a variant can be judged by, best known first.
const std::vector<std::string>& variant_quality_metrics();

/// The newest speed and the newest quality of each variant. An unknown scenario: the first there
/// is.
Variants read_variants(const std::filesystem::path& path, const RunList& runs,
                       const QString& scenario, std::string_view quality_metric,
                       const StoreOptions& options);

/// Sets what the run measured of each variant; without one it is taken away.
void set_beside(Variants& variants, const RunWithRecords* baseline);

/// What a variant may be: no worse than one, no larger than the other.
struct VariantBudget {
  std::optional<double> quality, memory_bytes;
  /// A memory that is not known is within no budget of it.
  [[nodiscard]] bool holds(const VariantPoint& point, bool more_is_better) const;
  [[nodiscard]] bool asks_anything() const { return quality || memory_bytes; }
};

/// Sets on_front and the order.
void find_front(std::vector<VariantPoint>& points, bool more_is_better);

}  // namespace ridgepoint
