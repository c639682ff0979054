#include "workloads/case.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tests/support/error_of.h"
#include "workloads/error.h"
#include "workloads/nearest_name.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const CaseField& field(std::string_view name) {
  const CaseField* found = find_case_field(name);
  EXPECT_NE(found, nullptr) << name;
  return *found;
}

Case op_case(std::string op) {
  Case value;
  value.workload = "op";
  value.op = std::move(op);
  return canonical(value);
}

// Words of a line as the system's shell splits them: what a person pastes goes through it.
std::vector<std::string> words_by_the_shell(const std::string& line) {
  const std::string command = "printf '%s\\0' " + line;
  FILE* pipe = ::popen(command.c_str(), "r");
  EXPECT_NE(pipe, nullptr);
  std::string output;
  std::array<char, 4096> buffer{};
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    output.append(buffer.data(), n);
  }
  EXPECT_EQ(::pclose(pipe), 0);
  std::vector<std::string> words;
  for (std::size_t start = 0; start < output.size();) {
    const std::size_t end = output.find('\0', start);
    words.push_back(output.substr(start, end - start));
    start = end + 1;
  }
  return words;
}

Case parsed_as_options(const std::vector<std::string>& words) {
  Case value;
  EXPECT_EQ(words.size() % 2, 0u);
  for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
    const auto named = std::ranges::find_if(
        case_fields(), [&](const CaseField& one) { return option_name(one.name) == words[i]; });
    if (named == case_fields().end()) {
      ADD_FAILURE() << words[i];
    } else {
      set_from_text(value, *named, words[i + 1]);
    }
  }
  return value;
}

// Any valid case: every field drawn from what it takes.
Case random_case(std::mt19937_64& random) {
  const std::vector<std::string> texts = {"a b",   "it's",  "$HOME `x`", "-dash",
                                          "\"q\"", "*?[!]", "naïve",     "x;y&z",
                                          "~",     "a\\b",  "#c",        "m.gguf"};
  Case value;
  for (const CaseField& one : case_fields()) {
    if (std::holds_alternative<std::int64_t Case::*>(one.member)) {
      std::uniform_int_distribution<std::int64_t> number(one.minimum, one.maximum);
      set(value, one, number(random));
    } else if (!one.choices.empty()) {
      set(value, one, std::string(one.choices[random() % one.choices.size()]));
    } else if (one.name == "op") {
      set(value, one, std::string(random() % 2 == 0 ? "attention" : "matrix_product"));
    } else {
      set(value, one, texts[random() % texts.size()]);
    }
  }
  return canonical(value);
}

TEST(Case, DeclaresEachFieldOnceAndReachesIt) {
  std::vector<std::string_view> names;
  for (const CaseField& one : case_fields()) {
    EXPECT_EQ(std::ranges::count(names, one.name), 0) << one.name;
    names.push_back(one.name);
    EXPECT_FALSE(one.help.empty()) << one.name;
    EXPECT_TRUE(one.llm || one.op || one.quality || one.imported) << one.name;
    EXPECT_EQ(find_case_field(one.name), &one);
  }
  EXPECT_EQ(find_case_field("promt"), nullptr);
}

TEST(Case, DefaultsAreWithinTheirOwnRanges) {
  const Case value;
  EXPECT_NO_THROW(validate(value));
  for (const CaseField& one : case_fields()) {
    const FieldValue content = get(value, one);
    if (const auto* text = std::get_if<std::string>(&content); text != nullptr && text->empty()) {
      continue;
    }
    Case copy;
    EXPECT_NO_THROW(set(copy, one, content)) << one.name;
    EXPECT_EQ(copy, value) << one.name;
  }
}

TEST(Case, RefusesNumbersOutOfRangeAndNamesTheField) {
  Case value;
  EXPECT_THAT(error_of([&] { set(value, field("batch"), std::int64_t{0}); }),
              HasSubstr("batch: 0 is out of range; give 1 to 4096"));
  EXPECT_THAT(error_of([&] { set_from_text(value, field("threads"), "1025"); }),
              HasSubstr("threads: 1025 is out of range"));
  EXPECT_THAT(error_of([&] { set_from_text(value, field("seed"), "9223372036854775808"); }),
              HasSubstr("seed: '9223372036854775808' is out of range"));
  EXPECT_THAT(error_of([&] { set_from_text(value, field("prompt"), "12x"); }),
              HasSubstr("prompt: '12x' is not a whole number"));
  EXPECT_THAT(error_of([&] { set_from_text(value, field("prompt"), ""); }),
              HasSubstr("is not a whole number"));
  EXPECT_THAT(error_of([&] { set(value, field("prompt"), std::string("1")); }),
              HasSubstr("a text where a whole number is needed"));
  EXPECT_THAT(error_of([&] { set(value, field("model"), std::int64_t{1}); }),
              HasSubstr("model: 1 is a number where a text is needed"));
  EXPECT_EQ(value, Case{});
}

