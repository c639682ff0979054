#include "workloads/case.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "workloads/allocation.h"
#include "workloads/content_hash.h"
#include "workloads/error.h"
#include "workloads/graph/op_graph.h"
#include "workloads/models/model_type.h"
#include "workloads/models/shapes.h"
#include "workloads/nearest_name.h"
#include "workloads/shell_quote.h"
#include "workloads/tensor/kv_type.h"
#include "workloads/tensor/type.h"
#include "workloads/transforms/parse.h"

namespace ridgepoint {
namespace {

// Asked for each field of each case, so made once.
const std::vector<std::string>& known_ops() {
  static const std::vector<std::string> names = op_names();
  return names;
}

// False for every field when the operator is unknown: stored and imported cases may name such.
bool op_has_field(std::string_view op, std::string_view field) {
  if (std::ranges::find(known_ops(), op) == known_ops().end()) return false;
  const std::span<const std::string_view> fields = fields_of_op(op);
  return std::ranges::find(fields, field) != fields.end();
}

// ---- the fields ----

constexpr std::int64_t kMostTokens = 10'000'000;
constexpr std::int64_t kMostRows = 1'000'000;
constexpr std::int64_t kWidest = 1 << 20;
// Text goes into JSON, one-line errors and command lines; a path is the longest that anyone needs.
constexpr std::size_t kLongestText = 4096;

CaseField text(std::string_view name, std::string Case::*member, bool llm, bool op,
               std::vector<std::string_view> choices, std::string_view help) {
  return {.name = name,
          .member = member,
          .llm = llm,
          .op = op,
          .choices = std::move(choices),
          .help = help};
}

CaseField integer(std::string_view name, std::int64_t Case::*member, bool llm, bool op,
                  std::int64_t minimum, std::int64_t maximum, std::string_view help) {
  return {.name = name,
          .member = member,
          .llm = llm,
          .op = op,
          .minimum = minimum,
          .maximum = maximum,
          .choices = {},
          .help = help};
}

CaseField of_imported(CaseField field) {
  field.imported = true;
  return field;
}

CaseField of_quality(CaseField field) {
  field.quality = true;
  return field;
}

CaseField without_commas(CaseField field) {
  field.list = true;
  return field;
}

/// What a speed and a quality are measured of.
CaseField of_variant(CaseField field) {
  field.quality = field.variant = true;
  return field;
}

std::vector<CaseField> declare_fields() {
  return {
      of_quality(of_imported(text(
          "workload", &Case::workload, true, true, {"llm", "op", "quality", "ceiling", "imported"},
          "what is measured: a model (llm), one operator (op) or how well a model predicts a "
          "text (quality); ceilings of the machine have workload ceiling, imported results "
          "imported"))),
      of_imported(text("name", &Case::name, false, false, {},
                       "what a ceiling or an imported benchmark is called")),
      of_variant(text("model", &Case::model, true, false, {},
                      "GGUF file, Hugging Face directory, bundled model or shape name")),
      text("op", &Case::op, false, true, {}, "operator"),
      of_variant(
          text("type", &Case::type, true, true, ModelType::names(),
               "type of the weights; for a model only with a shape (default: f16 for a shape, f32 "
               "for an operator); q4_k_m only for a shape")),
      of_variant(without_commas(
          text("transform", &Case::transform, true, false, {},
               "what becomes of the model's matrices before they run: none, a type (f16, "
               "q8_0, q4_k_m, ...), q8, q8:group=64, w4a16:group=128, fp8, fp8:scale=tensor, "
               "auto:error=0.01; with +PATTERN=... for some: q8+ffn_down=f16 (default: "
               "none)"))),
      of_variant(text("backend", &Case::backend, true, true, {},
                      "backend, or ./library.so, with options after a colon: NAME:key=value,...")),
      of_variant(text("kv", &Case::kv, true, true, kv_type_names(), "type of the KV cache")),
      of_variant(text("fuse", &Case::fuse, true, false, {"on", "off"},
                      "whether a backend may compute neighbouring operators as one (default: on)")),
      text("graph", &Case::graph, true, false, {"on", "off"},
           "whether a GPU's launches of a decode step are recorded once and played (default: on)"),
      text(
          "allocation", &Case::allocation, true, false, allocation_names(),
          "how a backend finds room for activations: one block cut to size, buffers lent again, or "
          "a place for each (default: arena)"),
      text("cache", &Case::cache, true, true,
           {"warm", "cold-cpu", "cold-disk", "cold-gpu", "rotate-gpu"},
           "state of the caches before each measured pass"),
      integer("prompt", &Case::prompt, true, false, 0, kMostTokens,
              "prompt tokens of each sequence; 0: only decode"),
      integer("generate", &Case::generate, true, false, 0, kMostTokens,
              "tokens that each sequence generates; 0: only prefill"),
      integer("depth", &Case::depth, true, true, 0, kMostTokens,
              "tokens in the KV cache beforehand, not timed"),
      integer("batch", &Case::batch, true, true, 1, 4096, "sequences at once"),
      integer("rows", &Case::rows, false, true, 1, kMostRows,
              "rows of the activation (new tokens of each sequence)"),
      integer("in", &Case::in, false, true, 1, kWidest, "input features"),
      integer("out", &Case::out, false, true, 1, kWidest, "output features"),
      integer("heads", &Case::heads, false, true, 1, 4096, "query heads"),
      integer("kv_heads", &Case::kv_heads, false, true, 1, 4096, "key and value heads"),
      integer("head_dim", &Case::head_dim, false, true, 1, 4096, "elements of one head"),
      of_quality(integer("threads", &Case::threads, true, true, 0, 1024, "threads; 0: every core")),
      of_quality(integer("seed", &Case::seed, true, true, 0,
                         std::numeric_limits<std::int64_t>::max(),
                         "seed of synthetic weights and of inputs")),
      of_quality(text("text", &Case::text, false, false, {},
                      "quality: file of the text to predict; held-out: the one that comes with the "
                      "bundled model")),
      of_quality(integer("tokens", &Case::tokens, false, false, 0, kMostTokens,
                         "quality: tokens of the text, at most; 0: all of it")),
      of_quality(integer("context", &Case::context, false, false, 4, kMostTokens,
                         "quality: tokens of one window of the text")),
      of_quality(text("scored", &Case::scored, false, false, {"second-half", "all"},
                      "quality: which tokens of each window count")),
      of_quality(integer("greedy", &Case::greedy, false, false, 0, kMostRows,
                         "quality: tokens that are chosen greedily after half of each window, to "
                         "be held against the baseline's; 0: none")),
      of_quality(
          text("baseline", &Case::baseline, false, false, {},
               "quality: backend whose logits are the baseline, file:LOGITS for stored ones, "
               "or none")),
      of_quality(text("baseline_model", &Case::baseline_model, false, false, {},
                      "quality: model of the baseline (default: the same)")),
      of_quality(text("baseline_kv", &Case::baseline_kv, false, false,
                      {"f32", "f16", "bf16", "fp8"}, "quality: type of the baseline's KV cache")),
  };
}

const Case& defaults() {
  static const Case value;
  return value;
}

std::string joined(std::span<const std::string_view> names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

void check_text(const CaseField& field, const std::string& value) {
  if (value.empty()) throw Error(fmt::format("{}: empty text; give a value", field.name));
  if (value.size() > kLongestText) {
    throw Error(fmt::format("{}: text of {} bytes; at most {} are taken", field.name, value.size(),
                            kLongestText));
  }
  if (std::ranges::any_of(value, [](char c) { return c >= 0 && (c < ' ' || c == '\x7f'); })) {
    throw Error(fmt::format("{}: text with a control character; remove it", field.name));
  }
  const bool ascii = std::ranges::all_of(value, [](char c) { return (c & '\x80') == 0; });
  try {
    // The serialiser is the UTF-8 check: what it refuses could not be stored.
    if (!ascii) static_cast<void>(nlohmann::json(value).dump());
  } catch (const nlohmann::json::type_error&) {
    throw Error(fmt::format("{}: text that is not UTF-8; rename what it stands for", field.name));
  }
  if (!field.choices.empty() && std::ranges::find(field.choices, value) == field.choices.end()) {
    throw Error(fmt::format("{}: unknown value '{}'{}; choose from {}", field.name, value,
                            did_you_mean(value, field.choices), joined(field.choices)));
  }
}

// A text field that is empty says nothing: resolve() has not chosen yet, or nothing was asked for.
bool is_stated(const Case& value, const CaseField& field) {
  if (!applies(field, value)) return false;
  const FieldValue content = get(value, field);
  const std::string* words = std::get_if<std::string>(&content);
  return words == nullptr || !words->empty();
}

// The last component of a path; names stay as they are.
std::string_view base_name(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos || path.size() == 1 ? path : path.substr(slash + 1);
}

/// Equal transforms as equal texts; one that changes nothing as none. What is no transform stays,
/// for validate() to refuse.
std::string canonical_transform(const std::string& text) {
  if (text.empty() || text == kNoTransform) return {};
  try {
    const Transform transform = parse_transform(text);
    return transform == Transform{} ? std::string() : to_text(transform);
  } catch (const Error&) {
    return text;
  }
}

void check_operator(const Case& value) {
  if (value.op.empty()) {
    const std::vector<std::string_view> names(known_ops().begin(), known_ops().end());
    throw Error(fmt::format("op: workload op needs an operator; choose from {}", joined(names)));
  }
  refuse_unknown_operator(value.op);
}

}  // namespace

void refuse_unknown_operator(const std::string& op) {
  const std::vector<std::string_view> names(known_ops().begin(), known_ops().end());
  if (std::ranges::find(names, op) != names.end()) return;
  throw Error(fmt::format("op: unknown operator '{}'{}; choose from {}", op,
                          did_you_mean(op, names), joined(names)));
}

std::span<const CaseField> case_fields() {
  static const std::vector<CaseField> fields = declare_fields();
  return fields;
}

const CaseField* find_case_field(std::string_view name) {
  for (const CaseField& field : case_fields()) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

bool applies(const CaseField& field, const Case& value) {
  const bool quality = value.workload == "quality";
  if (quality || value.workload == "llm") {
    if (field.name == "type") {
      return value.model != kBundledModel && find_shape(value.model) != nullptr;
    }
    return quality ? field.quality : field.llm;
  }
  if (is_never_run(value)) return field.imported;
  if (!field.op) return false;
  const bool always = field.name == "workload" || field.name == "op" || field.name == "backend" ||
                      field.name == "cache" || field.name == "threads" || field.name == "seed";
  return always || op_has_field(value.op, field.name);
}

bool is_never_run(const Case& value) {
  return value.workload == "imported" || value.workload == "ceiling";
}

bool same_weights(const Case& a, const Case& b) {
  const bool from_seed = applies(*find_case_field("type"), a);
  return a.model == b.model && a.type == b.type && a.transform == b.transform &&
         (!from_seed || a.seed == b.seed);
}

bool same_variant(const Case& a, const Case& b) {
  return same_weights(a, b) && std::ranges::all_of(case_fields(), [&](const CaseField& field) {
           if (!field.variant) return true;
           return applies(field, a) == applies(field, b) &&
                  (!applies(field, a) || get(a, field) == get(b, field));
         });
}

FieldValue get(const Case& value, const CaseField& field) {
  return std::visit([&](auto member) -> FieldValue { return value.*member; }, field.member);
}

void set(Case& value, const CaseField& field, const FieldValue& to) {
  if (const auto* member = std::get_if<std::string Case::*>(&field.member)) {
    const std::string* words = std::get_if<std::string>(&to);
    if (words == nullptr) {
      throw Error(fmt::format("{}: {} is a number where a text is needed; quote it", field.name,
                              std::get<std::int64_t>(to)));
    }
    check_text(field, *words);
    value.*(*member) = *words;
    return;
  }
  const std::int64_t* number = std::get_if<std::int64_t>(&to);
  if (number == nullptr) {
    throw Error(fmt::format(
        "{}: a text where a whole number is needed; write digits without quotes", field.name));
  }
  if (*number < field.minimum || *number > field.maximum) {
    throw Error(fmt::format("{}: {} is out of range; give {} to {}", field.name, *number,
                            field.minimum, field.maximum));
  }
  value.*std::get<std::int64_t Case::*>(field.member) = *number;
}

void set_from_text(Case& value, const CaseField& field, std::string_view text) {
  if (std::holds_alternative<std::string Case::*>(field.member)) {
    set(value, field, std::string(text));
    return;
  }
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range) {
    throw Error(fmt::format("{}: '{}' is out of range; give {} to {}", field.name, text,
                            field.minimum, field.maximum));
  }
  if (error != std::errc() || end != text.data() + text.size()) {
    throw Error(fmt::format("{}: '{}' is not a whole number; give {} to {}", field.name, text,
                            field.minimum, field.maximum));
  }
  set(value, field, number);
}

void validate(const Case& value) {
  if (value.workload == "imported") {
    throw Error(
        "workload: imported cases were measured elsewhere; choose llm, op or quality to run one");
  }
  if (value.workload == "ceiling") {
    throw Error(
        "workload: ceilings are measured by 'ridgepoint roofline'; choose llm, op or quality to "
        "run "
        "a case");
  }
  for (const CaseField& field : case_fields()) {
    if (is_stated(value, field)) {
      Case scratch;
      set(scratch, field, get(value, field));
    }
  }
  if (value.workload == "op") {
    check_operator(value);
    if (is_stated(value, *find_case_field("type")) && !find_type(value.type)) {
      throw Error(
          fmt::format("type: {} is a mixture for a whole model; an operator takes one of "
                      "its types (q4_k, q6_k)",
                      value.type));
    }
  } else {
    if (value.model.empty()) {
      throw Error("model: empty; give a GGUF file, a directory, a bundled model or a shape");
    }
    if (!value.transform.empty() && value.transform != kNoTransform) {
      static_cast<void>(parse_transform(value.transform));
    }
    if (value.workload == "llm" && value.prompt == 0 && value.generate == 0) {
      throw Error("prompt and generate are both 0: nothing to measure; raise one of them");
    }
  }
  if (value.backend.empty()) throw Error("backend: empty; give a name or a library");
  for (const CaseField& field : case_fields()) {
    if (applies(field, value) || get(value, field) == get(defaults(), field)) continue;
    if (field.name == "type") {
      throw Error(
          fmt::format("type: '{}' given, but '{}' is not a shape: a model file has its own "
                      "types; leave type out",
                      value.type, value.model));
    }
    throw Error(fmt::format("{}: means nothing for {} '{}'; leave it out", field.name,
                            value.workload, value.workload == "op" ? value.op : value.model));
  }
  if (value.workload == "op") static_cast<void>(lower_op(value));
}

Case canonical(const Case& value) {
  Case result = value;
  for (const CaseField& field : case_fields()) {
    if (applies(field, value)) continue;
    std::visit([&](auto member) { result.*member = defaults().*member; }, field.member);
  }
  result.transform = canonical_transform(result.transform);
  return result;
}

Case resolve(const Case& value, std::int64_t cores) {
  Case result = canonical(value);
  if (result.threads == 0) {
    const CaseField& threads = *find_case_field("threads");
    result.threads = std::clamp<std::int64_t>(cores, 1, threads.maximum);
  }
  if (result.type.empty() && applies(*find_case_field("type"), result)) {
    result.type = result.workload == "op" ? name_of(Type::f32) : name_of(Type::f16);
  }
  return result;
}

std::string to_json(const Case& value) {
  nlohmann::json object = nlohmann::json::object();
  for (const CaseField& field : case_fields()) {
    if (!is_stated(value, field)) continue;
    std::visit([&](const auto& content) { object[std::string(field.name)] = content; },
               get(value, field));
  }
  return object.dump();
}

Case case_from_json(std::string_view json) {
  nlohmann::json object;
  try {
    object = nlohmann::json::parse(json);
  } catch (const nlohmann::json::parse_error& error) {
    throw Error(fmt::format("case: not JSON at byte {}; it was cut or altered", error.byte));
  } catch (const nlohmann::json::exception&) {
    throw Error("case: a number beyond every range; it was altered");
  }
  if (!object.is_object()) {
    throw Error(fmt::format("case: JSON {} where an object is needed", object.type_name()));
  }
  Case value;
  for (const auto& [key, content] : object.items()) {
    const CaseField* field = find_case_field(key);
    if (field == nullptr) {
      const std::string shown = key.size() > 64 ? key.substr(0, 64) + "..." : key;
      throw Error(fmt::format(
          "case: unknown key {}; a newer version may have written it",
          nlohmann::json(shown).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace)));
    }
    if (content.is_string()) {
      set(value, *field, content.get<std::string>());
    } else if (content.is_number_unsigned()) {
      const auto number = content.get<std::uint64_t>();
      if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        throw Error(fmt::format("{}: {} is out of range", field->name, number));
      }
      set(value, *field, static_cast<std::int64_t>(number));
    } else if (content.is_number_integer()) {
      set(value, *field, content.get<std::int64_t>());
    } else {
      throw Error(fmt::format("{}: JSON {} where {} is needed", field->name, content.type_name(),
                              std::holds_alternative<std::string Case::*>(field->member)
                                  ? "a text"
                                  : "a whole number"));
    }
  }
  return value;
}

