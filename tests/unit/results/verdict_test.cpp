#include "results/verdict.h"

#include <gtest/gtest.h>

#include <set>

#include "workloads/error.h"

namespace ridgepoint {
namespace {

TEST(Verdict, NamesAreDistinctAndReadBack) {
  std::set<std::string_view> names;
  for (const Verdict verdict : verdicts()) {
    names.insert(name_of(verdict));
    EXPECT_EQ(parse_verdict(name_of(verdict)), verdict);
  }
  EXPECT_EQ(names.size(), verdicts().size());
  EXPECT_THROW(parse_verdict("slow"), Error);
}

TEST(Verdict, ExitCodesLetAPipelineTellThemApart) {
  EXPECT_EQ(exit_code_of(Verdict::slower), 1);
  EXPECT_EQ(exit_code_of(Verdict::faster), 0);
  EXPECT_EQ(exit_code_of(Verdict::same), 0);
  EXPECT_EQ(exit_code_of(Verdict::undecided), 3);
  EXPECT_EQ(exit_code_of(Verdict::incomparable), 4);
}

}  // namespace
}  // namespace ridgepoint
