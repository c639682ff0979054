#include "results/exchange/nvbench.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "results/exchange/imported_run.h"
#include "results/exchange/json_text.h"
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

class NvbenchImporter {
 public:
  NvbenchImporter(std::string_view json, std::string_view origin)
      : origin_(origin), document_(parse_untrusted_json(without_bare_numbers(json), origin)) {
    if (!document_.is_object() || !document_.contains("benchmarks") ||
        !document_["benchmarks"].is_array()) {
      throw Error(fmt::format("{}: no \"benchmarks\" list; write it with --json FILE", origin_));
    }
    data_.run = describe_run(json);
  }

  RunWithRecords run() {
    for (const Json& device : list_of(document_, "devices")) {
      if (!device.is_object()) continue;
      if (const auto id = finite_number(device, "id")) {
        devices_[std::llround(*id)] = text_member(device, "name");
      }
    }
    std::size_t index = 0;
    for (const Json& benchmark : document_["benchmarks"]) read_benchmark(benchmark, index++);
    if (data_.records.empty()) {
      throw Error(
          fmt::format("{}: no measured state in it; --list writes such files, which hold no "
                      "results",
                      origin_));
    }
    return std::move(data_);
  }

 private:
  [[noreturn]] void fail(std::size_t benchmark, const std::string& what) const {
    throw Error(fmt::format("{}: benchmark {} (counted from 0) {}; check the file", origin_,
                            benchmark, what));
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
    const Json summaries = list_of(state, "summaries");
    for (const Json& summary : summaries) {
      if (summary.is_object()) read_summary(summary, record);
    }
    if (state.value("is_skipped", Json()) == true) {
      record.outcome = Outcome::unsupported;
      record.reason = text_member(state, "skip_reason");
      if (record.reason.empty()) record.reason = "nvbench skipped it and gave no reason";
    }
    Json settings = state;
    settings.erase("summaries");
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

  std::string origin_;
  Json document_;
  std::map<long long, std::string> devices_;
  RunWithRecords data_;
};

}  // namespace

bool is_nvbench(std::string_view text) {
  const std::string_view start = text.substr(0, 64 * 1024);
  return start.find("\"nvbench\"") != std::string_view::npos &&
         start.find("\"meta\"") != std::string_view::npos;
}

RunWithRecords import_nvbench(std::string_view json, std::string_view origin) {
  return NvbenchImporter(json, origin).run();
}

}  // namespace ridgepoint
