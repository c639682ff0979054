// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/session.h"

#include <SQLiteCpp/Exception.h>

#include <exception>
#include <system_error>
#include <utility>

#include "dashboard/models/text.h"
#include "results/store/open_database.h"

namespace ridgepoint {
namespace {

constexpr int kLookEvery_ms = 400;
constexpr int kTicksBetweenTries = 5;
constexpr std::chrono::milliseconds kPatience{300};

/// What `read` gives, or what its exception says.
template <class T, class Read>
Loaded<T> loaded_by(Read&& read) {
  try {
    return {std::make_shared<const T>(read()), {}};
  } catch (const std::exception& problem) {
    return {nullptr, QString::fromUtf8(problem.what())};
  }
}

}  // namespace

const Record* Compared::find(const std::string& record_id) const {
  for (const RunWithRecords& run : sides.runs) {
    for (const Record& record : run.records) {
      if (record.id == record_id) return &record;
    }
  }
  return nullptr;
}

Session::Session(QObject* parent) : QObject(parent) {
  options_.busy_timeout = kPatience;
  QObject::connect(&loader_, &RunListLoader::loaded, this, &Session::take);
  QObject::connect(&loader_, &RunListLoader::failed, this,
                   [this](const QString& path, const QString& problem) {
                     if (path == qt(path_.string())) become(State::unreadable, problem);
                   });
  timer_.setInterval(kLookEvery_ms);
  QObject::connect(&timer_, &QTimer::timeout, this, [this] {
    // Opening what cannot be read may wait for whoever holds it.
    if (state_ == State::ready || ++ticks_ % kTicksBetweenTries == 0) look();
  });
}

Session::~Session() = default;

void Session::open(const std::filesystem::path& path) {
  const bool same = path == path_;
  path_ = path;
  kept_runs_.clear();
  kept_comparisons_.clear();
  watch_.reset();
  seen_version_.reset();
  ++generation_;
  if (!same) {
    runs_ = std::make_shared<RunList>();
    Place start;
    start.view = place().view;
    itinerary_.start_anew(start);
  }
  read_first();
  Q_EMIT opened();
}

void Session::read_first() {
  std::error_code ignored;
  if (!std::filesystem::exists(path_, ignored)) {
    state_ = State::missing;
    problem_.clear();
    runs_ = std::make_shared<RunList>();
    return;
  }
  try {
    seen_version_ = data_version();  // before reading: what is written meanwhile is seen later
    runs_ = read_newest_runs(path_, kFirstRuns, options_);
    problem_.clear();
    state_ = runs_->runs.empty() ? State::empty : State::ready;
    if (state_ == State::ready) loader_.load(path_, options_);
  } catch (const std::exception& problem) {
    runs_ = std::make_shared<RunList>();
    state_ = State::unreadable;
    problem_ = QString::fromUtf8(problem.what());
  }
}

void Session::become(State state, const QString& problem) {
  const bool changed = state != state_ || problem != problem_;
  state_ = state;
  problem_ = problem;
  if (changed) Q_EMIT opened();
}

void Session::take(const QString& path, const SharedRuns& runs) {
  if (path != qt(path_.string())) return;
  runs_ = runs;
  become(runs_->runs.empty() ? State::empty : State::ready);
  Q_EMIT data_changed();
}

std::optional<std::int64_t> Session::data_version() {
  try {
    if (!watch_) watch_.emplace(path_, OpenMode::read_only, options_.busy_timeout);
    return watch_->integer("PRAGMA data_version");
  } catch (const std::exception&) {
    watch_.reset();  // whoever reads next says what is wrong
    return std::nullopt;
  }
}

void Session::look() {
  if (state_ != State::ready) {
    if (path_.empty()) return;
    const State before = state_;
    const QString problem_before = problem_;
    read_first();
    if (state_ != before || problem_ != problem_before) {
      ++generation_;
      Q_EMIT opened();
    }
    return;
  }
  const auto version = data_version();
  if (version == seen_version_ || loader_.busy()) return;
  seen_version_ = version;
  ++generation_;
  kept_runs_.clear();
  kept_comparisons_.clear();
  loader_.load(path_, options_);
}

void Session::set_following(bool on) {
  if (on) {
    timer_.start();
  } else {
    timer_.stop();
  }
}

Loaded<RunWithRecords> Session::run(const std::string& id) const {
  if (const auto found = kept_runs_.find(id); found != kept_runs_.end()) return found->second;
  auto loaded = loaded_by<RunWithRecords>(
      [&] { return Store(path_, OpenMode::read_only, options_).whole_run(id); });
  if (kept_runs_.size() >= kMostKept) kept_runs_.clear();
  return kept_runs_[id] = std::move(loaded);
}

std::string Session::side_a() const {
  return place().side_a.empty() ? place().baseline : place().side_a;
}

std::string Session::side_b() const {
  return place().side_b.empty() ? place().run : place().side_b;
}

Loaded<Compared> Session::comparison() const {
  const std::string a = side_a();
  const std::string b = side_b();
  if (a.empty() || b.empty()) {
    return {nullptr, a.empty() ? QStringLiteral("No baseline: nothing to compare with yet.")
                               : QStringLiteral("No run is chosen to be compared.")};
  }
  if (a == b) return {nullptr, QStringLiteral("Both sides are the same.")};
  const std::string key = a + '\n' + b;
  if (const auto found = kept_comparisons_.find(key); found != kept_comparisons_.end()) {
    return found->second;
  }
  auto loaded = loaded_by<Compared>([&] {
    const Store store(path_, OpenMode::read_only, options_);
    Compared compared{select_sides(store, a, b, {}), {}};
    compared.comparison = compare(compared.sides, {});
    return compared;
  });
  if (kept_comparisons_.size() >= kMostKept) kept_comparisons_.clear();
  return kept_comparisons_[key] = std::move(loaded);
}

void Session::go(Place place) {
  if (place == this->place()) return;
  itinerary_.go(std::move(place));
  Q_EMIT place_changed();
}

void Session::amend(Place place) {
  if (place == this->place()) return;
  itinerary_.amend(std::move(place));
  Q_EMIT place_changed();
}

void Session::back() {
  if (itinerary_.back()) Q_EMIT place_changed();
}

void Session::forward() {
  if (itinerary_.forward()) Q_EMIT place_changed();
}

void Session::choose_run(const std::string& id) {
  Place next = place();
  next.run = id;
  next.side_b.clear();
  go(std::move(next));
}

void Session::choose_case(const std::string& hash) {
  Place next = place();
  if (next.case_hash != hash) next.metric.clear();
  next.case_hash = hash;
  go(std::move(next));
}

void Session::pin_baseline(const std::string& id) {
  Place next = place();
  next.baseline = next.baseline == id ? std::string() : id;
  next.side_a.clear();
  go(std::move(next));
}

}  // namespace ridgepoint
