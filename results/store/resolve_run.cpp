#include "results/store/resolve_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "results/report/time_text.h"

namespace ridgepoint {
namespace {

constexpr std::size_t kShortestPrefix = 4;
constexpr std::int64_t kShown = 5;

struct Candidate {
  std::string id, label;
  std::int64_t started_unix_ns = 0;
};

std::vector<Candidate> find(Database& database, const std::string& where,
                            const std::string& value) {
  Query row = database.query("SELECT id, label, started_unix_ns FROM runs WHERE " + where +
                             " ORDER BY started_unix_ns DESC, id DESC LIMIT ?");
  row.bind(value, kShown + 1);
  std::vector<Candidate> found;
  while (row.step()) found.push_back({row.text(0), row.text(1), row.integer(2)});
  return found;
}

std::string listed(const std::vector<Candidate>& candidates) {
  std::string text;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (i == static_cast<std::size_t>(kShown)) return text + ", ...";
    const Candidate& entry = candidates[i];
    text += fmt::format("{}{} ({}{})", i == 0 ? "" : ", ", entry.id.substr(0, 13),
                        entry.label.empty() ? "" : entry.label + ", ",
                        time_text(entry.started_unix_ns));
  }
  return text;
}

bool is_id_text(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '-'; });
}

}  // namespace

std::string resolve_run(Database& database, std::string_view text) {
  const std::string file = database.path().string();
  const std::vector<Candidate> all = find(database, "?1 = ?1", "");
  if (all.empty()) throw Error(fmt::format("no run in {} yet: run something first", file));
  if (text == "latest") return all.front().id;
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (!find(database, "id = ?", lower).empty()) return lower;

  const std::vector<Candidate> labelled =
      find(database, "label = ? AND label <> ''", std::string(text));
  const bool prefix_like = is_id_text(lower) && !lower.empty();
  // A range on the primary key; LIKE would walk the table. 'g' follows every character of an id.
  const std::vector<Candidate> prefixed = prefix_like && lower.size() >= kShortestPrefix
                                              ? find(database, "id >= ?1 AND id < ?1 || 'g'", lower)
                                              : std::vector<Candidate>{};
  if (prefixed.size() > 1) {
    throw Error(fmt::format("'{}' begins more than one run in {}: {}; give more of the id", text,
                            file, listed(prefixed)));
  }
  if (labelled.empty() && prefixed.size() == 1) return prefixed.front().id;
  if (!labelled.empty()) {
    const std::string newest = labelled.front().id;
    if (prefixed.empty() || prefixed.front().id == newest) return newest;
    throw Error(
        fmt::format("'{}' is a label and begins another run's id in {}: {}, {}; give more "
                    "of the id",
                    text, file, listed({labelled.front()}), listed(prefixed)));
  }
  if (prefix_like && lower.size() < kShortestPrefix) {
    throw Error(
        fmt::format("'{}' is too short for a run; give at least {} characters of an id, a "
                    "label or 'latest'; newest in {}: {}",
                    text, kShortestPrefix, file, listed(all)));
  }
  throw Error(fmt::format("no run '{}' in {}; newest there: {}", text, file, listed(all)));
}

}  // namespace ridgepoint
