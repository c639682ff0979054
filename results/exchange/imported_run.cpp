#include "results/exchange/imported_run.h"

#include <fmt/format.h>
#include <uuid/uuid.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "workloads/content_hash.h"

namespace ridgepoint {

std::string uuid_of_text(std::string_view text) {
  uuid_t space, id;
  uuid_parse("8f8f2a3c-6a1e-4d0b-9f57-2b1f0c6a7d11", space);
  uuid_generate_sha1(id, space, text.data(), text.size());
  char name[UUID_STR_LEN];
  uuid_unparse_lower(id, name);
  return name;
}

Run imported_run(std::string_view text, const ImportedFacts& facts,
                 const nlohmann::json& environment, const nlohmann::json& conditions) {
  Run run;
  // Hashed before: SHA-1 over a gigabyte of rows takes seconds.
  run.id = uuid_of_text(fmt::format("{}:{}", facts.program, content_hash(text)));
  run.suite = "imported";
  run.status = "finished";
  run.tool_version = fmt::format("importing {}{}{}", facts.program,
                                 facts.program_version.empty() ? "" : " ", facts.program_version);
  run.command = facts.command.empty() ? std::string(facts.program) : facts.command;
  run.started_unix_ns = facts.started_unix_ns;
  run.finished_unix_ns = std::max(facts.started_unix_ns, facts.finished_unix_ns);
  run.environment = json_text(environment);
  run.environment_hash = content_hash(run.environment);
  run.conditions = json_text(conditions);
  return run;
}

Record imported_record(const Run& run, std::int64_t ordinal, std::string_view name) {
  static const CaseField& name_field = *find_case_field("name");
  static const Case unnamed = [] {
    Case subject;
    set(subject, *find_case_field("workload"), std::string("imported"));
    return subject;
  }();
  Record record;
  record.subject = unnamed;
  record.ordinal = ordinal;
  record.run_id = run.id;
  const std::string_view id = run.id;  // xxxxxxxx-xxxx-5xxx-yxxx-xxxxxxxxxxxx
  record.id = id;
  record.id[14] = '8';
  auto rest = static_cast<std::uint64_t>(ordinal);
  for (std::size_t digit = record.id.size(); digit > 24; rest >>= 4U) {
    record.id[--digit] = "0123456789abcdef"[rest & 0xfU];
  }
  record.started_unix_ns = run.started_unix_ns;
  set(record.subject, name_field, std::string(name));
  return record;
}

std::string json_text(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<double> finite_number(const nlohmann::json& object, std::string_view key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  const auto value = found->get<double>();
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

std::string text_member(const nlohmann::json& object, std::string_view key) {
  const auto found = object.find(key);
  return found == object.end() || !found->is_string() ? "" : found->get<std::string>();
}

std::optional<std::int64_t> ns_of_seconds(double seconds) {
  const double ns = seconds * 1e9;
  if (!(std::abs(ns) < 9.2e18)) return std::nullopt;
  return std::llround(ns);
}

}  // namespace ridgepoint
