// RecordWriter: the rows of records, within one write transaction. Many at a time are cheaper than
// one: a statement looks for its place in a table once, however many rows it has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "results/record.h"
#include "results/store/database.h"

namespace ridgepoint {

using EncodedSeries = std::vector<std::vector<std::byte>>;

/// What is to be written; all of it must live until it is.
struct RecordRows {
  const Record* record = nullptr;
  const std::string* case_hash = nullptr;
  const EncodedSeries* series = nullptr;  ///< the samples of each
};

/// Must not outlive its transaction: what it has learnt of keys is only true there. A failure
/// leaves some of the rows behind: the transaction has to be rolled back.
class RecordWriter {
 public:
  explicit RecordWriter(Database& database) : database_(database) {}

  /// Every row of the records; their places in the plan are not looked at.
  void add(std::span<const RecordRows> records);
  /// The places of the records in the plan of their run.
  void add_to_plan(std::span<const RecordRows> records);

 private:
  std::int64_t first_free_key();
  std::int64_t name_key(const std::string& name);

  Database& database_;
  std::optional<std::int64_t> next_key_;
  std::unordered_map<std::string, std::int64_t> name_keys_;
};

}  // namespace ridgepoint
