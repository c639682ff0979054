// Case: one thing to measure, as text-sized data. Its fields are declared once, in case_fields();
// command-line options, suite keys, JSON and the line that reruns it all derive from that table.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ridgepoint {

/// The trained model that comes with Ridgepoint. It is a shape too, but its name means the trained
/// weights, so `type` does not apply to it.
inline constexpr std::string_view kBundledModel = "byte-llama-6m";

/// How `transform` names the absence of one.
inline constexpr std::string_view kNoTransform = "none";

/// The held-out text that comes with the bundled model.
inline constexpr std::string_view kBundledText = "held-out";

/// One case. A field that does not apply to the workload keeps its default and is not printed.
struct Case {
  /// llm: a model's prefill and decode; op: one operator; quality: how well a model predicts a
  /// text, and how far from a baseline; ceiling: what this machine can do at the most, measured by
  /// a command of its own; imported: measured elsewhere. The last two are never run as cases.
  std::string workload = "llm";
  std::string model{kBundledModel};  ///< GGUF file, Hugging Face directory, bundled name or shape
  std::string type;  ///< llm with a shape, op: weight type; empty: resolve() chooses
  /// llm: what becomes of the weights before they run (transforms/parse.h); empty: nothing
  std::string transform;
  std::string op;    ///< operator name (MatrixProduct::kName, ...)
  std::string name;  ///< ceiling: which one; imported: what its benchmark calls it
  std::string backend = "reference";
  std::string kv = "f16";
  std::string fuse;        ///< on, off; empty: on, where the backend can
  std::string graph;       ///< llm: on, off: launches of a step recorded; empty: on where it can
  std::string allocation;  ///< llm: of activations (allocation.h); empty: arena
  std::string cache = "warm";  ///< warm, cold-cpu, cold-disk, cold-gpu, rotate-gpu
  std::int64_t prompt = 512;
  std::int64_t generate = 0;
  std::int64_t depth = 0;  ///< tokens already in the KV cache, not timed
  std::int64_t batch = 1;
  std::int64_t rows = 1;    ///< op: rows of the activation (tokens)
  std::int64_t in = 2048;   ///< op: input features
  std::int64_t out = 2048;  ///< op: output features
  std::int64_t heads = 32;
  std::int64_t kv_heads = 4;
  std::int64_t head_dim = 64;
  std::int64_t threads = 0;  ///< 0: every core; resolve() makes it a number before storing
  std::int64_t seed = 1;     ///< of synthetic weights and of inputs
  // quality:
  std::string text{kBundledText};      ///< file, or the text that comes with the bundled model
  std::int64_t tokens = 16384;         ///< of the text, at most; 0: all of it
  std::int64_t context = 512;          ///< tokens of one window
  std::string scored = "second-half";  ///< of each window: second-half, all
  std::int64_t greedy = 32;            ///< tokens chosen greedily after half of each window
  std::string baseline = "reference";  ///< backend, "file:LOGITS", or none
  std::string baseline_model;          ///< empty: the same
  std::string baseline_kv = "f32";

  bool operator==(const Case&) const = default;
};

using FieldValue = std::variant<std::int64_t, std::string>;

/// One axis of a case.
struct CaseField {
  std::string_view name;  ///< option "--name", TOML key, JSON key
  std::variant<std::int64_t Case::*, std::string Case::*> member;
  bool llm = false;                       ///< applies to the llm workload
  bool op = false;                        ///< applies to the op workload
  std::int64_t minimum = 0, maximum = 0;  ///< of an integer field
  std::vector<std::string_view> choices;  ///< of a text field; empty: any text
  std::string_view help;
  bool imported = false;  ///< applies to the workloads imported and ceiling
  bool quality = false;   ///< applies to the quality workload
  /// Says what computes, not what is asked of it: a quality holds for every case of its variant.
  bool variant = false;
  /// Of free text: never holds a comma, so that an option takes a list (paths and the options of
  /// backends may hold some).
  bool list = false;
};
std::span<const CaseField> case_fields();
const CaseField* find_case_field(std::string_view name);
/// Whether the field means anything for this case (workload, and for op cases the operator).
bool applies(const CaseField& field, const Case& value);

/// Whether it only names a result that `run` cannot measure: workloads imported and ceiling.
bool is_never_run(const Case& value);

/// Whether both ask for the same weights: model, type and transform, and the seed of a model that
/// is made of one.
bool same_weights(const Case& a, const Case& b);

/// Whether both are the same weights on the same backend in the same types: what one's quality is
/// measured of, the other's speed is measured of.
bool same_variant(const Case& a, const Case& b);

FieldValue get(const Case& value, const CaseField& field);
/// Error when the value is out of range or not among the choices; names the field.
void set(Case& value, const CaseField& field, const FieldValue& to);
/// Parses text as the field's type, then sets it.
void set_from_text(Case& value, const CaseField& field, std::string_view text);
/// Cross-field checks (something to do, known operator, no field set that means nothing here);
/// Error.
void validate(const Case& value);
/// What validate() says of a name that is no operator's; nothing for one that is.
void refuse_unknown_operator(const std::string& op);
/// Fields that do not apply put back to their defaults and texts that mean the same made the same,
/// so that equal work compares equal.
Case canonical(const Case& value);
/// The case as it is planned and stored: canonical, threads 0 replaced by `cores`, an empty type
/// by f16 for a shape and f32 for an operator.
Case resolve(const Case& value, std::int64_t cores);

/// Canonical JSON (sorted keys, applying fields only): what cases are matched and hashed by.
std::string to_json(const Case& value);
/// Strict: an unknown key, a wrong type or a value out of range is an Error. Absent keys keep their
/// defaults. Cross-field checks are validate()'s: a stored or imported case may name an operator
/// that this version does not know.
Case case_from_json(std::string_view json);
/// What a field is called on a command line: "--kv-heads".
std::string option_name(std::string_view field);
/// "--workload llm --model m.gguf --prompt 32 ...": after `ridgepoint run` this reruns it.
std::string to_command_line(const Case& value);
/// Short, for tables: "llm byte-llama-6m pp512 tg128 d0 b1".
std::string label(const Case& value);
/// 128-bit XXH3 of to_json, hex.
std::string case_hash(const Case& value);

}  // namespace ridgepoint
