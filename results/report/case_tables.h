// The rows of a run as text cells, before anyone aligns them: what the terminal table and the
// Markdown export have in common.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "results/record.h"

namespace ridgepoint {

/// The cases of one workload. Every row begins with the case's ordinal.
struct CaseTable {
  std::string title;   ///< "Models"
  std::string common;  ///< what all its cases share, "model m.gguf, backend reference, ..."
  /// What differs, where that is too wide to stand beside the figures; heading first, mostly empty.
  std::vector<std::vector<std::string>> fields;
  std::vector<std::vector<std::string>> speed;  ///< heading first
  std::vector<std::vector<std::string>>
      cost;  ///< memory, achieved rates, error; heading first; may be empty
  /// Of model cases: speed, memory and quality of each variant in one row; heading first; may be
  /// empty.
  std::vector<std::vector<std::string>> beside;
  std::vector<std::string> notes;  ///< failures with their reasons, refused percentiles, marks
};

/// Columns that no row fills are left out; fields in which the cases differ become columns.
/// `qualities` are quality records of other runs, newest first: they stand beside the speed of
/// variants whose quality this run did not measure itself.
std::vector<CaseTable> case_tables(const RunWithRecords& data,
                                   std::span<const Record> qualities = {});

/// What stands above the tables, a line each: run, machine, tool and floor, how many cases are ok.
std::vector<std::string> run_head(const RunWithRecords& data);

/// "Intel Xeon Gold 6430, 2 cores" from the environment; empty where it does not say.
std::string machine_text(const std::string& environment);

}  // namespace ridgepoint
