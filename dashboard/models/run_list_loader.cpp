// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/run_list_loader.h"

#include <QMetaObject>
#include <exception>
#include <utility>

#include "dashboard/models/text.h"

namespace ridgepoint {

RunListLoader::~RunListLoader() {
  if (thread_.joinable()) thread_.join();
}

void RunListLoader::load(const std::filesystem::path& path, const StoreOptions& options) {
  if (busy_) {
    wanted_again_ = true;
    next_path_ = path;
    next_options_ = options;
    return;
  }
  busy_ = true;
  if (thread_.joinable()) thread_.join();
  thread_ = std::thread([this, path, options] {
    Answer answer{qt(path.string()), nullptr, {}};
    try {
      answer.runs = read_all_runs(path, options);
    } catch (const std::exception& problem) {
      answer.problem = QString::fromUtf8(problem.what());
    }
    QMetaObject::invokeMethod(
        this, [this, answer = std::move(answer)] { finish(answer); }, Qt::QueuedConnection);
  });
}

void RunListLoader::finish(const Answer& answer) {
  busy_ = false;
  if (answer.runs != nullptr) {
    Q_EMIT loaded(answer.path, answer.runs);
  } else {
    Q_EMIT failed(answer.path, answer.problem);
  }
  if (std::exchange(wanted_again_, false) && !busy_) load(next_path_, next_options_);
}

}  // namespace ridgepoint
