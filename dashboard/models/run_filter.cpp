// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/run_filter.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <variant>

#include "dashboard/models/text.h"
#include "results/compare/side_text.h"
#include "workloads/nearest_name.h"

namespace ridgepoint {
namespace {

bool has_part(std::string_view text, std::string_view part) {
  return lowered(text).find(part) != std::string::npos;
}

constexpr std::string_view kStates[] = {"failing", "clean", "dirty",   "labelled",
                                        "tagged",  "noted", "running", "interrupted"};

std::vector<std::string_view> filter_keys() {
  std::vector<std::string_view> keys = side_filter_keys();
  keys.insert(keys.end(), {"status", "is"});
  return keys;
}

bool is_in_state(std::string_view state, const RunEntry& entry) {
  const Run& run = entry.run();
  if (state == "failing") return entry.failed() > 0;
  if (state == "dirty") return run.git_dirty;
  if (state == "clean") return !run.git_dirty && !run.git_commit.empty();
  if (state == "labelled") return !run.label.empty();
  if (state == "tagged") return std::ranges::any_of(run.marks.tags, &RunTag::present);
  if (state == "noted") return !run.marks.note.empty();
  return run.status == state;
}

bool case_fits(std::string_view key, std::string_view value, const Case& subject) {
  const CaseField* field = find_case_field(key);
  if (field == nullptr || !applies(*field, subject)) return false;
  const FieldValue is = get(subject, *field);
  if (const auto* number = std::get_if<std::int64_t>(&is)) return std::to_string(*number) == value;
  return has_part(std::get<std::string>(is), value);
}

}  // namespace

QStringList RunFilter::keys() {
  QStringList names;
  for (const std::string_view key : filter_keys()) names.append(qt(key));
  return names;
}

QStringList RunFilter::states() {
  QStringList names;
  for (const std::string_view state : kStates) names.append(qt(state));
  return names;
}

RunFilter RunFilter::parse(const QString& text) {
  RunFilter filter;
  const std::vector<std::string_view> keys = filter_keys();
  for (const QString& typed : text.split(' ', Qt::SkipEmptyParts)) {
    std::string word = utf8(typed);
    Term term;
    if (word.size() > 1 && word.front() == '-') {
      term.negated = true;
      word.erase(0, 1);
    }
    const std::size_t colon = word.find(':');
    if (colon != std::string::npos && colon > 0) {
      term.key = word.substr(0, colon);
      term.value = lowered(std::string_view(word).substr(colon + 1));
      if (std::ranges::find(keys, term.key) == keys.end()) {
        filter.problem_ = QString("no key '%1'%2; press F1 for those that there are")
                              .arg(qt(term.key), qt(did_you_mean(term.key, keys)));
        filter.terms_.clear();
        return filter;
      }
      if (term.value.empty()) continue;
      // While it is typed, the beginning of a state is no mistake yet.
      if (term.key == "is" && std::ranges::find(kStates, term.value) == std::end(kStates)) {
        const bool begins = std::ranges::any_of(
            kStates, [&](std::string_view state) { return state.starts_with(term.value); });
        if (begins) continue;
        filter.problem_ = QString("'is:%1': a run is %2").arg(qt(term.value), states().join(", "));
        filter.terms_.clear();
        return filter;
      }
      term.of_case = find_case_field(term.key) != nullptr;
    } else {
      term.value = lowered(word);
    }
    filter.terms_.push_back(std::move(term));
  }
  return filter;
}

bool RunFilter::asks_for_cases() const {
  return std::ranges::any_of(terms_, &Term::of_case);
}

bool RunFilter::holds(const Term& term, const RunEntry& entry, const RunList& list) {
  const Run& run = entry.run();
  if (term.key.empty()) return entry.haystack.find(term.value) != std::string::npos;
  if (term.key == "is") return is_in_state(term.value, entry);
  if (term.key == "status") return run.status.starts_with(term.value);
  if (term.key == "run") return run.id.starts_with(term.value);
  if (term.key == "commit") return run.git_commit.starts_with(term.value);
  if (term.key == "env") return run.environment_hash.starts_with(term.value);
  if (term.key == "label") return has_part(run.label, term.value);
  if (term.key == "tag") {
    return std::ranges::any_of(run.marks.tags, [&](const RunTag& tag) {
      return tag.present && has_part(tag.name, term.value);
    });
  }
  if (term.key == "note") return has_part(run.marks.note, term.value);
  if (term.key == "suite") return has_part(run.suite, term.value);
  if (term.key == "branch") return has_part(run.git_branch, term.value);
  return has_part(list.machine_of(run), term.value);  // machine, cpu
}

std::vector<std::uint32_t> RunFilter::apply(const RunList& list) const {
  // Terms over cases are asked of each set of cases once: one case of the run must fit them all; a
  // negated one forbids every case that fits it.
  std::vector<bool> set_fits(list.case_sets.size(), true);
  if (asks_for_cases()) {
    std::vector<bool> wanted(list.cases.size(), true);
    std::vector<bool> forbidden(list.cases.size(), false);
    for (std::size_t i = 0; i < list.cases.size(); ++i) {
      for (const Term& term : terms_) {
        if (!term.of_case) continue;
        const bool fits = case_fits(term.key, term.value, list.cases[i]);
        if (term.negated) {
          forbidden[i] = forbidden[i] || fits;
        } else {
          wanted[i] = wanted[i] && fits;
        }
      }
    }
    for (std::size_t s = 0; s < set_fits.size(); ++s) {
      const auto& set = list.case_sets[s];
      set_fits[s] = std::ranges::any_of(set, [&](std::uint32_t i) { return wanted[i]; }) &&
                    std::ranges::none_of(set, [&](std::uint32_t i) { return forbidden[i]; });
    }
  }
  const bool cases_matter = asks_for_cases() && list.complete;
  std::vector<std::uint32_t> fitting;
  for (std::uint32_t i = 0; i < list.runs.size(); ++i) {
    const RunEntry& entry = list.runs[i];
    if (cases_matter && (entry.case_set == kNoCases || !set_fits[entry.case_set])) continue;
    const bool fits = std::ranges::all_of(terms_, [&](const Term& term) {
      return term.of_case || holds(term, entry, list) != term.negated;
    });
    if (fits) fitting.push_back(i);
  }
  return fitting;
}

}  // namespace ridgepoint