std::string option_name(std::string_view field) {
  std::string name = "--" + std::string(field);
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

std::string to_command_line(const Case& value) {
  std::string line;
  for (const CaseField& field : case_fields()) {
    if (!is_stated(value, field)) continue;
    const FieldValue content = get(value, field);
    const std::string* words = std::get_if<std::string>(&content);
    if (!line.empty()) line += ' ';
    line += fmt::format(
        "{} {}", option_name(field.name),
        words != nullptr ? shell_quote(*words) : std::to_string(std::get<std::int64_t>(content)));
  }
  return line;
}

std::string label(const Case& value) {
  const auto has = [&](std::string_view name) { return is_stated(value, *find_case_field(name)); };
  if (is_never_run(value)) return value.name;
  std::string text;
  if (value.workload == "llm") {
    text = fmt::format("llm {}", base_name(value.model));
    if (has("type")) text += ' ' + value.type;
    if (has("transform")) text += ' ' + value.transform;
    if (value.prompt > 0) text += fmt::format(" pp{}", value.prompt);
    if (value.generate > 0) text += fmt::format(" tg{}", value.generate);
    text += fmt::format(" d{} b{}", value.depth, value.batch);
    if (value.kv != defaults().kv) text += fmt::format(" kv {}", value.kv);
  } else if (value.workload == "quality") {
    text = fmt::format("quality {}", base_name(value.model));
    if (has("type")) text += ' ' + value.type;
    if (has("transform")) text += ' ' + value.transform;
    if (value.kv != defaults().kv) text += fmt::format(" kv {}", value.kv);
    text += fmt::format(" on {} c{}", base_name(value.text), value.context);
  } else {
    text = value.op;
    if (has("type")) text += ' ' + value.type;
    if (has("kv")) text += fmt::format(" kv {}", value.kv);
    if (has("batch")) text += fmt::format(" b{}", value.batch);
    if (has("rows")) text += fmt::format(" r{}", value.rows);
    if (has("depth")) text += fmt::format(" d{}", value.depth);
    if (has("in") && has("out")) {
      text += fmt::format(" {}x{}", value.in, value.out);
    } else if (has("in")) {
      text += fmt::format(" {}", value.in);
    } else if (has("out")) {
      text += fmt::format(" {}", value.out);
    }
    if (has("heads") && has("kv_heads")) {
      text += fmt::format(" h{}/{}x{}", value.heads, value.kv_heads, value.head_dim);
    } else if (has("heads")) {
      text += fmt::format(" h{}x{}", value.heads, value.head_dim);
    } else if (has("kv_heads")) {
      text += fmt::format(" h{}x{}", value.kv_heads, value.head_dim);
    }
  }
  if (value.cache != defaults().cache) text += ' ' + value.cache;
  if (has("fuse")) text += " fuse " + value.fuse;
  if (has("graph")) text += " graph " + value.graph;
  if (has("allocation")) text += ' ' + value.allocation;
  return text;
}

std::string case_hash(const Case& value) {
  return content_hash(to_json(value));
}

}  // namespace ridgepoint
