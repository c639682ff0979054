// SPDX-License-Identifier: GPL-3.0-or-later
// WallRecords: what a database knows of the memory wall: the figures of `ridgepoint wall`, the
// elasticity tests, the working-set sweep of the newest ceilings, and decode speeds that were
// measured, to be set beside what is predicted.
#pragma once

#include <QAbstractTableModel>
#include <QString>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "dashboard/models/run_list.h"
#include "results/roofline/roofs.h"
#include "results/wall/elasticity.h"
#include "results/wall/wall_figures.h"

namespace ridgepoint {

struct MeasuredSpeed {
  std::string model, type, kv;
  std::string run_id, case_hash, label;
  std::int64_t batch = 1, context = 0;
  double tokens_per_second = 0;
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
  QString score;                             ///< of the newest predictions, in words
};

WallRecords read_wall_records(const std::filesystem::path& path, const RunList& runs,
                              const StoreOptions& options);

class ElasticityTable : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { what, means, value, interval, spread, count };
  explicit ElasticityTable(QObject* parent = nullptr) : QAbstractTableModel(parent) {}
  void show(std::vector<ElasticityTest> tests);
  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                    int role) const override;

 private:
  std::vector<ElasticityTest> tests_;
};

/// Whether memory binds, as far as an elasticity tells: in a word or two, and in a sentence.
QString meaning_of(const Elasticity& elasticity);
QString explanation_of(const Elasticity& elasticity);

}  // namespace ridgepoint
