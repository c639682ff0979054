#include "results/exchange/llama_bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "results/exchange/date_text.h"
#include "results/exchange/imported_run.h"
#include "results/exchange/llama_bench_json.h"
#include "results/exchange/llama_bench_sql.h"
#include "results/statistics/quantile.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

using Json = nlohmann::json;
using Field = LlamaBenchRow::Field;
using FormatReader = void (*)(std::string_view, std::string_view, const LlamaBenchSink&);

/// What a column of llama-bench is to us.
enum class Role : std::uint8_t {
  shape,     ///< model, prompt, generate, depth: said in words at the head of the case's name
  setting,   ///< said in the name where it is not at its default
  property,  ///< follows from the model: details only
  place,     ///< build and machine: the run's, or the record's where it differs
  measured,  ///< a metric
  time,
};

struct Known {
  std::string_view column;
  Role role;
  std::string_view short_name{};  ///< llama-bench's own option
  /// Values of a setting that a name leaves out. Two where versions write the same default
  /// differently.
  std::string_view usual{}, also_usual{};
};

// Columns of llama-bench from early 2024 to late 2026; others are settings without a default.
constexpr Known kKnown[] = {
    {"model_filename", Role::shape},
    {"model_type", Role::shape},
    {"n_prompt", Role::shape},
    {"n_gen", Role::shape},
    {"n_depth", Role::shape},
    {"n_threads", Role::setting, "t"},
    {"n_batch", Role::setting, "b", "2048"},
    {"n_ubatch", Role::setting, "ub", "512"},
    {"type_k", Role::setting, "ctk", "f16"},
    {"type_v", Role::setting, "ctv", "f16"},
    {"n_gpu_layers", Role::setting, "ngl", "99", "-1"},
    {"n_cpu_moe", Role::setting, "ncmoe", "0"},
    {"split_mode", Role::setting, "sm", "layer"},
    {"main_gpu", Role::setting, "mg", "0"},
    {"no_kv_offload", Role::setting, "nkvo", "0"},
    {"flash_attn", Role::setting, "fa", "0"},
    {"devices", Role::setting, "dev", "auto", ""},
    {"tensor_split", Role::setting, "ts", "0.00", ""},
    {"tensor_buft_overrides", Role::setting, "ot", "none", ""},
    {"use_mmap", Role::setting, "mmp", "1"},
    {"use_direct_io", Role::setting, "dio", "0"},
    {"load_mode", Role::setting, "lm", "mmap"},
    {"embeddings", Role::setting, "embd", "0"},
    {"no_op_offload", Role::setting, "nopo", "0"},
    {"no_host", Role::setting, "noh", "0"},
    {"fit_target", Role::setting, "fitt", "0"},
    {"fit_min_ctx", Role::setting, "fitc", "0"},
    {"cpu_mask", Role::setting, "C", "0x0", ""},
    {"cpu_strict", Role::setting, "strict", "0"},
    {"poll", Role::setting, "poll", "50"},
    {"rpc_servers", Role::setting, "rpc", ""},
    {"model_size", Role::property},
    {"model_n_params", Role::property},
    {"build_commit", Role::place},
    {"build_number", Role::place},
    {"cpu_info", Role::place},
    {"gpu_info", Role::place},
    {"backends", Role::place},
    {"cuda", Role::place},
    {"vulkan", Role::place},
    {"kompute", Role::place},
    {"metal", Role::place},
    {"sycl", Role::place},
    {"gpu_blas", Role::place},
    {"blas", Role::place},
    {"avg_ns", Role::measured},
    {"stddev_ns", Role::measured},
    {"avg_ts", Role::measured},
    {"stddev_ts", Role::measured},
    {"test_time", Role::time},
};

const Known* find_known(std::string_view column) {
  const auto* found = std::ranges::find(kKnown, column, &Known::column);
  return found == std::end(kKnown) ? nullptr : found;
}

