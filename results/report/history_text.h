// A history in words: what the table, the Markdown and the terminal say alike.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "results/history/history.h"
#include "results/report/block_chart.h"

namespace ridgepoint {

/// "worse: run_ns +4.1 % since d4e5f6a (not confirmed)".
std::string history_headline(const History& history);

/// "op matrix_product ... (case 1a2b3c4d), run_ns: 40 runs, 2 without a value on ...".
std::string history_subject(const History& history);

/// "between a1b2c3d and d4e5f6a (2 commits): +4.1 %, worse (12.1 ms to 12.6 ms, p 0.002, ...), not
/// confirmed".
std::string change_sentence(const History& history, const HistoryChange& change);

/// How it was found and what to beware of, a line each.
std::vector<std::string> history_notes(const History& history);

/// Rows of the table, heading first: time, run, commit, branch, value, change. Newest first.
std::vector<std::vector<std::string>> history_rows(const History& history);

/// Of the points, changes marked; at most `width` columns.
BlockChart history_chart(const History& history, std::size_t width);
/// What its lowest and highest block stand for.
std::string history_scale(const History& history);

}  // namespace ridgepoint