TEST(Case, RefusesTextThatCannotBeStoredOnOneLine) {
  Case value;
  EXPECT_THAT(error_of([&] { set_from_text(value, field("model"), "a\nb"); }),
              HasSubstr("model: text with a control character"));
  EXPECT_THAT(error_of([&] { set_from_text(value, field("model"), "\xff\xfe"); }),
              HasSubstr("model: text that is not UTF-8"));
  EXPECT_THAT(error_of([&] { set_from_text(value, field("model"), ""); }),
              HasSubstr("model: empty text"));
  EXPECT_THAT(error_of([&] { set_from_text(value, field("model"), std::string(5000, 'm')); }),
              HasSubstr("at most 4096"));
  EXPECT_THAT(error_of([&] { set_from_text(value, field("cache"), "cold-cp"); }),
              HasSubstr("cache: unknown value 'cold-cp' (did you mean 'cold-cpu'?); choose from "
                        "warm, cold-cpu, cold-disk"));
}

TEST(Case, AppliesFieldsByWorkloadModelAndOperator) {
  const Case model;
  EXPECT_TRUE(applies(field("prompt"), model));
  EXPECT_FALSE(applies(field("rows"), model));
  EXPECT_FALSE(applies(field("type"), model)) << "the bundled model has its own types";
  Case shape;
  shape.model = "tinyllama-1.1b";
  EXPECT_TRUE(applies(field("type"), shape));
  const Case product = op_case("matrix_product");
  EXPECT_TRUE(applies(field("type"), product));
  EXPECT_TRUE(applies(field("out"), product));
  EXPECT_FALSE(applies(field("heads"), product));
  EXPECT_FALSE(applies(field("prompt"), product));
  const Case attention = op_case("attention");
  EXPECT_TRUE(applies(field("kv_heads"), attention));
  EXPECT_TRUE(applies(field("kv"), attention));
  EXPECT_FALSE(applies(field("type"), attention));
}

TEST(Case, ChecksFieldsAgainstEachOther) {
  Case value;
  value.prompt = 0;
  EXPECT_THAT(error_of([&] { validate(value); }), HasSubstr("nothing to measure"));
  value = {};
  value.type = "q8_0";
  EXPECT_THAT(error_of([&] { validate(value); }), HasSubstr("'byte-llama-6m' is not a shape"));
  value = {};
  value.model = "tinyllama-1.1b";
  value.type = "q4_k_m";
  EXPECT_NO_THROW(validate(value));
  Case mixture = op_case("matrix_product");
  mixture.type = "q4_k_m";
  EXPECT_THAT(error_of([&] { validate(mixture); }), HasSubstr("type: q4_k_m is a mixture"));
  mixture.type = "q4_k";
  EXPECT_NO_THROW(validate(mixture));
  value = {};
  value.rows = 16;
  EXPECT_THAT(error_of([&] { validate(value); }), HasSubstr("rows: means nothing for llm"));
  value = {};
  value.batch = -1;
  EXPECT_THAT(error_of([&] { validate(value); }), HasSubstr("batch: -1 is out of range"));
  EXPECT_THAT(error_of([&] { validate(op_case("")); }), HasSubstr("needs an operator"));
  EXPECT_THAT(error_of([&] { validate(op_case("matrix_produkt")); }),
              HasSubstr("unknown operator 'matrix_produkt' (did you mean 'matrix_product'?)"));
  Case heads = op_case("attention");
  heads.heads = 30;
  EXPECT_THAT(error_of([&] { validate(heads); }), HasSubstr("30"));
}

TEST(Case, WithoutATransformSaysNothingOfIt) {
  Case plain, none;
  none.transform = "none";
  EXPECT_EQ(to_json(plain).find("transform"), std::string::npos);
  EXPECT_EQ(resolve(none, 2), resolve(plain, 2));
  none.transform = "keep";
  EXPECT_EQ(case_hash(resolve(none, 2)), case_hash(resolve(plain, 2)));
  EXPECT_NO_THROW(validate(none));
}

