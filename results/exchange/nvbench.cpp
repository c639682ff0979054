#include "results/exchange/nvbench.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "results/exchange/import.h"
#include "results/exchange/imported_run.h"
#include "results/exchange/json_text.h"
#include "results/exchange/nvbench_samples.h"
#include "results/statistics/quantile.h"
#include "workloads/error.h"

namespace ridgepoint {
namespace {

using Json = nlohmann::json;

/// The member when it is of the kind, an empty one of that kind otherwise.
Json list_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_array() ? *found : Json::array();
}
Json object_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_object() ? *found : Json::object();
}

/// nvbench writes numbers as texts, since JSON readers cut long integers short.
std::optional<double> number_in(const Json& value) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// What a summary is counted in, which its hint says.
std::string_view unit_suffix(const std::string& hint) {
  if (hint == "duration") return "_s";
  if (hint == "item_rate") return "_per_second";
  if (hint == "byte_rate") return "_bytes_per_second";
  if (hint == "bytes") return "_bytes";
  if (hint == "frequency") return "_hz";
  if (hint == "percentage") return "_share";
  return "";
}

/// Such numbers where they count something.
std::optional<std::int64_t> count_in(const Json& value) {
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return count;
}

std::optional<std::int64_t> whole_ns(double seconds) {
  return seconds >= 0 ? ns_of_seconds(seconds) : std::nullopt;
}

std::optional<std::int64_t> whole_hertz(double hertz) {
  if (!(hertz >= 0 && hertz < 9.2e18)) return std::nullopt;
  return std::llround(hertz);
}

/// A kind of file that lies beside the JSON, told by the beginning of a summary's tag.
struct SidecarKind {
  std::string_view prefix, unit;
  std::optional<std::int64_t> (*whole_of)(double value);
  bool are_times;
};

constexpr SidecarKind kSidecars[] = {
    {"nv/json/bin:", "ns", whole_ns, true},
    {"nv/json/freqs-bin:", "Hz", whole_hertz, false},
};

const SidecarKind* sidecar_of(const Json& summary) {
  const std::string tag = text_member(summary, "tag");
  const auto* const found = std::ranges::find_if(
      kSidecars, [&](const SidecarKind& kind) { return tag.starts_with(kind.prefix); });
  return found == std::end(kSidecars) ? nullptr : found;
}

class NvbenchImporter {
 public:
  explicit NvbenchImporter(const ImportSource& source)
      : origin_(source.origin),
        text_(source.files.front().text),
        document_(parse_untrusted_json(without_bare_numbers(text_), origin_)),
        reader_(source) {
    if (!document_.is_object() || !document_.contains("benchmarks") ||
        !document_["benchmarks"].is_array()) {
      throw Error(fmt::format("{}: no \"benchmarks\" list; write it with --json FILE", origin_));
    }
  }

  RecordStream stream() {
    for (const Json& device : list_of(document_, "devices")) {
      if (!device.is_object()) continue;
      if (const auto id = finite_number(device, "id")) {
        devices_[std::llround(*id)] = text_member(device, "name");
      }
    }
    // Before the run is described, whose id follows from its samples too.
    for (const Json& benchmark : document_["benchmarks"]) {
      for (const Json& state : list_of(benchmark, "states")) {
        samples_.push_back(samples_of(state));
      }
    }
    data_.run = describe_run(text_ + reader_.content_hashes());
    std::size_t index = 0;
    for (const Json& benchmark : document_["benchmarks"]) read_benchmark(benchmark, index++);
    if (data_.records.empty()) {
      throw Error(
          fmt::format("{}: no measured state in it; --list writes such files, which hold no "
                      "results",
                      origin_));
    }
    RecordStream stream = stream_of(std::move(data_));
    stream.notes = notes();
    return stream;
  }

 private:
  /// What the files of samples say of a state.
  struct StateSamples {
    std::vector<Series> series;
    Json files = Json::array();  ///< which were read, and which not, for the details
  };

