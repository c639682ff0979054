// SPDX-License-Identifier: GPL-3.0-or-later
#include "dashboard/models/brief_names.h"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <utility>

namespace ridgepoint {
namespace {

using Words = std::vector<std::string>;

Words split_words(const std::string& name) {
  std::istringstream text(name);
  Words words;
  for (std::string word; text >> word;) words.push_back(word);
  return words;
}

/// Whether these words stand in that order among others, so that it may be what they stand for.
bool stands_in(const std::vector<const std::string*>& kept, const Words& words) {
  std::size_t found = 0;
  for (const std::string& word : words) {
    if (found < kept.size() && *kept[found] == word) ++found;
  }
  return found == kept.size();
}

/// Of one kind: in how many names each word stands, and how many names there are.
struct Kind {
  std::map<std::string, std::size_t> names_with;
  std::map<std::string, Words> names;
};

std::string without(const Words& words, const std::vector<bool>& left_out) {
  std::string text;
  bool skipped = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (left_out[i]) {
      skipped = true;
      continue;
    }
    if (skipped) {
      text += "\u2026";
    } else if (!text.empty()) {
      text += ' ';
    }
    skipped = false;
    text += words[i];
  }
  return text;
}

/// Further words left out, the last ones first, as long as no other name of the kind has all of
/// what is left.
void leave_out_more(const std::string& name, const Words& words, const Kind& kind,
                    std::vector<bool> left_out, std::vector<std::string>& forms) {
  constexpr std::size_t kMostNames = 150;  // each is held against all others
  if (kind.names.size() > kMostNames) return;
  for (std::size_t at = words.size() - 1; at > 0; --at) {
    if (left_out[at]) continue;
    left_out[at] = true;
    std::vector<const std::string*> kept;
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (!left_out[i]) kept.push_back(&words[i]);
    }
    const bool is_its_own = std::ranges::none_of(kind.names, [&](const auto& other) {
      return other.first != name && stands_in(kept, other.second);
    });
    left_out[at] = is_its_own;
    if (is_its_own) forms.push_back(without(words, left_out));
  }
}

/// What two names are shortened to tells neither.
void drop_ambiguous(const std::vector<std::string>& names,
                    std::vector<std::vector<std::string>>& brief) {
  std::map<std::string, std::set<std::string>> meant;
  for (std::size_t i = 0; i < names.size(); ++i) {
    meant[names[i]].insert(names[i]);
    for (const std::string& form : brief[i]) meant[form].insert(names[i]);
  }
  for (auto& forms : brief) {
    std::erase_if(forms, [&](const std::string& form) { return meant[form].size() > 1; });
  }
}

}  // namespace

std::vector<std::vector<std::string>> brief_names(const std::vector<std::string>& names) {
  std::map<std::string, Kind> kinds;
  for (const std::string& name : names) {
    const Words words = split_words(name);
    if (words.empty()) continue;
    Kind& kind = kinds[words.front()];
    if (!kind.names.emplace(name, words).second) continue;  // a case may have several rows
    for (const std::string& word : std::set<std::string>(words.begin(), words.end())) {
      ++kind.names_with[word];
    }
  }
  std::vector<std::vector<std::string>> brief(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Words words = split_words(names[i]);
    const Kind* kind = words.empty() ? nullptr : &kinds[words.front()];
    if (kind == nullptr || kind->names.size() < 2) continue;
    const auto is_shared = [&](const std::string& word) {
      return kind->names_with.at(word) == kind->names.size();
    };
    if (std::ranges::all_of(words, is_shared)) continue;
    // The first word says of what kind it is, and goes last.
    std::vector<bool> left_out(words.size(), false);
    for (std::size_t next = 1; next <= words.size(); ++next) {
      const std::size_t at = next % words.size();
      if (!is_shared(words[at])) continue;
      left_out[at] = true;
      brief[i].push_back(without(words, left_out));
    }
    left_out[0] = false;
    leave_out_more(names[i], words, *kind, std::move(left_out), brief[i]);
  }
  drop_ambiguous(names, brief);
  return brief;
}

}  // namespace ridgepoint