/// What the columns of a file mean, worked out once: its rows have the same ones over and over.
class Columns {
 public:
  struct Column {
    Role role = Role::setting;
    const Known* known = nullptr;
    std::string key;     ///< the name as JSON
    std::string metric;  ///< of what was measured
    const Field* of_first = nullptr;
  };
  /// Where the columns are that make the head of a name; past the end: there is none.
  struct Places {
    std::size_t model_filename, model_type, n_prompt, n_gen, n_depth;
  };

  /// Works out anew when the row has other columns than the one before.
  void fit(const LlamaBenchRow& row, const LlamaBenchRow& first, std::string_view origin,
           std::int64_t ordinal) {
    const bool row_used_before = std::exchange(last_, &row) == &row;
    if (columns_.size() == row.size()) {
      if (row_used_before && row.same_names()) return;
      bool same = true;
      for (std::size_t i = 0; same && i < row.size(); ++i) same = names_[i] == row[i].name;
      if (same) return;
    }
    names_.clear();
    columns_.clear();
    by_name_.resize(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string& name = row[i].name;
      const Known* known = find_known(name);
      names_.push_back(name);
      columns_.push_back({known == nullptr ? Role::setting : known->role, known, json_text(name),
                          "llama-bench:" + name, first.find(name)});
    }
    const auto place = [&](std::string_view name) {
      return static_cast<std::size_t>(std::ranges::find(names_, name) - names_.begin());
    };
    places_ = {place("model_filename"), place("model_type"), place("n_prompt"), place("n_gen"),
               place("n_depth")};
    std::iota(by_name_.begin(), by_name_.end(), 0U);
    std::ranges::sort(by_name_, {}, [&](std::size_t i) { return std::string_view(names_[i]); });
    for (std::size_t i = 1; i < by_name_.size(); ++i) {
      if (names_[by_name_[i]] != names_[by_name_[i - 1]]) continue;
      throw Error(fmt::format("{}: row {} (counted from 0) says {} twice; check the file", origin,
                              ordinal, columns_[by_name_[i]].key));
    }
    by_table_ = by_name_;
    // Known settings in the table's order, then unknown ones by name.
    std::ranges::stable_sort(by_table_, {}, [&](std::size_t i) {
      const Known* known = columns_[i].known;
      return known == nullptr ? std::end(kKnown) : known;
    });
  }

  [[nodiscard]] const Column& operator[](std::size_t i) const { return columns_[i]; }
  [[nodiscard]] const Places& places() const { return places_; }
  [[nodiscard]] const std::vector<std::size_t>& by_name() const { return by_name_; }
  [[nodiscard]] const std::vector<std::size_t>& by_table() const { return by_table_; }

 private:
  std::vector<std::string> names_;
  std::vector<Column> columns_;
  std::vector<std::size_t> by_name_, by_table_;
  Places places_{};
  const LlamaBenchRow* last_ = nullptr;
};

