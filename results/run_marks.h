// RunMarks: what people say of a run afterwards: tags to find it by, and a note. Each carries when
// it was last changed, so that copies of a run which were marked apart can be brought together.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ridgepoint {

struct RunTag {
  std::string name;
  bool present = true;  ///< false: it was taken off
  std::int64_t changed_unix_ns = 0;
  bool operator==(const RunTag&) const = default;
};

struct RunMarks {
  std::vector<RunTag> tags{};  ///< by name; those that were taken off too
  std::string note{};          ///< empty: none, or taken away
  std::int64_t note_changed_unix_ns = 0;
  bool operator==(const RunMarks&) const = default;

  /// Tags that the run has, sorted.
  [[nodiscard]] std::vector<std::string> tag_names() const;
  [[nodiscard]] bool has_tag(std::string_view name) const;
};

/// Why a text cannot be a tag, as the end of a sentence; empty where it can. Tags are typed in
/// searches, where blanks and commas part words and a first '-' means the opposite.
std::string why_no_tag(std::string_view text);
/// The same of a note: a text of bounded length.
std::string why_no_note(std::string_view text);

}  // namespace ridgepoint
