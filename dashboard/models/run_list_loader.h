// SPDX-License-Identifier: GPL-3.0-or-later
// RunListLoader: reads all runs of a database on a thread of its own, because of 100,000 that takes
// longer than anyone waits for a window.
#pragma once

#include <QObject>
#include <filesystem>
#include <memory>
#include <thread>

#include "dashboard/models/run_list.h"

namespace ridgepoint {

class RunListLoader : public QObject {
  Q_OBJECT
 public:
  explicit RunListLoader(QObject* parent = nullptr) : QObject(parent) {}
  ~RunListLoader() override;

  /// While one is under way, only the last request made meanwhile is kept, and begun after it.
  void load(const std::filesystem::path& path, const StoreOptions& options);
  [[nodiscard]] bool busy() const { return busy_; }

 Q_SIGNALS:
  /// On the thread of this object.
  void loaded(const QString& path, const ridgepoint::SharedRuns& runs);
  void failed(const QString& path, const QString& problem);

 private:
  struct Answer {
    QString path;
    SharedRuns runs;
    QString problem;
  };
  void finish(const Answer& answer);

  std::thread thread_;
  bool busy_ = false;
  bool wanted_again_ = false;
  std::filesystem::path next_path_;
  StoreOptions next_options_;
};

}  // namespace ridgepoint
