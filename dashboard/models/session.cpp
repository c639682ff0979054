// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/session.h"

#include <SQLiteCpp/Exception.h>
#include <sys/stat.h>

#include <algorithm>
#include <exception>
#include <system_error>
#include <utility>

#include "dashboard/models/text.h"
#include "results/store/open_database.h"
#include "results/store/trace_of.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

constexpr int kLookEvery_ms = 400;
constexpr int kTicksBetweenTries = 5;
constexpr std::chrono::milliseconds kPatience{300};
constexpr const char* kNotTraced =
    "it traced neither this case nor exactly one other of the same model.";

/// What `read` gives, or what its exception says.
template <class T, class Read>
Loaded<T> loaded_by(Read&& read) {
  try {
    return {std::make_shared<const T>(read()), {}};
  } catch (const UnreadableTrace& problem) {
    return {nullptr, QString::fromUtf8(problem.what()), true};
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

const ManyCompared::Candidate* ManyCompared::find(const std::string& side) const {
  const auto found = std::ranges::find(candidates, side, &Candidate::side);
  return found == candidates.end() ? nullptr : &*found;
}

Session::Session(QObject* parent) : QObject(parent) {
  options_.busy_timeout = kPatience;
  QObject::connect(&loader_, &RunListLoader::loaded, this, &Session::take);
  QObject::connect(&loader_, &RunListLoader::failed, this,
                   [this](const QString& path, const QString& problem) {
                     if (path != qt(path_.string())) return;
                     gave_up_ = state_ == State::older;
                     become(State::unreadable, problem);
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
  forget();
  watch_.reset();
  seen_version_.reset();
  gave_up_ = false;
  ++generation_;
  if (!same) {
    seen_file_.reset();
    runs_ = std::make_shared<RunList>();
    Place start;
    start.view = place().view;
    itinerary_.start_anew(start);
    adjusting_.clear();
  }
  read_first();
  Q_EMIT opened();
}

void Session::forget() {
  kept_runs_.clear();
  kept_comparisons_.clear();
  kept_many_.clear();
  kept_profiles_.clear();
  kept_traces_.clear();
  kept_range_.reset();
  kept_within_ = {};
}

void Session::read_first() {
  std::error_code ignored;
  if (!std::filesystem::exists(path_, ignored)) {
    state_ = State::missing;
    problem_ =
        seen_file_ ? QStringLiteral("It was deleted or moved while it was open.") : QString();
    runs_ = std::make_shared<RunList>();
    return;
  }
  if (std::filesystem::is_fifo(path_, ignored) || std::filesystem::is_socket(path_, ignored)) {
    // Opening a pipe waits until somebody writes into it.
    runs_ = std::make_shared<RunList>();
    state_ = State::unreadable;
    problem_ = qt(path_.string()) + " is no file but a pipe or socket; name a database";
    return;
  }
  if (std::filesystem::is_regular_file(path_, ignored) &&
      std::filesystem::file_size(path_, ignored) == 0) {
    // A database to be, as one that is made by name before anything is written.
    runs_ = std::make_shared<RunList>();
    problem_.clear();
    seen_file_ = file_there();
    state_ = State::empty;
    return;
  }
  try {
    if (is_older_schema(path_, options_)) {
      if (gave_up_) return;
      // Bringing it up copies and checks all of it: on the thread that reads, not here.
      runs_ = std::make_shared<RunList>();
      problem_.clear();
      state_ = State::older;
      loader_.load(path_, options_);
      return;
    }
    seen_file_ = file_there();
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
  if (state_ == State::older) {
    seen_file_ = file_there();
    seen_version_ = data_version();
  }
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

std::optional<std::pair<std::uint64_t, std::uint64_t>> Session::file_there() const {
  struct stat found {};
  if (::stat(path_.c_str(), &found) != 0) return std::nullopt;
  return std::pair<std::uint64_t, std::uint64_t>(found.st_dev, found.st_ino);
}

void Session::look() {
  if (state_ == State::older && loader_.busy()) return;
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
  if (file_there() != seen_file_) {
    // Deleted, or replaced: the one that is still held is nobody's.
    open(path_);
    return;
  }
  const auto version = data_version();
  if (version == seen_version_ || loader_.busy()) return;
  seen_version_ = version;
  ++generation_;
  forget();
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

std::string Session::traced_run() const {
  if (!place().run.empty()) return place().run;
  constexpr std::size_t kMostLookedAt = 12;
  std::size_t looked_at = 0;
  for (const RunEntry& entry : runs_->runs) {
    if (looked_at++ == kMostLookedAt) break;
    const auto loaded = run(entry.run().id);
    if (loaded.value != nullptr && traced_record_of(*loaded.value, {}) != nullptr) {
      return entry.run().id;
    }
  }
  return runs_->runs.empty() ? std::string() : runs_->runs.front().run().id;
}

Loaded<TracedRecord> Session::trace(const Record& record) const {
  if (const auto found = kept_traces_.find(record.id); found != kept_traces_.end()) {
    return found->second;
  }
  if (kept_traces_.size() >= kMostTraces) kept_traces_.clear();
  return kept_traces_[record.id] = loaded_by<TracedRecord>([&] {
           Record whole =
               Store(path_, OpenMode::read_only, options_).record(record.run_id, record.ordinal);
           TimelineIndex timeline(kept_trace_of(whole));
           timeline.add_work_rates(whole.measurement.op_times);
           whole.measurement.trace = {};
           return TracedRecord{std::move(whole), std::move(timeline)};
         });
}

Loaded<TracedRecord> Session::trace_of_range() const {
  const auto& range = place().range;
  if (!range) return {};
  if (const auto kept = kept_traces_.find(range->record_id); kept != kept_traces_.end()) {
    return kept->second;
  }
  const auto of = run(range->run_id);
  if (of.value == nullptr) return {nullptr, of.problem};
  const auto record = std::ranges::find(of.value->records, range->record_id, &Record::id);
  if (record == of.value->records.end()) {
    return {nullptr, QStringLiteral("The case that the range is of is no longer there.")};
  }
  return trace(*record);
}

std::shared_ptr<const Record> Session::within_range(const Record& record) const {
  const auto& range = place().range;
  if (range && range->record_id == record.id) {
    const auto traced = trace(record);
    if (traced.value != nullptr) {
      return std::make_shared<const Record>(with_times_within(*traced.value, *range));
    }
  }
  return {std::shared_ptr<void>(), &record};  // nothing of its own: samples may be many
}

Loaded<TracedRecord> Session::baseline_trace(const Record& beside) const {
  const std::string& baseline = place().baseline;
  if (baseline.empty() || baseline == beside.run_id) return {};
  const auto of = run(baseline);
  if (of.value == nullptr) return {nullptr, of.problem};
  const Record* found = same_traced_case(*of.value, beside);
  if (found == nullptr) return {nullptr, QString(kNotTraced)};
  return trace(*found);
}

Loaded<ProfiledRecord> Session::whole_profile(const std::shared_ptr<const RunWithRecords>& run,
                                              const Record& record) const {
  if (const auto found = kept_profiles_.find(record.id); found != kept_profiles_.end()) {
    return found->second;
  }
  if (kept_profiles_.size() >= kMostKept) kept_profiles_.clear();
  return kept_profiles_[record.id] = loaded_by<ProfiledRecord>(
             [&] { return profile_record(path_, options_, run, record); });
}

Loaded<ProfiledRecord> Session::profile(const std::string& run_id) const {
  const auto loaded = run(run_id);
  if (loaded.value == nullptr) return {nullptr, loaded.problem};
  const Record* record = traced_record_of(*loaded.value, place().case_hash);
  if (record == nullptr) {
    return {nullptr, QStringLiteral("No op of this run was traced. A run that traces:\n\n"
                                    "ridgepoint profile --model byte-llama-6m")};
  }
  const auto whole = whole_profile(loaded.value, *record);
  const auto& range = place().range;
  if (!range || range->record_id != record->id || whole.value == nullptr) return whole;
  if (kept_range_ == range && kept_within_.value != nullptr) return kept_within_;
  const auto traced = trace(*record);
  if (traced.value == nullptr) return {nullptr, traced.problem};
  kept_range_ = range;
  kept_within_ =
      loaded_by<ProfiledRecord>([&] { return within(*whole.value, *traced.value, *range); });
  return kept_within_;
}

Loaded<ProfiledRecord> Session::profile_of(const std::string& run_id, const Record& beside) const {
  const auto loaded = run(run_id);
  if (loaded.value == nullptr) return {nullptr, loaded.problem};
  const Record* found = same_traced_case(*loaded.value, beside);
  if (found == nullptr) return {nullptr, QString(kNotTraced)};
  return whole_profile(loaded.value, *found);
}

std::string Session::side_a() const {
  return place().side_a.empty() ? place().baseline : place().side_a;
}

std::string Session::side_b() const {
  return place().side_b.empty() ? place().run : place().side_b;
}

std::vector<std::string> Session::sides_b() const {
  std::vector<std::string> sides;
  const auto add = [&](const std::string& side) {
    if (!side.empty() && std::ranges::find(sides, side) == sides.end()) sides.push_back(side);
  };
  if (!place().side_b.empty()) {
    for (const QString& side : qt(place().side_b).split(';')) add(utf8(side.trimmed()));
    return sides;
  }
  const std::string a = side_a();
  for (const std::string& run : place().candidates) {
    if (run != a) add(run);
  }
  if (sides.empty() || place().run != a) add(place().run);
  return sides;
}

Loaded<ManyCompared> Session::comparisons() const {
  const std::string a = side_a();
  const std::vector<std::string> sides = sides_b();
  if (a.empty()) return {nullptr, QStringLiteral("No baseline: nothing to compare with yet.")};
  if (sides.size() > kMostCandidates) {
    return {nullptr, QString("%1 candidates: at most %2 fit beside each other.")
                         .arg(sides.size())
                         .arg(kMostCandidates)};
  }
  std::string key = a;
  for (const std::string& side : sides) key += '\n' + side;
  if (const auto found = kept_many_.find(key); found != kept_many_.end()) return found->second;
  auto loaded = loaded_by<ManyCompared>([&] {
    const Store store(path_, OpenMode::read_only, options_);
    ManyCompared many;
    std::vector<SelectedSides> pairs;
    std::vector<std::size_t> of_pair;
    for (const std::string& side : sides) {
      many.candidates.push_back({side, nullptr, {}});
      try {
        pairs.push_back(select_sides(store, a, side, {}));
        of_pair.push_back(many.candidates.size() - 1);
      } catch (const Error& problem) {
        many.candidates.back().problem = QString::fromUtf8(problem.what());
      }
    }
    std::vector<ComparedPair> found = compare_many(pairs, {});
    for (std::size_t i = 0; i < found.size(); ++i) {
      ManyCompared::Candidate& candidate = many.candidates[of_pair[i]];
      candidate.problem = qt(found[i].problem);
      if (!found[i].comparison) continue;
      many.tests = found[i].comparison->tests;
      candidate.compared = std::make_shared<const Compared>(
          Compared{std::move(pairs[i]), std::move(*found[i].comparison)});
    }
    return many;
  });
  if (kept_many_.size() >= 2) kept_many_.clear();
  return kept_many_[key] = std::move(loaded);
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

namespace {

/// Whoever measures holds the lock for one record at a time.
constexpr std::chrono::milliseconds kWritingPatience{2000};

template <class Write>
QString problem_of_writing(const std::filesystem::path& path, StoreOptions options, Write&& write) {
  options.busy_timeout = kWritingPatience;
  try {
    Store store(path, OpenMode::read_write, options);
    write(store);
    return {};
  } catch (const std::exception& problem) {
    return QString::fromUtf8(problem.what());
  }
}

/// What `one` has and `other` has not.
std::vector<std::string> words_only_in(const QStringList& one, const QStringList& other) {
  std::vector<std::string> words;
  for (const QString& word : one) {
    if (!other.contains(word)) words.push_back(utf8(word));
  }
  return words;
}

}  // namespace

QString Session::change_tags(const std::string& run_id, const QStringList& before,
                             const QStringList& after) {
  // Only what was changed here: somebody else may have put other tags on meanwhile.
  const QString problem = problem_of_writing(path_, options_, [&](Store& store) {
    store.set_tags(run_id, words_only_in(after, before), true);
    store.set_tags(run_id, words_only_in(before, after), false);
  });
  if (problem.isEmpty()) look();
  return problem;
}

QString Session::write_note(const std::string& run_id, const QString& note) {
  const QString problem = problem_of_writing(
      path_, options_, [&](Store& store) { store.set_note(run_id, utf8(note)); });
  if (problem.isEmpty()) look();
  return problem;
}

void Session::go(Place place) {
  if (place == this->place()) return;
  adjusting_.clear();
  itinerary_.go(std::move(place));
  Q_EMIT place_changed();
}

void Session::amend(Place place) {
  if (place == this->place()) return;
  itinerary_.amend(std::move(place));
  Q_EMIT place_changed();
}

void Session::adjust(const QString& what, Place place) {
  if (place == this->place()) return;
  const bool goes_on = adjusting_ == what && adjusted_.elapsed() < kRest_ms;
  adjusting_ = what;
  adjusted_.restart();
  if (goes_on) {
    itinerary_.amend(std::move(place));
  } else {
    itinerary_.go(std::move(place));
    Q_EMIT steps_changed();
  }
}

void Session::choose_extent(const QString& chart, const std::optional<Extent>& extent) {
  Place next = place();
  if (extent) {
    next.extents[chart] = *extent;
  } else {
    next.extents.erase(chart);
  }
  adjust(chart, std::move(next));
}

void Session::choose_settings(const std::map<QString, QString>& before,
                              const std::map<QString, QString>& now) {
  if (before == now || now.empty()) return;
  const QString what = now.begin()->first;
  Place next = place();
  // As they stood, so that Back comes to it.
  for (const auto& [name, value] : before) next.settings[name] = value;
  if (adjusting_ != what) itinerary_.amend(next);
  for (const auto& [name, value] : now) next.settings[name] = value;
  adjust(what, std::move(next));
}

void Session::back() {
  adjusting_.clear();
  if (itinerary_.back()) Q_EMIT place_changed();
}

void Session::forward() {
  adjusting_.clear();
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

void Session::choose_op(const std::string& op_id, const std::string& phase) {
  Place next = place();
  next.op = op_id;
  next.phase = phase;
  go(std::move(next));
}

void Session::choose_whole_trace() {
  Place next = place();
  next.range.reset();
  go(std::move(next));
}

void Session::keep_candidate(const std::string& id) {
  Place next = place();
  if (const auto found = std::ranges::find(next.candidates, id); found != next.candidates.end()) {
    next.candidates.erase(found);
  } else {
    next.candidates.push_back(id);
  }
  next.side_b.clear();
  go(std::move(next));
}

void Session::pin_baseline(const std::string& id) {
  Place next = place();
  next.baseline = next.baseline == id ? std::string() : id;
  next.side_a.clear();
  go(std::move(next));
}

}  // namespace ridgepoint
