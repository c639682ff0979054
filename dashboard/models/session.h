// SPDX-License-Identifier: GPL-3.0-or-later
// Session: one database that is being looked at, and the place someone is at in it. Views read from
// here and tell it what was chosen; it tells all of them. Follows the database while others write.
// Nothing here throws: what cannot be read is a problem in words, kept where it belongs. It reads,
// but for the tags and notes of runs, and a database of an older schema, which opening brings up.
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QStringList>
#include <QTimer>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "dashboard/models/place.h"
#include "dashboard/models/profiled_record.h"
#include "dashboard/models/run_list.h"
#include "dashboard/models/run_list_loader.h"
#include "results/compare/compare.h"
#include "results/store/database.h"

namespace ridgepoint {

/// A comparison with the records that it was made of.
struct Compared {
  SelectedSides sides;
  Comparison comparison;
  [[nodiscard]] const Record* find(const std::string& record_id) const;
};

/// One baseline and several candidates.
struct ManyCompared {
  struct Candidate {
    std::string side;                          ///< as typed
    std::shared_ptr<const Compared> compared;  ///< null: problem says why
    QString problem;
  };
  std::vector<Candidate> candidates;
  std::int64_t tests = 0;  ///< that Holm's correction was over, of all candidates together
  [[nodiscard]] const Candidate* find(const std::string& side) const;
};

/// Something read, or why it cannot be.
template <class T>
struct Loaded {
  std::shared_ptr<const T> value;
  QString problem;
  bool is_damaged = false;  ///< it is there, and cannot be read
};

class Session : public QObject {
  Q_OBJECT
 public:
  enum class State {
    missing,     ///< there is no such file
    unreadable,  ///< problem() says why
    older,       ///< of an older schema, and being brought up
    empty,       ///< no run yet
    ready,
  };

  explicit Session(QObject* parent = nullptr);
  ~Session() override;

  /// Never fails: see state().
  void open(const std::filesystem::path& path);
  void reopen() { open(path_); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] const QString& problem() const { return problem_; }
  [[nodiscard]] const StoreOptions& options() const { return options_; }
  /// Whether the list of runs is still being read to its end.
  [[nodiscard]] bool loading() const { return loader_.busy(); }

  [[nodiscard]] const SharedRuns& runs() const { return runs_; }
  [[nodiscard]] Loaded<RunWithRecords> run(const std::string& id) const;
  /// The case of the place, or the run's first, under the roofs of its machine; within the range of
  /// the place, where that is of this record.
  [[nodiscard]] Loaded<ProfiledRecord> profile(const std::string& run_id) const;
  /// What a run has to be set beside this record (same_traced_case).
  [[nodiscard]] Loaded<ProfiledRecord> profile_of(const std::string& run_id,
                                                  const Record& beside) const;
  /// The spans of a record, arranged to be drawn.
  [[nodiscard]] Loaded<TracedRecord> trace(const Record& record) const;
  /// The record that the range of the place is of; neither value nor problem without a range.
  [[nodiscard]] Loaded<TracedRecord> trace_of_range() const;
  /// What the pinned baseline has to be set beside this record (same_traced_case); a problem where
  /// there is none, neither without a baseline and for the baseline itself.
  [[nodiscard]] Loaded<TracedRecord> baseline_trace(const Record& beside) const;
  /// The record as it is, which must outlive what comes back, or with its op times from the range
  /// of the place where that is of it.
  [[nodiscard]] std::shared_ptr<const Record> within_range(const Record& record) const;
  /// The run of the place, or, where none is chosen, the newest that traced any op.
  [[nodiscard]] std::string traced_run() const;
  /// Of the sides of this place; a problem where one is missing.
  [[nodiscard]] Loaded<Compared> comparison() const;
  /// As typed for `ridgepoint compare`; empty where nothing is chosen.
  [[nodiscard]] std::string side_a() const;
  [[nodiscard]] std::string side_b() const;
  /// What is held against side A: the sides typed, parted by ';', else the runs that were kept for
  /// the comparison and the chosen one.
  [[nodiscard]] std::vector<std::string> sides_b() const;
  /// Of all of them, corrected for how many they are.
  [[nodiscard]] Loaded<ManyCompared> comparisons() const;
  /// Counts up whenever somebody wrote to the database.
  [[nodiscard]] std::int64_t generation() const { return generation_; }