  [[noreturn]] void fail(std::size_t benchmark, const std::string& what) const {
    throw Error(fmt::format("{}: benchmark {} (counted from 0) {}; check the file", origin_,
                            benchmark, what));
  }

  StateSamples samples_of(const Json& state) {
    StateSamples samples;
    for (const Json& summary : list_of(state, "summaries")) {
      if (!summary.is_object()) continue;
      if (const auto* const kind = sidecar_of(summary)) read_sidecar(summary, *kind, samples);
    }
    return samples;
  }

  void read_sidecar(const Json& summary, const SidecarKind& kind, StateSamples& samples) {
    const std::string tag = text_member(summary, "tag").substr(kind.prefix.size());
    NvbenchSampleFile file;
    for (const Json& entry : list_of(summary, "data")) {
      if (!entry.is_object()) continue;
      const std::string called = text_member(entry, "name");
      if (called == "filename") file.filename = text_member(entry, "value");
      if (called == "size") file.count = count_in(entry.value("value", Json())).value_or(-1);
    }
    Json kept = {{"tag", tag}, {"filename", file.filename}};
    const auto leave_out = [&](const std::string& why) {
      kept["absent"] = why;
      samples.files.push_back(std::move(kept));
    };
    if (file.filename.empty()) return leave_out("nvbench could not write the file");
    auto read = reader_.read(file);
    if (read.missing) {
      missing_.push_back(file.filename);
      return leave_out("not beside the JSON");
    }
    std::vector<std::int64_t> values;
    values.reserve(read.values.size());
    for (std::size_t i = 0; i < read.values.size(); ++i) {
      const auto value = kind.whole_of(read.values[i]);
      if (!value && kind.are_times) {
        throw Error(
            fmt::format("{}: sample {} (counted from 0) in {} is no time; copy the file again, or "
                        "take it away to import the rest without its samples",
                        origin_, i, json_text(file.filename)));
      }
      if (!value) {  // a quotient of two counters, of which one may have stood still
        infinite_.push_back(file.filename);
        return leave_out("a value in it is not finite");
      }
      values.push_back(*value);
    }
    samples.files.push_back(std::move(kept));
    if (values.empty()) return;
    const auto is_there = [&](const std::string& name) {
      return std::ranges::find(samples.series, name, &Series::name) != samples.series.end();
    };
    std::string name = kind.are_times && !is_there("total") ? "total" : "nvbench:" + tag;
    if (is_there(name)) {
      throw Error(fmt::format("{}: a state has samples of {} twice; check the file", origin_,
                              json_text(tag)));
    }
    samples.series.push_back({std::move(name), std::string(kind.unit), std::move(values)});
  }

  [[nodiscard]] std::vector<std::string> notes() const {
    std::vector<std::string> notes;
    const auto add = [&](const std::vector<std::string>& files, std::string_view what,
                         std::string_view advice) {
      if (files.empty()) return;
      notes.push_back(fmt::format("{} {} {}, the first of them {}: {}", files.size(),
                                  files.size() == 1 ? "file of samples" : "files of samples", what,
                                  json_text(files.front()), advice));
    };
    add(missing_, "not there",
        "imported without; put them where nvbench wrote them, beside the JSON, and import it "
        "again");
    add(infinite_, "left out", "a frequency in it is not finite");
    return notes;
  }

  Run describe_run(std::string_view text) const {
    const Json meta = object_of(document_, "meta");
    const Json version = object_of(object_of(meta, "version"), "nvbench");
    ImportedFacts facts;
    facts.program = "nvbench";
    facts.program_version = text_member(version, "string");
    for (const Json& argument : list_of(meta, "argv")) {
      if (!argument.is_string()) continue;
      facts.command += facts.command.empty() ? "" : " ";
      facts.command += argument.get<std::string>();
    }
    Json environment = {{"devices", list_of(document_, "devices")}};
    if (meta.contains("version")) environment["version"] = meta["version"];
    return imported_run(text, facts, {{"nvbench", std::move(environment)}}, Json::object());
  }

