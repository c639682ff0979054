// SPDX-License-Identifier: GPL-3.0-or-later
// RunFilter: what is typed into the search box, taken apart and asked of runs. Words stand apart by
// blanks and must all hold: `key:value`, `-key:value` for the opposite, or a bare word that is
// looked for in everything that a run says of itself. Texts fit by any part of them, whatever the
// case of letters; numbers as a whole.
#pragma once

#include <QString>
#include <QStringList>
#include <cstdint>
#include <string>
#include <vector>

#include "dashboard/models/run_list.h"

namespace ridgepoint {

class RunFilter {
 public:
  /// A key without a value yet ("backend:") says nothing.
  static RunFilter parse(const QString& text);
  /// Every key that there is: those of `ridgepoint compare`, `status` and `is`.
  static QStringList keys();
  /// Of `is:`.
  [[nodiscard]] static QStringList states();

  /// Why the text cannot be meant; empty where it can. Such a filter lets every run through.
  [[nodiscard]] const QString& problem() const { return problem_; }
  [[nodiscard]] bool asks_nothing() const { return terms_.empty(); }
  /// Whether it asks for cases, which only a complete list knows.
  [[nodiscard]] bool asks_for_cases() const;

  /// Positions of the runs that fit, in their order.
  [[nodiscard]] std::vector<std::uint32_t> apply(const RunList& list) const;

 private:
  struct Term {
    std::string key;    ///< empty: a bare word
    std::string value;  ///< lower case
    bool negated = false;
    bool of_case = false;
  };
  static bool holds(const Term& term, const RunEntry& entry, const RunList& list);

  std::vector<Term> terms_;
  QString problem_;
};

}  // namespace ridgepoint
