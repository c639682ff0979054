#include "results/store/record_writer.h"

#include <nlohmann/json.hpp>
#include <string_view>

#include "results/store/process_counts.h"
#include "results/store/sample_codec.h"
#include "results/store/trace_codec.h"

namespace ridgepoint {
namespace {

// Rows of one statement: few sizes, so that few statements are kept.
constexpr std::size_t kRowsAtOnce[] = {64, 8, 1};

/// `row` binds the values of row i, as many as `columns` names.
template <class Row>
void insert_rows(Database& database, std::string_view table, std::string_view columns,
                 std::size_t count, Row&& row) {
  std::size_t values = 1;
  for (const char c : columns) values += c == ',' ? 1 : 0;
  std::string places = "(?";
  for (std::size_t i = 1; i < values; ++i) places += ", ?";
  places += ')';
  std::size_t done = 0;
  for (const std::size_t at_once : kRowsAtOnce) {
    if (count - done < at_once) continue;
    // OR FAIL: what fails here ends the whole transaction. By default SQLite would copy every page
    // that a statement of many rows touches, to be able to take back the statement alone.
    std::string sql = "INSERT OR FAIL INTO ";
    sql.append(table).append(" (").append(columns).append(") VALUES ").append(places);
    for (std::size_t i = 1; i < at_once; ++i) sql.append(", ").append(places);
    for (; count - done >= at_once; done += at_once) {
      Query insert = database.query(sql);
      for (std::size_t i = 0; i < at_once; ++i) row(insert, done + i);
      insert.run();
    }
  }
}

struct SeriesRow {
  std::int64_t record_key, position, count;
  const Series* series;
  const std::vector<std::byte>* samples;
  std::string process_counts;
};

struct OpTimeRow {
  std::int64_t record_key, position;
  const OpTime* op;
};

struct TraceRow {
  std::int64_t record_key, spans;
  const std::vector<std::byte>* trace;
};

struct MetricRow {
  std::int64_t record_key, name_key;
  double value;
};

}  // namespace

void RecordWriter::add_to_plan(std::span<const RecordRows> records) {
  insert_rows(database_, "run_cases", "run_id, ordinal, case_hash", records.size(),
              [&](Query& insert, std::size_t i) {
                insert.bind(records[i].record->run_id, records[i].record->ordinal,
                            *records[i].case_hash);
              });
}

void RecordWriter::add(std::span<const RecordRows> records) {
  const std::int64_t first = next_key_ ? *next_key_ : first_free_key();
  next_key_ = first + static_cast<std::int64_t>(records.size());
  std::vector<SeriesRow> series;
  std::vector<OpTimeRow> op_times;
  std::vector<MetricRow> metrics;
  std::vector<TraceRow> traces;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const Measurement& measurement = records[i].record->measurement;
    const std::int64_t key = first + static_cast<std::int64_t>(i);
    for (std::size_t k = 0; k < measurement.series.size(); ++k) {
      const Series& entry = measurement.series[k];
      series.push_back({key, static_cast<std::int64_t>(k),
                        static_cast<std::int64_t>(entry.samples.size()), &entry,
                        &records[i].series->at(k), counts_to_text(entry.process_counts)});
    }
    for (std::size_t k = 0; k < measurement.op_times.size(); ++k) {
      op_times.push_back({key, static_cast<std::int64_t>(k), &measurement.op_times[k]});
    }
    if (!measurement.trace.empty()) {
      traces.push_back({key, check_trace(measurement.trace), &measurement.trace});
    }
    for (const auto& [name, value] : measurement.metrics) {
      metrics.push_back({key, name_key(name), value});
    }
  }
  insert_rows(database_, "records",
              "key, id, run_id, ordinal, case_hash, outcome, reason, started_unix_ns, duration_ns, "
              "details",
              records.size(), [&](Query& insert, std::size_t i) {
                const Record& record = *records[i].record;
                insert.bind(first + static_cast<std::int64_t>(i), record.id, record.run_id,
                            record.ordinal, *records[i].case_hash, name_of(record.outcome),
                            record.reason, record.started_unix_ns, record.duration_ns,
                            record.details);
              });
  insert_rows(database_, "series",
              "record_key, name, position, unit, codec, count, process_counts, samples",
              series.size(), [&](Query& insert, std::size_t i) {
                const SeriesRow& row = series[i];
                insert.bind(row.record_key, row.series->name, row.position, row.series->unit,
                            kSampleCodecDeltaZstd, row.count, row.process_counts,
                            std::span<const std::byte>(*row.samples));
              });
  insert_rows(database_, "op_times",
              "record_key, position, phase, op_id, op, time_ns, passes, work_flops, work_bytes, "
              "weight_bytes, kv_bytes, activation_bytes, weight_type, low_ns, high_ns",
              op_times.size(), [&](Query& insert, std::size_t i) {
                const OpTime& op = *op_times[i].op;
                insert.bind(op_times[i].record_key, op_times[i].position, op.phase, op.op_id, op.op,
                            op.time_ns, op.passes, op.work_flops, op.work_bytes, op.weight_bytes,
                            op.kv_bytes, op.activation_bytes, op.weight_type, op.low_ns,
                            op.high_ns);
              });
  insert_rows(database_, "traces", "record_key, spans, trace", traces.size(),
              [&](Query& insert, std::size_t i) {
                insert.bind(traces[i].record_key, traces[i].spans,
                            std::span<const std::byte>(*traces[i].trace));
              });
  insert_rows(database_, "metric_values", "record_key, name_key, value", metrics.size(),
              [&](Query& insert, std::size_t i) {
                insert.bind(metrics[i].record_key, metrics[i].name_key, metrics[i].value);
              });
}

std::int64_t RecordWriter::first_free_key() {
  return database_.integer("SELECT coalesce(max(key), 0) + 1 FROM records");
}

std::int64_t RecordWriter::name_key(const std::string& name) {
  const auto known = name_keys_.find(name);
  if (known != name_keys_.end()) return known->second;
  database_.query("INSERT OR IGNORE INTO metric_names (name) VALUES (?)").bind(name).run();
  Query row = database_.query("SELECT key FROM metric_names WHERE name = ?");
  row.bind(name);
  row.step();
  return name_keys_.emplace(name, row.integer(0)).first->second;
}

}  // namespace ridgepoint