TEST(Case, StoresEqualTransformsAsEqualTexts) {
  Case one, other;
  one.transform = "w4a16+output=q8:group=channel";
  other.transform = "w4_g128+output=q8_channel";
  EXPECT_EQ(case_hash(resolve(one, 2)), case_hash(resolve(other, 2)));
  EXPECT_EQ(resolve(one, 2).transform, "w4a16:group=128+output=q8");
  EXPECT_EQ(label(resolve(one, 2)), "llm byte-llama-6m w4a16:group=128+output=q8 pp512 d0 b1");
  EXPECT_EQ(case_from_json(to_json(resolve(one, 2))), resolve(one, 2));
}

TEST(Case, RefusesATransformThatMeansNothing) {
  Case value;
  value.transform = "q9";
  EXPECT_THAT(error_of([&] { validate(resolve(value, 2)); }), HasSubstr("transform: unknown 'q9'"));
  Case op = op_case("matrix_product");
  op.transform = "q8";
  EXPECT_THAT(error_of([&] { validate(op); }), HasSubstr("transform: means nothing for op"));
}

TEST(Case, ResolvesThreadsAndTypesToWhatIsStored) {
  EXPECT_EQ(resolve(Case{}, 8).threads, 8);
  EXPECT_EQ(resolve(Case{}, 100000).threads, 1024);
  Case asked;
  asked.threads = 3;
  EXPECT_EQ(resolve(asked, 8).threads, 3);
  EXPECT_EQ(resolve(Case{}, 8).type, "") << "a model file has its own types";
  asked.model = "tinyllama-1.1b";
  EXPECT_EQ(resolve(asked, 8).type, "f16");
  EXPECT_EQ(resolve(op_case("matrix_product"), 8).type, "f32");
  EXPECT_EQ(resolve(op_case("rms_norm"), 8).type, "");
}

TEST(Case, CanonicalFormForgetsWhatDoesNotApply) {
  Case value;
  value.rows = 99;
  value.op = "attention";
  EXPECT_EQ(canonical(value), Case{});
  EXPECT_EQ(to_json(value), to_json(Case{}));
  EXPECT_EQ(case_hash(value), case_hash(Case{}));
}

TEST(Case, PrintsCanonicalJson) {
  EXPECT_EQ(to_json(Case{}),
            R"({"backend":"reference","batch":1,"cache":"warm","depth":0,"generate":0,"kv":"f16",)"
            R"("model":"byte-llama-6m","prompt":512,"seed":1,"threads":0,"workload":"llm"})");
  EXPECT_EQ(to_json(op_case("rms_norm")),
            R"({"backend":"reference","cache":"warm","in":2048,"op":"rms_norm","rows":1,"seed":1,)"
            R"("threads":0,"workload":"op"})");
}

TEST(Case, RefusesJsonThatIsNotACase) {
  EXPECT_THAT(error_of([] { static_cast<void>(case_from_json("{\"prompt\":")); }),
              HasSubstr("not JSON at byte"));
  EXPECT_THAT(error_of([] { static_cast<void>(case_from_json("[]")); }),
              HasSubstr("JSON array where an object is needed"));
  EXPECT_THAT(error_of([] { static_cast<void>(case_from_json(R"({"promt":1})")); }),
              HasSubstr(R"(unknown key "promt")"));
  EXPECT_THAT(error_of([] { static_cast<void>(case_from_json(R"({"a\nb\u0000":1})")); }),
              HasSubstr("unknown key"));
  EXPECT_THAT(error_of([] { static_cast<void>(case_from_json(R"({"prompt":1.5})")); }),
              HasSubstr("prompt: JSON number where a whole number is needed"));
  EXPECT_THAT(
      error_of([] { static_cast<void>(case_from_json(R"({"prompt":18446744073709551615})")); }),
      HasSubstr("prompt: 18446744073709551615 is out of range"));
  EXPECT_THAT(error_of([] { static_cast<void>(case_from_json(R"({"prompt":1e999})")); }),
              HasSubstr("beyond every range"));
  EXPECT_THAT(error_of([] { static_cast<void>(case_from_json(R"({"kv":null})")); }),
              HasSubstr("kv: JSON null where a text is needed"));
}

TEST(Case, ReadsCasesOfOperatorsThatOtherProgramsMeasured) {
  const Case value = case_from_json(R"({"workload":"op","op":"BM_Somebody/64"})");
  EXPECT_EQ(value.op, "BM_Somebody/64");
  EXPECT_EQ(case_from_json(to_json(value)), value);
  EXPECT_THROW(validate(value), Error);
}

