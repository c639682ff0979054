// SPDX-License-Identifier: GPL-3.0-or-later
// WallRecords: what a database knows of the memory wall: the figures of `ridgepoint wall`, the
// elasticity tests, the working-set sweep of the newest ceilings, and decode speeds that were
// measured, to be set beside what is predicted.
#pragma once

#include <QString>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "dashboard/models/cell_table.h"
#include "dashboard/models/run_list.h"
#include "dashboard/models/traced_record.h"
#include "results/roofline/roofs.h"
#include "results/wall/elasticity.h"
#include "results/wall/wall_figures.h"

namespace ridgepoint {

struct MeasuredSpeed {
  std::string model, type, kv;
  std::string run_id, case_hash, label;
  std::int64_t batch = 1, context = 0;
  double tokens_per_second = 0;
  std::optional<double> before{};  ///< what the pinned baseline measured of the same case
  bool within_range = false;       ///< of the decode steps within the range of the timeline
};

struct ElasticityTest {
  QString what;
  Elasticity found;
};

struct WallRecords {
  std::vector<WallFigures> figures;  ///< newest first, one of each variant
  std::vector<MeasuredSpeed> speeds;
  std::vector<ElasticityTest> elasticities;  ///< of the newest test of each
  std::optional<roofline::Roofs> roofs;      ///< with as many threads as were measured at the most
  QString why_no_roofs;                      ///< without those: a sentence
  QString score;                             ///< of the newest predictions, in words
};

WallRecords read_wall_records(const std::filesystem::path& path, const RunList& runs,
                              const StoreOptions& options);

class ElasticityTable : public CellTable {
  Q_OBJECT
 public:
  enum Column { what, means, value, interval, spread, count };
  explicit ElasticityTable(QObject* parent = nullptr) : CellTable(parent) {}
  void show(std::vector<ElasticityTest> tests);

 protected:
  [[nodiscard]] std::size_t row_count() const override;
  [[nodiscard]] std::size_t column_count() const override;
  [[nodiscard]] Heading heading(std::size_t column) const override;
  [[nodiscard]] QVariant cell(std::size_t row, std::size_t column, int role) const override;

 private:
  std::vector<ElasticityTest> tests_;
};

/// What the run measured of the case; nothing where it did not.
std::optional<double> decode_speed_in(const RunWithRecords& run, const std::string& case_hash);
/// Of the decode steps that lie within the range; nothing where none does.
std::optional<MeasuredSpeed> decode_speed_within(const TracedRecord& traced,
                                                 const TraceRange& range);

/// Whether memory binds, as far as an elasticity tells: in a word or two, and in a sentence.
QString meaning_of(const Elasticity& elasticity);
QString explanation_of(const Elasticity& elasticity);

}  // namespace ridgepoint
