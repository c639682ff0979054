#include "results/store/marks_rows.h"

#include <algorithm>
#include <charconv>

namespace ridgepoint {
namespace {

/// "PRESENT CHANGED TAG"; what is in no such shape is no tag.
bool take_tag(std::string_view line, RunTag& tag) {
  if (line.size() < 4 || line[1] != ' ') return false;
  tag.present = line[0] == '1';
  const auto [end, problem] =
      std::from_chars(line.data() + 2, line.data() + line.size(), tag.changed_unix_ns);
  if (problem != std::errc() || end == line.data() + line.size()) return false;
  tag.name.assign(end + 1, line.data() + line.size());
  return true;
}

}  // namespace

RunMarks read_marks(const Query& row, int first) {
  RunMarks marks;
  if (!row.is_null(first)) {
    const std::string lines = row.text(first);
    std::string_view rest = lines;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      RunTag tag;
      if (take_tag(rest.substr(0, end), tag)) marks.tags.push_back(std::move(tag));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    std::ranges::sort(marks.tags, {}, &RunTag::name);
  }
  if (!row.is_null(first + 1)) {
    marks.note = row.text(first + 1);
    marks.note_changed_unix_ns = row.integer(first + 2);
  }
  return marks;
}

void insert_marks(Database& database, const std::string& run_id, const RunMarks& marks) {
  for (const RunTag& tag : marks.tags) {
    database
        .query("INSERT INTO run_tags (run_id, tag, present, changed_unix_ns) VALUES (?, ?, ?, ?)")
        .bind(run_id, tag.name, tag.present, tag.changed_unix_ns)
        .run();
  }
  if (marks.note.empty() && marks.note_changed_unix_ns == 0) return;
  database.query("INSERT INTO run_notes (run_id, note, changed_unix_ns) VALUES (?, ?, ?)")
      .bind(run_id, marks.note, marks.note_changed_unix_ns)
      .run();
}

bool put_tag(Database& database, const std::string& run_id, std::string_view tag, bool present,
             std::int64_t now_unix_ns) {
  if (!present &&
      !database.query("SELECT 1 FROM run_tags WHERE run_id = ? AND tag = ? AND present = 1")
           .bind(run_id, tag)
           .step()) {
    return false;
  }
  return database
             .query(
                 "INSERT INTO run_tags (run_id, tag, present, changed_unix_ns) VALUES (?, ?, ?, ?) "
                 "ON CONFLICT (run_id, tag) DO UPDATE SET present = excluded.present, "
                 "changed_unix_ns = max(excluded.changed_unix_ns, run_tags.changed_unix_ns + 1) "
                 "WHERE excluded.present <> run_tags.present")
             .bind(run_id, tag, present, now_unix_ns)
             .run() > 0;
}

bool put_note(Database& database, const std::string& run_id, std::string_view note,
              std::int64_t now_unix_ns) {
  if (note.empty() &&
      !database.query("SELECT 1 FROM run_notes WHERE run_id = ?").bind(run_id).step()) {
    return false;
  }
  return database
             .query(
                 "INSERT INTO run_notes (run_id, note, changed_unix_ns) VALUES (?, ?, ?) "
                 "ON CONFLICT (run_id) DO UPDATE SET note = excluded.note, "
                 "changed_unix_ns = max(excluded.changed_unix_ns, run_notes.changed_unix_ns + 1) "
                 "WHERE excluded.note <> run_notes.note")
             .bind(run_id, note, now_unix_ns)
             .run() > 0;
}

std::string merge_marks_sql() {
  // WHERE true: without it SQLite reads ON CONFLICT as the condition of a join.
  return "INSERT INTO main.run_tags (run_id, tag, present, changed_unix_ns) "
         "SELECT run_id, tag, present, changed_unix_ns FROM other.run_tags WHERE true "
         "ON CONFLICT (run_id, tag) DO UPDATE SET present = excluded.present, "
         "changed_unix_ns = excluded.changed_unix_ns "
         "WHERE (excluded.changed_unix_ns, excluded.present) > "
         "(run_tags.changed_unix_ns, run_tags.present);"
         "INSERT INTO main.run_notes (run_id, note, changed_unix_ns) "
         "SELECT run_id, note, changed_unix_ns FROM other.run_notes WHERE true "
         "ON CONFLICT (run_id) DO UPDATE SET note = excluded.note, "
         "changed_unix_ns = excluded.changed_unix_ns "
         "WHERE (excluded.changed_unix_ns, excluded.note) > "
         "(run_notes.changed_unix_ns, run_notes.note);";
}

}  // namespace ridgepoint
