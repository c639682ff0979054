#include "workloads/suites/suite.h"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <cstddef>
#include <span>
#include <unordered_set>

#include "workloads/error.h"
#include "workloads/nearest_name.h"

namespace ridgepoint {
namespace {

constexpr std::string_view kDescription = "description";
constexpr std::string_view kGroup = "group";
constexpr std::string_view kOptions = "options";
constexpr std::string_view kMendToml =
    "mend the line: keys are written key = 1, key = \"text\" or key = [1, 2], tables [[group]]";

// ---- reading ----

// Where something stands in the text that was read, as "origin:line:column".
class Origin {
 public:
  explicit Origin(std::string_view path) : path_(path) {}

  [[noreturn]] void fail(const toml::source_region& where, std::string_view what) const {
    throw Error(fmt::format("{}: {}", place(where), what));
  }
  [[nodiscard]] std::string place(const toml::source_region& where) const {
    return fmt::format("{}:{}:{}", path_, where.begin.line, where.begin.column);
  }
  [[noreturn]] void fail(std::string_view what) const {
    throw Error(fmt::format("{}: {}", path_, what));
  }

 private:
  std::string path_;
};

// Keys of a mistyped file can hold anything; an error stays one readable line.
std::string shown(std::string_view key) {
  constexpr std::size_t kMost = 200;
  std::string result;
  for (const char c : key.substr(0, kMost)) result += c >= 0 && (c < ' ' || c == '\x7f') ? '?' : c;
  return key.size() > kMost ? result + "..." : result;
}

/// The parser's complaint, without what every one of them begins with.
std::string_view reason_of(const toml::parse_error& error) {
  constexpr std::string_view kBeginning = "Error while parsing ";
  std::string_view reason = error.description();
  if (reason.starts_with(kBeginning)) reason.remove_prefix(kBeginning.size());
  return reason;
}

std::string_view kind(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a text";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date or time";
  }
}

// A table's keys in the order of the text (toml++ sorts them by name).
std::vector<std::pair<const toml::key*, const toml::node*>> in_text_order(
    const toml::table& table) {
  std::vector<std::pair<const toml::key*, const toml::node*>> entries;
  for (auto it = table.cbegin(); it != table.cend(); ++it) {
    entries.emplace_back(&it->first, &it->second);
  }
  std::ranges::stable_sort(entries, [](const auto& a, const auto& b) {
    const auto& left = a.first->source().begin;
    const auto& right = b.first->source().begin;
    return std::pair(left.line, left.column) < std::pair(right.line, right.column);
  });
  return entries;
}

FieldValue read_value(const Origin& origin, const CaseField& field, const toml::node& node) {
  FieldValue value;
  if (const auto* number = node.as_integer()) {
    value = number->get();
  } else if (const auto* text = node.as_string()) {
    value = text->get();
  } else {
    const bool texts = std::holds_alternative<std::string Case::*>(field.member);
    origin.fail(node.source(), fmt::format("{}: {} where {} is needed; write {}", field.name,
                                           kind(node), texts ? "a text" : "a whole number",
                                           texts ? "it in quotes" : "digits without quotes"));
  }
  try {
    Case scratch;
    set(scratch, field, value);
  } catch (const Error& error) {
    origin.fail(node.source(), error.what());
  }
  return value;
}

std::vector<FieldValue> read_axis(const Origin& origin, const CaseField& field,
                                  const toml::node& node) {
  const toml::array* list = node.as_array();
  if (list == nullptr) return {read_value(origin, field, node)};
  if (list->empty()) {
    origin.fail(node.source(),
                fmt::format("{}: empty list; give a value or leave the key out", field.name));
  }
  std::vector<FieldValue> values;
  for (const toml::node& element : *list) values.push_back(read_value(origin, field, element));
  return values;
}

const std::vector<FieldValue>* find_axis(const Axes& axes, std::string_view name) {
  for (const auto& [axis, values] : axes) {
    if (axis == name) return &values;
  }
  return nullptr;
}

// The fields that a suite may name; some exist only for cases that were measured elsewhere.
const CaseField* find_axis_field(std::string_view name) {
  const CaseField* field = find_case_field(name);
  return field != nullptr && (field->llm || field->op || field->quality) ? field : nullptr;
}

std::vector<std::string_view> axis_names() {
  std::vector<std::string_view> names;
  for (const CaseField& field : case_fields()) {
    if (field.llm || field.op || field.quality) names.push_back(field.name);
  }
  return names;
}

// The values that a group gives a field: its axis, or the default alone.
std::vector<FieldValue> values_of(const Axes& axes, std::string_view name) {
  const std::vector<FieldValue>* values = find_axis(axes, name);
  return values != nullptr ? *values : std::vector{get(Case{}, *find_case_field(name))};
}

// Whether the field means anything for some case of the group. What decides that are three axes.
bool means_something(const Axes& axes, const CaseField& field) {
  const CaseField& workload_field = *find_case_field("workload");
  const CaseField& op_field = *find_case_field("op");
  const CaseField& model_field = *find_case_field("model");
  const std::vector<FieldValue> workloads = values_of(axes, "workload");
  for (const FieldValue& workload : workloads) {
    const bool op_case = std::get<std::string>(workload) == "op";
    const CaseField& decider = op_case ? op_field : model_field;
    for (const FieldValue& value : values_of(axes, decider.name)) {
      Case scratch;
      scratch.*std::get<std::string Case::*>(workload_field.member) =
          std::get<std::string>(workload);
      scratch.*std::get<std::string Case::*>(decider.member) = std::get<std::string>(value);
      if (applies(field, scratch)) return true;
    }
  }
  return false;
}

// What only the whole group tells: operators that exist, keys that mean something.
void check_group(const Origin& origin, const toml::table& table, const Axes& axes) {
  const bool with_ops = std::ranges::any_of(values_of(axes, "workload"), [](const FieldValue& w) {
    return std::get<std::string>(w) == "op";
  });
  const std::vector<FieldValue>* ops = find_axis(axes, "op");
  for (const FieldValue& workload : values_of(axes, "workload")) {
    if (std::get<std::string>(workload) == "imported") {
      origin.fail(table.get("workload")->source(),
                  "workload: imported cases were measured elsewhere; choose llm, op or quality");
    }
    if (std::get<std::string>(workload) == "ceiling") {
      origin.fail(table.get("workload")->source(),
                  "workload: ceilings are measured by 'ridgepoint roofline'; choose llm, op or "
                  "quality");
    }
  }
  if (with_ops && ops == nullptr) {
    origin.fail(table.source(), "group of workload 'op' without the key 'op'; name the operators");
  }
  if (with_ops) {
    for (const FieldValue& op : *ops) {
      Case scratch;
      scratch.workload = "op";
      scratch.op = std::get<std::string>(op);
      try {
        validate(canonical(scratch));
      } catch (const Error& error) {
        origin.fail(table.get("op")->source(), error.what());
      }
    }
  }
  for (const auto& [key, node] : in_text_order(table)) {
    const CaseField& field = *find_case_field(key->str());
    // A type may come to mean something once a shape overrides the model.
    if (field.name == "type" && !with_ops) continue;
    if (!means_something(axes, field)) {
      origin.fail(key->source(), fmt::format("key '{}' means nothing for any case of this group; "
                                             "remove it",
                                             field.name));
    }
  }
}

Axes read_group(const Origin& origin, const toml::table& table) {
  const std::vector<std::string_view> known = axis_names();
  Axes axes;
  for (const auto& [key, node] : in_text_order(table)) {
    const CaseField* field = find_axis_field(key->str());
    if (field == nullptr) {
      origin.fail(key->source(),
                  fmt::format("unknown key '{}'{}; known are {}", shown(key->str()),
                              did_you_mean(key->str(), known), fmt::join(known, ", ")));
    }
    axes.emplace_back(std::string(field->name), read_axis(origin, *field, *node));
  }
  check_group(origin, table, axes);
  return axes;
}

std::vector<Axes> read_groups(const Origin& origin, const toml::node& node) {
  const toml::array* groups = node.as_array();
  if (groups == nullptr || !groups->is_homogeneous<toml::table>()) {
    origin.fail(node.source(), "'group' is not a list of tables; write [[group]]");
  }
  std::vector<Axes> result;
  for (const toml::node& group : *groups) result.push_back(read_group(origin, *group.as_table()));
  return result;
}

// ---- expanding ----

std::string joined(const std::vector<FieldValue>& values) {
  std::vector<std::string> words;
  words.reserve(values.size());
  for (const FieldValue& value : values) {
    words.push_back(std::visit([](const auto& v) { return fmt::format("{}", v); }, value));
  }
  return fmt::format("{}", fmt::join(words, ", "));
}

std::vector<FieldValue> parse_values(const CaseField& field,
                                     const std::vector<std::string>& texts) {
  std::vector<FieldValue> values;
  for (const std::string& text : texts) {
    Case scratch;
    set_from_text(scratch, field, text);
    values.push_back(get(scratch, field));
  }
  if (values.empty()) throw Error(fmt::format("{}: no value given", field.name));
  return values;
}

void replace_axis(Axes& axes, const CaseField& field, const std::vector<FieldValue>& values) {
  for (auto& [name, present] : axes) {
    if (name == field.name) {
      present = values;
      return;
    }
  }
  axes.emplace_back(std::string(field.name), values);
}

// Keeps the groups that hold one of the asked values, and of their axis only those.
void select(std::vector<Axes>& groups, const CaseField& field,
            const std::vector<FieldValue>& asked) {
  std::vector<Axes> kept;
  std::vector<std::string_view> names;
  for (Axes& axes : groups) {
    std::vector<FieldValue> values;
    for (const FieldValue& value : values_of(axes, field.name)) {
      if (std::ranges::find(asked, value) != asked.end()) values.push_back(value);
    }
    if (values.empty()) continue;
    replace_axis(axes, field, values);
    kept.push_back(std::move(axes));
  }
  if (kept.empty()) {
    throw Error(
        fmt::format("{}: no group of the suite has {}; choose what it has, or measure it "
                    "without a suite and without another workload",
                    field.name, joined(asked)));
  }
  groups = std::move(kept);
}

std::vector<Axes> overridden(std::vector<Axes> groups,
                             const std::map<std::string, std::vector<std::string>>& overrides) {
  const std::vector<std::string_view> known = axis_names();
  for (const auto& [name, texts] : overrides) {
    if (find_axis_field(name) == nullptr) {
      throw Error(fmt::format("unknown axis '{}'{}; known are {}", shown(name),
                              did_you_mean(name, known), fmt::join(known, ", ")));
    }
  }
  // In field order, not by name: workload, model and op come first and decide what the rest means.
  for (const CaseField& field : case_fields()) {
    const auto override = overrides.find(std::string(field.name));
    if (override == overrides.end()) continue;
    const std::vector<FieldValue> values = parse_values(field, override->second);
    if (field.name == "workload" || field.name == "op") {
      select(groups, field, values);
      continue;
    }
    bool used = false;
    for (Axes& axes : groups) {
      if (!means_something(axes, field)) continue;
      replace_axis(axes, field, values);
      used = true;
    }
    if (!used) {
      throw Error(
          fmt::format("{}: means nothing for any case asked for; leave it out", field.name));
    }
  }
  return groups;
}

// Cases that the groups stand for before duplicates go; kMostCases + 1 when there are more.
std::int64_t count_cases(const std::vector<Axes>& groups) {
  std::int64_t total = 0;
  for (const Axes& axes : groups) {
    std::int64_t product = 1;
    for (const auto& [name, values] : axes) {
      if (std::cmp_greater(values.size(), kMostCases)) return kMostCases + 1;
      product *= static_cast<std::int64_t>(values.size());
      if (product > kMostCases) return kMostCases + 1;
    }
    total += product;
    if (total > kMostCases) return kMostCases + 1;
  }
  return total;
}

// Calls `visit` with each combination; the first axis varies slowest.
template <typename Visit>
void for_each_case(const Axes& axes, std::size_t depth, Case& current, const Visit& visit) {
  if (depth == axes.size()) {
    visit(current);
    return;
  }
  const auto& [name, values] = axes[depth];
  const CaseField& field = *find_case_field(name);
  for (const FieldValue& value : values) {
    set(current, field, value);
    for_each_case(axes, depth + 1, current, visit);
  }
}

/// Whole numbers, numbers with a fraction, true or false; as text.
std::vector<SuiteOption> read_options(const Origin& origin, const toml::node& node) {
  if (!node.is_table()) {
    origin.fail(
        node.source(),
        fmt::format("options: {} where a table is needed; write [options] on a line of its own",
                    kind(node)));
  }
  std::vector<SuiteOption> options;
  for (const auto& [key, value] : in_text_order(*node.as_table())) {
    std::string text;
    if (value->is_integer()) {
      text = fmt::format("{}", value->as_integer()->get());
    } else if (value->is_floating_point()) {
      text = fmt::format("{}", value->as_floating_point()->get());
    } else if (value->is_boolean()) {
      text = value->as_boolean()->get() ? "true" : "false";
    } else {
      origin.fail(
          value->source(),
          fmt::format("{}: {} where a number, true or false is needed; write it without quotes",
                      shown(key->str()), kind(*value)));
    }
    options.push_back({std::string(key->str()), std::move(text), origin.place(key->source())});
  }
  return options;
}

}  // namespace