std::optional<double> finite(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::int64_t> whole(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void append_json(std::string& out, const Field& field) {
  if (field.number) {
    if (const auto integer = whole(field.value)) {
      out += fmt::format_int(*integer).c_str();
      return;
    }
    if (const auto real = finite(field.value)) {
      out += json_text(*real);
      return;
    }
  }
  const bool plain = std::ranges::all_of(
      field.value, [](char c) { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; });
  if (plain) {
    out += '"';
    out += field.value;
    out += '"';
  } else {
    out += json_text(field.value);
  }
}

std::string_view base_name(std::string_view path) {
  const std::size_t slash = path.find_last_of("/\\");
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

class LlamaBenchImporter {
 public:
  LlamaBenchImporter(std::string_view text, std::string_view origin, std::string_view output,
                     FormatReader read)
      : text_(text), origin_(origin), output_(output), read_(read) {
    run_ = describe_run();
  }

  [[nodiscard]] const Run& run() const { return run_; }

  void records(const RecordSink& sink) const {
    Pass pass;
    read_(text_, origin_, [&](const LlamaBenchRow& row) {
      pass.columns.fit(row, first_, origin_, pass.ordinal);
      sink(record_of(row, pass));
      ++pass.ordinal;
    });
  }

 private:
  struct Pass {
    Columns columns;
    std::int64_t ordinal = 0;
    std::string name, details;
  };
  /// Stops a reader after the first row.
  struct Enough {};

  [[noreturn]] void fail(std::int64_t ordinal, std::string_view what) const {
    throw Error(
        fmt::format("{}: row {} (counted from 0) {}; check the file", origin_, ordinal, what));
  }

  Run describe_run() {
    LlamaBenchRow first;
    try {
      read_(text_, origin_, [&](const LlamaBenchRow& row) {
        first = row;
        throw Enough();
      });
      throw Error(
          fmt::format("{}: no row in it; llama-bench was stopped before its first test", origin_));
    } catch (const Enough&) {
      first_ = first;
    }
    Json place = Json::object(), settings = Json::object();
    for (std::size_t i = 0; i < first.size(); ++i) {
      const Known* known = find_known(first[i].name);
      const Role role = known == nullptr ? Role::setting : known->role;
      if (role != Role::place && role != Role::setting && role != Role::property) continue;
      std::string value;
      append_json(value, first[i]);
      (role == Role::place ? place : settings)[first[i].name] = Json::parse(value);
    }
    Json cpu = Json::object();
    if (const Field* model = first.find("cpu_info")) cpu["model"] = model->value;
    ImportedFacts facts;
    facts.program = "llama-bench";
    const Field* number = first.find("build_number");
    const Field* commit = first.find("build_commit");
    if (number != nullptr) facts.program_version = "b" + number->value;
    if (commit != nullptr) facts.program_version += fmt::format(" ({})", commit->value);
    if (const Field* time = first.find("test_time")) {
      facts.started_unix_ns = unix_ns_of_date(time->value);
    }
    Run run = imported_run(text_, facts, {{"cpu", cpu}, {"llama_bench", place}}, Json::object());
    run.options = json_text({{"llama_bench", std::move(settings)}});
    return run;
  }

  Record record_of(const LlamaBenchRow& row, Pass& pass) const {
    name_case(row, pass);
    Record record;
    try {
      record = imported_record(run_, pass.ordinal, pass.name);
    } catch (const Error& error) {
      fail(pass.ordinal, fmt::format("makes a name that cannot be kept ({})", error.what()));
    }
    Measurement& measurement = record.measurement;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const Role role = pass.columns[i].role;
      if (role == Role::measured) {
        const auto value = finite(row[i].value);
        if (value) measurement.metrics.emplace(pass.columns[i].metric, *value);
      } else if (role == Role::time) {
        const std::int64_t time = unix_ns_of_date(row[i].value);
        if (time > 0) record.started_unix_ns = time;
      }
    }
    if (!row.samples_ns.empty()) {
      for (const std::int64_t sample : row.samples_ns) {
        if (sample < 0) fail(pass.ordinal, "has a sample below 0");
        if (__builtin_add_overflow(record.duration_ns, sample, &record.duration_ns)) {
          record.duration_ns = std::numeric_limits<std::int64_t>::max();
        }
      }
      measurement.metrics.emplace("real_time_ns",
                                  median(std::span<const std::int64_t>(row.samples_ns)));
      measurement.metrics.emplace("repetitions", static_cast<double>(row.samples_ns.size()));
      measurement.series.push_back({"total", "ns", row.samples_ns});
    }
    describe(row, pass);
    record.details = pass.details;
    return record;
  }

  void name_case(const LlamaBenchRow& row, Pass& pass) const {
    const Columns::Places& places = pass.columns.places();
    const auto at = [&](std::size_t place) { return place < row.size() ? &row[place] : nullptr; };
    const auto count = [&](std::size_t place, std::string_view name) -> std::int64_t {
      const Field* field = at(place);
      const auto value = field == nullptr ? std::nullopt : whole(field->value);
      if (!value && name == "n_depth") return 0;  // versions before April 2025
      if (!value || *value < 0) fail(pass.ordinal, fmt::format("has no whole {}", name));
      return *value;
    };
    const std::int64_t prompt = count(places.n_prompt, "n_prompt"),
                       generate = count(places.n_gen, "n_gen"),
                       depth = count(places.n_depth, "n_depth");
    std::string& name = pass.name;
    name = "llama-bench";
    if (const Field* model = at(places.model_filename)) {
      name += ' ';
      name += base_name(model->value);
    }
    if (const Field* type = at(places.model_type)) {
      name += " (";
      name += type->value;
      name += ')';
    }
    const auto add = [&](std::string_view what, std::int64_t tokens) {
      name += what;
      name += fmt::format_int(tokens).c_str();
    };
    if (prompt > 0) add(" pp", prompt);
    if (generate > 0) add(prompt > 0 ? "+tg" : " tg", generate);
    if (depth > 0) add(" d", depth);
    for (const std::size_t i : pass.columns.by_table()) {
      const Columns::Column& column = pass.columns[i];
      if (column.role != Role::setting) continue;
      const std::string& value = row[i].value;
      const Known* known = column.known;
      // n_threads has no default that is the same everywhere.
      if (known != nullptr && known->column != "n_threads" &&
          (value == known->usual || value == known->also_usual)) {
        continue;
      }
      name += ' ';
      name += known == nullptr ? std::string_view(row[i].name) : known->short_name;
      name += '=';
      name += value;
    }
  }

  /// {"llama_bench":{...},"output":"json","source":"llama-bench"}, put together by hand: as a tree
  /// it would take longer than everything else about a row.
  void describe(const LlamaBenchRow& row, Pass& pass) const {
    std::string& out = pass.details;
    out = "{\"llama_bench\":{";
    bool first = true;
    for (const std::size_t i : pass.columns.by_name()) {
      const Columns::Column& column = pass.columns[i];
      if (column.role == Role::measured) continue;
      // The run says what the first row said; a million times the same words would fill the disk.
      if (column.role != Role::shape && column.role != Role::time) {
        if (column.of_first != nullptr && column.of_first->value == row[i].value) continue;
      }
      if (!first) out += ',';
      first = false;
      out += column.key;
      out += ':';
      append_json(out, row[i]);
    }
    out += "},\"output\":\"";
    out += output_;
    out += "\",\"source\":\"llama-bench\"}";
  }

  std::string_view text_;
  std::string origin_;
  std::string_view output_;
  FormatReader read_;
  LlamaBenchRow first_;
  Run run_;
};

RecordStream stream(std::string_view text, std::string_view origin, std::string_view output,
                    FormatReader read) {
  const auto importer = std::make_shared<const LlamaBenchImporter>(text, origin, output, read);
  return {importer->run(), {}, [importer](const RecordSink& sink) { importer->records(sink); }};
}

std::string_view first_bytes(std::string_view text) {
  return text.substr(0, 64 * 1024);
}

}  // namespace

bool is_llama_bench_json(std::string_view text) {
  const std::string_view start = first_bytes(text);
  const std::size_t first = start.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (start[first] == '[' || start[first] == '{') &&
         start.find("\"build_commit\"") != std::string_view::npos &&
         start.find("\"n_gen\"") != std::string_view::npos;
}

bool is_llama_bench_sql(std::string_view text) {
  const std::string_view start = first_bytes(text);
  return start.find("INSERT INTO test") != std::string_view::npos ||
         start.find("CREATE TABLE IF NOT EXISTS test") != std::string_view::npos ||
         start.find("CREATE TABLE test") != std::string_view::npos;
}

RecordStream stream_llama_bench_json(std::string_view text, std::string_view origin) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool list = first != std::string_view::npos && text[first] == '[';
  return stream(text, origin, list ? "json" : "jsonl", read_llama_bench_json);
}

RecordStream stream_llama_bench_sql(std::string_view text, std::string_view origin) {
  return stream(text, origin, "sql", read_llama_bench_sql);
}

}  // namespace ridgepoint
