// Which figures of two arms are the same one: by name; where no name is shared because the arms
// measure different cases, by what the cases have in common; one figure against one always.
#pragma once

#include <string>
#include <vector>

#include "harness/ab/arm.h"
#include "results/ab_session.h"

namespace ridgepoint {

struct MatchedFigures {
  std::vector<AbFigure> figures;            ///< in A's order
  std::vector<std::string> only_a, only_b;  ///< names of what the other arm does not give
};

/// Error when there is none, or when the same figure is given in different units.
MatchedFigures match_figures(const Slice& a, const Slice& b);

/// Error when a slice of the arm printed its number with another unit than the figure has.
void require_same_unit(const AbFigure& figure, const SliceValue& value, std::string_view arm);

}  // namespace ridgepoint
