// Cases of two sides put together by what they are, apart from the fields that are left free.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "workloads/case.h"

namespace ridgepoint {

struct CaseMatches {
  std::vector<std::pair<std::size_t, std::size_t>> both;  ///< positions in a and b, in a's order
  std::vector<std::size_t> only_a, only_b;
};

/// The same case several times on one side is matched in order of appearance. Error where different
/// cases of one side become the same without the free fields: nobody could say which is meant.
CaseMatches match_cases(std::span<const Case* const> a, std::span<const Case* const> b,
                        std::span<const std::string> free_fields);

}  // namespace ridgepoint