Suite parse_suite(std::string_view text, std::string_view name, std::string_view path) {
  const Origin origin(path);
  toml::table root;
  try {
    root = toml::parse(text, std::string(path));
  } catch (const toml::parse_error& error) {
    origin.fail(error.source(),
                fmt::format("not TOML: {}; {}", shown(reason_of(error)), kMendToml));
  }
  Suite suite;
  suite.name = name;
  for (const auto& [key, node] : in_text_order(root)) {
    if (key->str() == kDescription) {
      if (!node->is_string()) {
        origin.fail(
            node->source(),
            fmt::format("description: {} where a text is needed; write it in quotes", kind(*node)));
      }
      suite.description = node->as_string()->get();
    } else if (key->str() == kGroup) {
      suite.groups = read_groups(origin, *node);
    } else if (key->str() == kOptions) {
      suite.options = read_options(origin, *node);
    } else {
      constexpr std::string_view known[] = {kDescription, kOptions, kGroup};
      origin.fail(key->source(),
                  fmt::format("unknown key '{}'{}; a suite has description, [options] and "
                              "[[group]] tables, whose keys are the fields of a case",
                              shown(key->str()), did_you_mean(key->str(), known)));
    }
  }
  if (suite.groups.empty()) origin.fail("no [[group]]; a suite needs at least one");
  return suite;
}

std::vector<Case> expand(const Suite& suite,
                         const std::map<std::string, std::vector<std::string>>& overrides) {
  // Cases of the command line belong to no suite.
  const std::string where = suite.name.empty() ? "" : fmt::format("suite {}: ", suite.name);
  const std::vector<Axes> groups = overridden(suite.groups, overrides);
  if (count_cases(groups) > kMostCases) {
    throw Error(
        fmt::format("{}axes multiply to more than {} cases; shorten the lists", where, kMostCases));
  }
  std::vector<Case> cases;
  std::unordered_set<std::string> seen;
  for (const Axes& axes : groups) {
    Case current;
    for_each_case(axes, 0, current, [&](const Case& raw) {
      const Case value = canonical(raw);
      if (!seen.insert(to_json(value)).second) return;
      try {
        validate(value);
      } catch (const Error& error) {
        const std::string name = label(value);
        throw Error(where + error.what() + (name.empty() ? "" : " (" + name + ")"));
      }
      cases.push_back(value);
    });
  }
  if (cases.empty()) throw Error(where + "no cases are left");
  return cases;
}

}  // namespace ridgepoint