  [[nodiscard]] const Place& place() const { return itinerary_.here(); }
  void go(Place place);
  void amend(Place place);
  void back();
  void forward();
  [[nodiscard]] const Itinerary& itinerary() const { return itinerary_; }
  /// What of a chart someone zoomed or moved to; nothing: all of it. No other view shows that, so
  /// none is told. What follows at once, such as notches of the wheel, is one place.
  void choose_extent(const QString& chart, const std::optional<Extent>& extent);
  /// The same of a view's own controls, which may be dragged: as they stood, and as they stand.
  void choose_settings(const std::map<QString, QString>& before,
                       const std::map<QString, QString>& now);
  void choose_run(const std::string& id);
  void choose_case(const std::string& hash);
  void choose_op(const std::string& op_id, const std::string& phase = {});
  void choose_whole_trace();                   ///< in place of a range
  void pin_baseline(const std::string& id);    ///< empty: none; the pinned one: none
  void keep_candidate(const std::string& id);  ///< for the comparison; one that is kept: no more

  /// Tags and notes: all that is ever written to a database from here. What comes back is why it
  /// was not; empty: it was.
  [[nodiscard]] QString change_tags(const std::string& run_id, const QStringList& before,
                                    const QStringList& after);
  [[nodiscard]] QString write_note(const std::string& run_id, const QString& note);

  void set_following(bool on);
  /// Looks whether somebody wrote; the timer does so several times a second.
  void look();

 Q_SIGNALS:
  void opened();         ///< another database, or another state of this one
  void data_changed();   ///< runs were read anew
  void place_changed();  ///< someone went elsewhere, or chose something
  void steps_changed();  ///< back and forward alone lead elsewhere

 private:
  /// Another place, or this one amended where `what` made it and is not at rest yet.
  void adjust(const QString& what, Place place);
  void read_first();
  void take(const QString& path, const SharedRuns& runs);
  void forget();
  [[nodiscard]] Loaded<ProfiledRecord> whole_profile(
      const std::shared_ptr<const RunWithRecords>& run, const Record& record) const;
  void become(State state, const QString& problem = {});
  [[nodiscard]] std::optional<std::int64_t> data_version();
  /// Which file lies there: a name may come to mean another one. Nothing: none does.
  [[nodiscard]] std::optional<std::pair<std::uint64_t, std::uint64_t>> file_there() const;

  static constexpr std::int64_t kFirstRuns = 200;
  static constexpr std::size_t kMostKept = 6;
  static constexpr qint64 kRest_ms = 700;
  static constexpr std::size_t kMostCandidates = 12;
  /// The chosen one and the baseline's; each may hold millions of spans.
  static constexpr std::size_t kMostTraces = 2;

  std::filesystem::path path_;
  State state_ = State::missing;
  QString problem_;
  StoreOptions options_;
  SharedRuns runs_ = std::make_shared<RunList>();
  RunListLoader loader_;
  Itinerary itinerary_;
  QString adjusting_;  ///< what made this place, and may still be moving; empty: nothing
  QElapsedTimer adjusted_;
  QTimer timer_;
  int ticks_ = 0;
  std::optional<Database> watch_;
  std::optional<std::int64_t> seen_version_;
  std::optional<std::pair<std::uint64_t, std::uint64_t>> seen_file_;
  std::int64_t generation_ = 0;
  bool gave_up_ = false;  ///< bringing it up failed: once is enough until somebody asks again
  mutable std::map<std::string, Loaded<RunWithRecords>> kept_runs_;
  mutable std::map<std::string, Loaded<Compared>> kept_comparisons_;
  mutable std::map<std::string, Loaded<ManyCompared>> kept_many_;
  mutable std::map<std::string, Loaded<ProfiledRecord>> kept_profiles_;
  mutable std::map<std::string, Loaded<TracedRecord>> kept_traces_;
  mutable std::optional<TraceRange> kept_range_;
  mutable Loaded<ProfiledRecord> kept_within_;  ///< within kept_range_
};

}  // namespace ridgepoint
