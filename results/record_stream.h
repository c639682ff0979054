// RecordStream: a run whose records come one by one, for imports that hold more of them than fit
// comfortably in memory.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "results/record.h"

namespace ridgepoint {

using RecordSink = std::function<void(Record)>;

struct RecordStream {
  Run run;
  std::vector<PlannedCase> planned{};  ///< every case of the run; empty: just those with records
  /// Gives the sink every record, in ordinal order, and the same ones each time that it is called.
  /// Error where a record cannot be read; those before it have been given by then. May be called
  /// from another thread than the one that made the stream, by one at a time.
  std::function<void(const RecordSink& sink)> records;
  /// The run's id follows from all that its records are made of: a complete run of that id is this
  /// one.
  bool id_follows_from_content = false;
  std::vector<std::string> notes{};  ///< what a person should know, a sentence each
};

/// A run that is in memory, as a stream that owns it.
inline RecordStream stream_of(RunWithRecords data) {
  RecordStream stream{std::move(data.run), std::move(data.planned), nullptr};
  stream.records = [records = std::move(data.records)](const RecordSink& sink) {
    for (const Record& record : records) sink(record);
  };
  return stream;
}

/// The opposite: every record in memory at once.
inline RunWithRecords collect(const RecordStream& stream) {
  RunWithRecords data{stream.run, {}, stream.planned};
  stream.records([&](Record record) { data.records.push_back(std::move(record)); });
  return data;
}

}  // namespace ridgepoint