TEST(Case, KeepsWhatOthersMeasuredButNeverRunsIt) {
  Case value;
  value.workload = "imported";
  value.name = "BM_Somebody/64";
  const Case kept = canonical(value);
  EXPECT_EQ(case_from_json(to_json(kept)), kept);
  EXPECT_EQ(label(kept), "BM_Somebody/64");
  EXPECT_THAT(error_of([&] { validate(kept); }), HasSubstr("measured elsewhere"));
}

TEST(Case, KeepsACeilingByItsNameAndSaysWhatMeasuresIt) {
  Case value;
  value.workload = "ceiling";
  value.name = "load, level 1, 1 thread, 8 streams";
  const Case kept = canonical(value);
  EXPECT_EQ(case_from_json(to_json(kept)), kept);
  EXPECT_EQ(label(kept), value.name);
  EXPECT_THAT(error_of([&] { validate(kept); }), HasSubstr("'ridgepoint roofline'"));
}

TEST(Case, RoundTripsThroughJsonAndTheShell) {
  constexpr std::uint64_t kSeed = 20240607;
  RecordProperty("seed", std::to_string(kSeed));
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < 40; ++i) {
    const Case value = random_case(random);
    EXPECT_EQ(case_from_json(to_json(value)), value) << to_json(value);
    EXPECT_EQ(parsed_as_options(words_by_the_shell(to_command_line(value))), value)
        << to_command_line(value);
  }
}

TEST(Case, HashIsTheCanonicalXxh3OfTheJson) {
  const std::string hash = case_hash(Case{});
  EXPECT_EQ(hash.size(), 32u);
  EXPECT_EQ(hash.find_first_not_of("0123456789abcdef"), std::string::npos);
  Case other;
  other.seed = 2;
  EXPECT_NE(case_hash(other), hash);
}

TEST(Case, LabelsWhatAPersonTellsCasesApartBy) {
  Case value;
  value.generate = 128;
  EXPECT_EQ(label(value), "llm byte-llama-6m pp512 tg128 d0 b1");
  value.model = "/models/tiny llama.gguf";
  value.prompt = 0;
  value.cache = "cold-disk";
  EXPECT_EQ(label(value), "llm tiny llama.gguf tg128 d0 b1 cold-disk");
  Case product = op_case("matrix_product");
  product.type = "q8_0";
  EXPECT_EQ(label(product), "matrix_product q8_0 r1 2048x2048");
  EXPECT_THAT(label(op_case("attention")), HasSubstr("h32/4x64"));
}

TEST(Case, OfQualityIsAModelAndAText) {
  Case value;
  value.workload = "quality";
  EXPECT_NO_THROW(validate(canonical(value)));
  EXPECT_EQ(label(value), "quality byte-llama-6m on held-out c512");
  value.transform = "w4a16";
  value.kv = "f32";
  EXPECT_EQ(label(value), "quality byte-llama-6m w4a16 kv f32 on held-out c512");
  EXPECT_TRUE(applies(field("baseline"), value));
  EXPECT_FALSE(applies(field("prompt"), value));
  EXPECT_FALSE(applies(field("baseline"), Case{}));
  EXPECT_EQ(resolve(value, 4).threads, 4);
  value.prompt = 3;
  EXPECT_THAT(error_of([&] { validate(value); }), HasSubstr("prompt: means nothing for quality"));
  value = {};
  value.workload = "quality";
  value.model = "tinyllama-1.1b";
  EXPECT_EQ(resolve(value, 4).type, "f16");
  value.context = 3;
  EXPECT_THAT(error_of([&] { validate(value); }), HasSubstr("context: 3 is out of range"));
}

TEST(NearestName, FindsSlipsOfTheFingerOnly) {
  constexpr std::array<std::string_view, 3> known = {"prompt", "generate", "depth"};
  EXPECT_EQ(nearest_name("promt", known), "prompt");
  EXPECT_EQ(nearest_name("genreate", known), "generate");
  EXPECT_EQ(nearest_name("dept", known), "depth");
  EXPECT_EQ(nearest_name("zebra", known), "");
  EXPECT_EQ(nearest_name("", known), "");
  EXPECT_EQ(nearest_name(std::string(100000, 'p'), known), "");
  EXPECT_EQ(did_you_mean("promt", known), " (did you mean 'prompt'?)");
  EXPECT_EQ(did_you_mean("zebra", known), "");
}

}  // namespace
}  // namespace ridgepoint
