#include "results/compare/match_cases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/compare/case_names.h"
#include "tests/unit/results/example_data.h"

namespace ridgepoint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

std::vector<const Case*> pointers(const std::vector<Case>& cases) {
  std::vector<const Case*> result;
  for (const Case& subject : cases) result.push_back(&subject);
  return result;
}

CaseMatches matched(const std::vector<Case>& a, const std::vector<Case>& b,
                    const std::vector<std::string>& free_fields = {}) {
  return match_cases(pointers(a), pointers(b), free_fields);
}

TEST(MatchCases, PutsEqualCasesTogetherInTheOrderOfA) {
  const std::vector<Case> a = {operator_case(1), operator_case(2), operator_case(3)};
  const std::vector<Case> b = {operator_case(4), operator_case(3), operator_case(1)};
  const CaseMatches matches = matched(a, b);
  EXPECT_THAT(matches.both, ElementsAre(Pair(0, 2), Pair(2, 1)));
  EXPECT_THAT(matches.only_a, ElementsAre(1));
  EXPECT_THAT(matches.only_b, ElementsAre(0));
}

TEST(MatchCases, MatchesRepeatedCasesInTheirOrder) {
  const std::vector<Case> twice = {operator_case(1), operator_case(1)};
  EXPECT_THAT(matched(twice, twice).both, ElementsAre(Pair(0, 0), Pair(1, 1)));
  EXPECT_THAT(matched(twice, {operator_case(1)}).only_a, ElementsAre(1));
}

TEST(MatchCases, LeavesFreeFieldsOut) {
  Case slow = operator_case(1);
  slow.backend = "null";
  EXPECT_THAT(matched({operator_case(1)}, {slow}).both, IsEmpty());
  EXPECT_THAT(matched({operator_case(1)}, {slow}, {"backend"}).both, ElementsAre(Pair(0, 0)));
  EXPECT_THAT(error_of([&] {
                return matched({operator_case(1)}, {operator_case(1), slow}, {"backend"});
              }),
              HasSubstr("B: "));
}

TEST(CaseNames, AddWhatLabelsLeaveOut) {
  Case single = operator_case(1);
  single.threads = 1;
  EXPECT_THAT(case_names(std::vector<Case>{operator_case(1), single, operator_case(2)}),
              ElementsAre(::testing::EndsWith(" threads 2"), ::testing::EndsWith(" threads 1"),
                          ::testing::Not(HasSubstr("threads"))));
}

}  // namespace
}  // namespace ridgepoint
