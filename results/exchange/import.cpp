#include "results/exchange/import.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <utility>

#include "results/exchange/aiperf.h"
#include "results/exchange/google_benchmark.h"
#include "results/exchange/json_export.h"
#include "results/exchange/llama_bench.h"
#include "results/exchange/loadgen.h"
#include "results/exchange/nvbench.h"
#include "results/exchange/vllm_bench.h"
#include "workloads/error.h"
#include "workloads/nearest_name.h"

namespace ridgepoint {
namespace {

namespace fs = std::filesystem;

constexpr auto kReplace = nlohmann::json::error_handler_t::replace;

std::string_view first_text(const ImportSource& source) {
  return source.files.front().text;
}

std::string_view beginning(std::string_view text) {
  return text.substr(0, 64 * 1024);
}

bool is_google_benchmark(std::string_view text) {
  const std::string_view start = beginning(text);
  return start.find("\"benchmarks\"") != std::string_view::npos &&
         start.find("\"context\"") != std::string_view::npos;
}

std::vector<ImportFormat> declare_formats() {
  return {
      {"ridgepoint",
       "our own export (ridgepoint export --format json)",
       is_run_json,
       [](const ImportSource& source) {
         return stream_of(run_from_json(first_text(source), source.origin));
       },
       {},
       false},
      {"nvbench", "nvbench (--json FILE, or --jsonbin FILE with the samples beside it)", is_nvbench,
       stream_nvbench},
      {"google-benchmark", "Google Benchmark (--benchmark_out_format=json)", is_google_benchmark,
       [](const ImportSource& source) {
         return stream_of(import_google_benchmark(first_text(source), source.origin));
       }},
      {"llama-bench-json", "llama-bench (-o json or -o jsonl)", is_llama_bench_json,
       [](const ImportSource& source) {
         return stream_llama_bench_json(first_text(source), source.origin);
       }},
      {"llama-bench-sql", "llama-bench (-o sql)", is_llama_bench_sql,
       [](const ImportSource& source) {
         return stream_llama_bench_sql(first_text(source), source.origin);
       }},
      {"loadgen", "MLPerf LoadGen (mlperf_log_summary.txt, mlperf_log_detail.txt, or their folder)",
       is_loadgen, [](const ImportSource& source) { return stream_of(import_loadgen(source)); },
       loadgen_files()},
      {"aiperf", "AIPerf (profile_export_aiperf.json, or its folder)", is_aiperf,
       [](const ImportSource& source) { return stream_of(import_aiperf(source)); }, aiperf_files()},
      {"vllm", "vllm bench serve (--save-result, also with --save-detailed)", is_vllm_bench,
       [](const ImportSource& source) {
         return stream_of(import_vllm_bench(first_text(source), source.origin));
       }},
  };
}

std::string understood() {
  std::string text;
  for (const ImportFormat& format : import_formats()) {
    text += fmt::format("{}{}", text.empty() ? "" : "; ", format.summary);
  }
  return text;
}

/// The run and those of its records that have no date of their own.
void date_by_file(RecordStream& stream, std::int64_t modified_unix_ns) {
  Run& run = stream.run;
  run.started_unix_ns = modified_unix_ns;
  run.finished_unix_ns = std::max(run.finished_unix_ns, modified_unix_ns);
  nlohmann::json conditions = nlohmann::json::parse(run.conditions);
  conditions[std::string(kDatedBy)] = kDatedByFile;
  run.conditions = conditions.dump(-1, ' ', false, kReplace);
  stream.records = [modified_unix_ns, records = std::move(stream.records)](const RecordSink& sink) {
    records([&](Record record) {
      if (record.started_unix_ns == 0) record.started_unix_ns = modified_unix_ns;
      sink(std::move(record));
    });
  };
  stream.notes.emplace_back("no date in it: when the file was last written stands for when it ran");
}

RecordStream import_as(const ImportFormat& format, const ImportSource& source) {
  RecordStream stream = format.import(source);
  stream.id_follows_from_content = format.ids_follow_from_content;
  // Our own export says when, and a run of that id may be here already.
  if (format.ids_follow_from_content && stream.run.started_unix_ns == 0 &&
      source.modified_unix_ns > 0) {
    date_by_file(stream, source.modified_unix_ns);
  }
  return stream;
}

/// 0 where that cannot be known.
std::int64_t modified_unix_ns(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return 0;
  return status.st_mtim.tv_sec * 1'000'000'000LL + status.st_mtim.tv_nsec;
}

// From here on, mapping a file is cheaper than copying it, and it is not going to be edited.
constexpr std::uintmax_t kWorthMapping = 16 << 20;

/// Nothing where it is not there or cannot be read.
std::optional<FileText> content_of(const fs::path& path) {
  std::error_code unknown;
  const auto size = fs::file_size(path, unknown);
  if (!unknown && size >= kWorthMapping) return FileText(MappedFile::open(path));
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::string text;
  for (char piece[64 * 1024]; in.read(piece, sizeof piece) || in.gcount() > 0;) {
    text.append(piece, static_cast<std::size_t>(in.gcount()));
  }
  return FileText(std::move(text));
}

ImportSource read_folder(const std::string& path) {
  for (const ImportFormat& format : import_formats()) {
    ImportSource source{path, {}};
    for (const std::string_view name : format.folder_files) {
      auto text = content_of(fs::path(path) / name);
      if (text && !text->empty()) {
        source.files.push_back({std::string(name), std::move(*text)});
      }
    }
    if (!source.files.empty()) {
      source.modified_unix_ns = modified_unix_ns(fs::path(path) / source.files.front().name);
      return source;
    }
  }
  std::string names;
  for (const ImportFormat& format : import_formats()) {
    if (format.folder_files.empty()) continue;
    names += fmt::format("{}{}", names.empty() ? "" : " or ", format.folder_files.front());
  }
  throw Error(fmt::format("{}: a folder without {}; name a file, or a folder of one of these", path,
                          names));
}

}  // namespace

std::string_view ImportSource::find(std::string_view name) const {
  const auto found = std::ranges::find(files, name, &ImportFile::name);
  return found == files.end() ? std::string_view() : found->text.view();
}

std::optional<FileText> ImportSource::beside(const fs::path& name) const {
  const auto known = std::ranges::find(files, name.generic_string(), &ImportFile::name);
  if (known != files.end()) return known->text;
  if (folder.empty()) return std::nullopt;
  const auto refuse = [&](std::string_view why) {
    throw Error(fmt::format("{}: names the file {}, which {}; check where it comes from", origin,
                            nlohmann::json(name.string()).dump(-1, ' ', true, kReplace), why));
  };
  if (!stays_inside(name)) refuse("lies outside of its folder");
  std::error_code missing, unknown;
  const fs::path found = fs::canonical(folder / name, missing);
  if (missing) return std::nullopt;
  if (!stays_inside(found.lexically_relative(fs::canonical(folder, unknown))) || unknown) {
    refuse("leads out of its folder by a link");
  }
  // A pipe would be waited for without end.
  if (!fs::is_regular_file(found, unknown)) refuse("is no regular file");
  return content_of(found);
}

bool stays_inside(const fs::path& name) {
  const fs::path plain = name.lexically_normal();
  return !plain.empty() && !plain.has_root_path() && *plain.begin() != "..";
}

std::span<const ImportFormat> import_formats() {
  static const std::vector<ImportFormat> formats = declare_formats();
  return formats;
}

const ImportFormat* find_import_format(std::string_view name) {
  for (const ImportFormat& format : import_formats()) {
    if (format.name == name) return &format;
  }
  return nullptr;
}

RecordStream import_results(const ImportSource& source, std::string_view format) {
  if (!format.empty()) {
    const ImportFormat* asked = find_import_format(format);
    if (asked == nullptr) {
      std::vector<std::string_view> names;
      for (const ImportFormat& known : import_formats()) names.push_back(known.name);
      throw Error(fmt::format("--format: unknown format '{}'{}; choose from {}", format,
                              did_you_mean(format, names), fmt::join(names, ", ")));
    }
    return import_as(*asked, source);
  }
  for (const ImportFormat& known : import_formats()) {
    if (known.recognises(first_text(source))) return import_as(known, source);
  }
  throw Error(
      fmt::format("{}: none of the formats that are understood, which are: {}; check the file, or "
                  "say which it is with --format",
                  source.origin, understood()));
}

ImportSource read_import_source(const std::string& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return read_folder(path);
  auto text = content_of(path);
  if (!text || text->empty()) {
    throw Error(fmt::format("{}: cannot be read; give a file that exists and is not empty", path));
  }
  const fs::path file(path);
  return {path,
          {{file.filename().string(), std::move(*text)}},
          file.has_parent_path() ? file.parent_path() : fs::path("."),
          modified_unix_ns(path)};
}

}  // namespace ridgepoint