  void read_benchmark(const Json& benchmark, std::size_t index) {
    if (!benchmark.is_object()) fail(index, "is not an object");
    const std::string name = text_member(benchmark, "name");
    if (name.empty()) fail(index, "has no \"name\"");
    for (const Json& state : list_of(benchmark, "states")) {
      if (!state.is_object()) fail(index, "has a state that is not an object");
      read_state(name, state, index);
    }
  }

  void read_state(const std::string& benchmark, const Json& state, std::size_t index) {
    // The state's own name leaves out skipped axes and writes values in several ways.
    std::string name = benchmark;
    for (const Json& value : list_of(state, "axis_values")) {
      if (!value.is_object()) continue;
      const Json& content = value.value("value", Json());
      name += fmt::format(" {}={}", text_member(value, "name"),
                          content.is_string() ? content.get<std::string>() : content.dump());
    }
    if (const auto device = finite_number(state, "device")) {
      const auto known = devices_.find(std::llround(*device));
      if (known != devices_.end() && !known->second.empty()) {
        name += fmt::format(" on {}", known->second);
      }
    }
    Record record;
    try {
      record = imported_record(data_.run, static_cast<std::int64_t>(data_.records.size()), name);
    } catch (const Error& error) {
      fail(index, fmt::format("makes a name that cannot be kept ({})", error.what()));
    }
    for (const Json& summary : list_of(state, "summaries")) {
      if (summary.is_object() && sidecar_of(summary) == nullptr) read_summary(summary, record);
    }
    StateSamples& samples = samples_[data_.records.size()];
    record.measurement.series = std::move(samples.series);
    if (const Series* times = record.measurement.find("total")) {
      record.measurement.metrics["real_time_ns"] =
          median(std::span<const std::int64_t>(times->samples));
    }
    if (state.value("is_skipped", Json()) == true) {
      record.outcome = Outcome::unsupported;
      record.reason = text_member(state, "skip_reason");
      if (record.reason.empty()) record.reason = "nvbench skipped it and gave no reason";
    }
    Json settings = state;
    settings.erase("summaries");
    if (!samples.files.empty()) settings["sample_files"] = std::move(samples.files);
    record.details = json_text({{"nvbench", std::move(settings)}, {"source", "nvbench"}});
    data_.planned.push_back({record.ordinal, record.subject});
    data_.records.push_back(std::move(record));
  }

  void read_summary(const Json& summary, Record& record) const {
    const std::string tag = text_member(summary, "tag");
    const std::string_view suffix = unit_suffix(text_member(summary, "hint"));
    for (const Json& entry : list_of(summary, "data")) {
      if (!entry.is_object() || text_member(entry, "type") == "string") continue;
      const auto value = number_in(entry.value("value", Json()));
      if (!value || !std::isfinite(*value)) continue;
      const std::string called = text_member(entry, "name");
      const std::string more = called == "value" ? "" : "/" + called;
      record.measurement.metrics.insert_or_assign(fmt::format("nvbench:{}{}{}", tag, more, suffix),
                                                  *value);
      if (tag != "nv/cold/walltime" && tag != "nv/cpu_only/walltime") continue;
      record.duration_ns = std::max<std::int64_t>(0, ns_of_seconds(*value).value_or(0));
    }
  }

  std::string origin_, text_;
  Json document_;
  NvbenchSampleReader reader_;
  std::map<long long, std::string> devices_;
  std::vector<StateSamples> samples_;  ///< of every state, in order
  std::vector<std::string> missing_, infinite_;
  RunWithRecords data_;
};

}  // namespace

bool is_nvbench(std::string_view text) {
  const std::string_view start = text.substr(0, 64 * 1024);
  return start.find("\"nvbench\"") != std::string_view::npos &&
         start.find("\"meta\"") != std::string_view::npos;
}

RecordStream stream_nvbench(const ImportSource& source) {
  return NvbenchImporter(source).stream();
}

}  // namespace ridgepoint
