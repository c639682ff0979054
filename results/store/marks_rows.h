// Rows of run_tags and run_notes: how the marks of a run are read with it, and written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "results/run_marks.h"
#include "results/store/database.h"

namespace ridgepoint {

/// Three columns for a SELECT over `runs`.
inline constexpr const char* kMarksColumns =
    "(SELECT group_concat(present || ' ' || changed_unix_ns || ' ' || tag, char(10)) "
    "FROM run_tags WHERE run_id = runs.id), "
    "(SELECT note FROM run_notes WHERE run_id = runs.id), "
    "(SELECT changed_unix_ns FROM run_notes WHERE run_id = runs.id)";
inline constexpr int kMarksColumnCount = 3;

/// Reads kMarksColumns from column `first` on.
RunMarks read_marks(const Query& row, int first);

/// All of a run that has none yet.
void insert_marks(Database& database, const std::string& run_id, const RunMarks& marks);

/// Puts a tag on, or takes it off; false where that is so already. A change always counts as later
/// than the one that it takes the place of, whatever the clock says.
bool put_tag(Database& database, const std::string& run_id, std::string_view tag, bool present,
             std::int64_t now_unix_ns);
bool put_note(Database& database, const std::string& run_id, std::string_view note,
              std::int64_t now_unix_ns);

/// SQL that brings the marks of the attached database `other` into `main`: of the same tag, or of
/// the note, what was said last; of two said at once a tag that is there, and the greater text.
std::string merge_marks_sql();

}  // namespace ridgepoint
