// What all reports of a comparison say in the same words: the verdict in one sentence, the cells of
// a row, which rows matter most.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "results/compare/comparison.h"

namespace ridgepoint {

/// "slower: 2 of 24 cases are worse in B ..., worst: ...". One line; begins with the verdict.
std::string verdict_sentence(const Comparison& comparison);

/// "run 41d5db26 "nightly", git main@d6b8899e7f, 2026-11-21 04:41 UTC".
std::string side_text(const ComparisonSide& side);
/// "Both on Xeon, 2 cores." or what each is.
std::string machine_line(const Comparison& comparison);

/// Positions of rows with this verdict, the largest difference first, lost cases before all.
std::vector<std::size_t> rows_with(const Comparison& comparison, Verdict verdict);

std::vector<std::string> row_heading(const Comparison& comparison);
/// case, metric, A, B, change, interval, verdict, judged by.
std::vector<std::string> row_cells(const ComparisonRow& row);
/// Heading and the rows at these positions; columns that no row fills are left out.
std::vector<std::vector<std::string>> row_table(const Comparison& comparison,
                                                const std::vector<std::size_t>& positions);

/// "+8.1 %": of B over A; empty where a ratio makes no sense.
std::string change_text(const ComparisonRow& row);
/// "-1.2 %": of B's median over A's, where that says something else than the change, which is taken
/// from all samples; empty where both agree.
std::string medians_text(const ComparisonRow& row);
/// The change as it stands in a table, with that of the medians where they disagree.
std::string change_cell(const ComparisonRow& row);
/// "+6.9 to +9.3 %"; empty without evidence.
std::string interval_text(const ComparisonRow& row);
/// The verdict as it reads for the metric: "slower", "more memory", "less exact", "lost".
std::string row_verdict_text(const ComparisonRow& row);
/// "llm byte-llama-6m pp64 tg32 d0 b1, TPOT".
std::string row_title(const ComparisonRow& row);
/// "6.57 ms to 7.10 ms (+8.1 %, interval +6.9 to +9.3 %)", or the reason.
std::string row_finding(const ComparisonRow& row);

/// Why rows with one of these verdicts are what they are, each reason once with the first row that
/// has it.
std::vector<std::string> reasons(const Comparison& comparison, std::span<const Verdict> of);
/// The rows that are the same, but for memory and exactness, which nobody reads then.
struct SameRows {
  std::vector<std::size_t> rows;
  std::string left_out;  ///< "19 values of memory and exactness within tolerance", or empty
};
SameRows same_rows(const Comparison& comparison);
/// Rows whose cause is known, the worst first, at most so many; faster ones where none is slower.
std::vector<std::size_t> explained_rows(const Comparison& comparison, std::size_t most);
/// How the rows were judged, in a sentence.
std::string method_text(const Comparison& comparison);

/// "What differs in environment"; loud where the machines do and are meant to.
std::string environment_title(const Comparison& comparison);
/// key, A, B and part of what differs in environment, heading first; empty when nothing does.
std::vector<std::vector<std::string>> environment_table(const Comparison& comparison);
/// "2 %".
std::string share_text(double share);

}  // namespace ridgepoint
