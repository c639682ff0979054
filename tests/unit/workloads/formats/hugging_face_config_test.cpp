#include "workloads/formats/hugging_face_config.h"

#include <gmock/gmock.h>

#include "tests/support/error_of.h"
#include "tests/unit/workloads/formats/is_error_at.h"

namespace ridgepoint {
namespace {

using ::testing::HasSubstr;

/// A config.json out of lines, each "key": value; what comes later wins.
class ConfigText {
 public:
  ConfigText& set(const std::string& key, const std::string& value) {
    for (auto& [name, text] : fields_) {
      if (name == key) {
        text = value;
        return *this;
      }
    }
    fields_.emplace_back(key, value);
    return *this;
  }
  ConfigText& remove(const std::string& key) {
    std::erase_if(fields_, [&](const auto& field) { return field.first == key; });
    return *this;
  }
  [[nodiscard]] std::string text() const {
    std::string text;
    for (const auto& [name, value] : fields_) {
      text += (text.empty() ? "{" : ", ") + ("\"" + name + "\": " + value);
    }
    return text + "}";
  }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

ConfigText llama() {
  ConfigText config;
  config.set("model_type", "\"llama\"").set("hidden_size", "64").set("num_hidden_layers", "2");
  config.set("num_attention_heads", "4").set("num_key_value_heads", "2");
  config.set("intermediate_size", "96").set("max_position_embeddings", "128");
  config.set("rms_norm_eps", "1e-05").set("vocab_size", "97");
  return config;
}

ConfigText gpt2() {
  ConfigText config;
  config.set("model_type", "\"gpt2\"").set("n_embd", "48").set("n_head", "3").set("n_layer", "2");
  config.set("n_positions", "64").set("vocab_size", "109");
  return config;
}

ModelConfig parse(const ConfigText& config) {
  return parse_hugging_face_config(config.text(), "config.json");
}
std::string config_error(const ConfigText& config) {
  return error_of([&] { return parse(config); });
}
/// The error that names `key` where it stands.
::testing::Matcher<std::string> IsAboutKey(const ConfigText& config, const std::string& key,
                                           const std::string& what) {
  return IsErrorAt("config.json", config.text().find("\"" + key + "\""), what);
}

TEST(HuggingFaceConfig, ReadsLlama) {
  const ModelConfig config = parse(llama());
  EXPECT_EQ(config.architecture, Architecture::llama);
  EXPECT_EQ(config.layers, 2);
  EXPECT_EQ(config.hidden, 64);
  EXPECT_EQ(config.heads, 4);
  EXPECT_EQ(config.kv_heads, 2);
  EXPECT_EQ(config.head_dim, 16);
  EXPECT_EQ(config.ffn, 96);
  EXPECT_EQ(config.vocab, 97);
  EXPECT_EQ(config.context, 128);
  EXPECT_EQ(config.norm_epsilon, 1e-5);
  EXPECT_EQ(config.rope_theta, 10000.0);
  EXPECT_EQ(config.rope_pairing, RopePairing::halves);
  EXPECT_FALSE(config.tied_embeddings);
  EXPECT_FALSE(config.qkv_bias);
  EXPECT_TRUE(config.rope_frequency_factors.empty());
}

TEST(HuggingFaceConfig, TakesNullForAbsent) {
  ConfigText config = llama();
  config.set("head_dim", "null").set("rope_scaling", "null").set("num_key_value_heads", "null");
  EXPECT_EQ(parse(config).head_dim, 16);
  EXPECT_EQ(parse(config).kv_heads, 4);
}

TEST(HuggingFaceConfig, ReadsAHeadSizeOfItsOwn) {
  EXPECT_EQ(parse(llama().set("head_dim", "32")).head_dim, 32);
}

TEST(HuggingFaceConfig, ReadsQwen2) {
  ConfigText config = llama();
  config.set("model_type", "\"qwen2\"").set("tie_word_embeddings", "true");
  config.set("sliding_window", "128").set("use_sliding_window", "false");
  EXPECT_EQ(parse(config).architecture, Architecture::qwen2);
  EXPECT_TRUE(parse(config).qkv_bias);
  EXPECT_TRUE(parse(config).tied_embeddings);
  EXPECT_EQ(parse(config).sliding_window, 0);
  EXPECT_EQ(parse(config.set("use_sliding_window", "true")).sliding_window, 128);
}

TEST(HuggingFaceConfig, ReadsGpt2) {
  const ModelConfig config = parse(gpt2());
  EXPECT_EQ(config.architecture, Architecture::gpt2);
  EXPECT_EQ(config.ffn, 192);
  EXPECT_EQ(config.head_dim, 16);
  EXPECT_EQ(config.kv_heads, 3);
  EXPECT_TRUE(config.tied_embeddings);
  EXPECT_TRUE(config.qkv_bias);
  EXPECT_EQ(config.norm_epsilon, 1e-5);
  EXPECT_EQ(parse(gpt2().set("n_inner", "100")).ffn, 100);
  EXPECT_FALSE(parse(gpt2().set("tie_word_embeddings", "false")).tied_embeddings);
}

TEST(HuggingFaceConfig, ReadsMixtures) {
  ConfigText mixtral = llama();
  mixtral.set("model_type", "\"mixtral\"").set("num_local_experts", "8");
  mixtral.set("num_experts_per_tok", "2").set("sliding_window", "null");
  EXPECT_EQ(parse(mixtral).architecture, Architecture::mixtral);
  EXPECT_EQ(parse(mixtral).experts, 8);
  EXPECT_EQ(parse(mixtral).experts_used, 2);
  ConfigText gpt_oss = mixtral;
  gpt_oss.set("model_type", "\"gpt_oss\"").set("sliding_window", "128");
  gpt_oss.set("rope_scaling", R"({"rope_type": "yarn", "factor": 32.0})");
  EXPECT_EQ(parse(gpt_oss).architecture, Architecture::gpt_oss);
  EXPECT_EQ(parse(gpt_oss).sliding_window, 128);
  EXPECT_TRUE(parse(gpt_oss).qkv_bias);
}

TEST(HuggingFaceConfig, ReadsBothSpellingsOfTheRotarySettings) {
  const std::string scaling =
      R"("rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, )"
      R"("original_max_position_embeddings": 64)";
  ConfigText older = llama();
  older.set("rope_theta", "500000.0").set("rope_scaling", "{" + scaling + "}");
  ConfigText newer = llama();
  newer.set("rope_parameters", "{\"rope_theta\": 500000.0, " + scaling + "}");
  EXPECT_EQ(parse(older).rope_theta, 500000.0);
  EXPECT_EQ(parse(newer).rope_theta, 500000.0);
  EXPECT_EQ(parse(older).rope_frequency_factors, parse(newer).rope_frequency_factors);
  EXPECT_EQ(parse(older).rope_frequency_factors,
            llama3_frequency_factors(16, 500000.0, 8.0, 1.0, 4.0, 64.0));
}

TEST(HuggingFaceConfig, ReadsLinearScalingUnderItsOldKey) {
  EXPECT_EQ(parse(llama().set("rope_scaling", R"({"type": "linear", "factor": 2.0})"))
                .rope_frequency_factors,
            std::vector<double>(8, 2.0));
}

TEST(HuggingFaceConfig, RefusesWhatIsNoJson) {
  const auto error = [](std::string_view text) {
    return error_of([&] { return parse_hugging_face_config(text, "config.json"); });
  };
  EXPECT_THAT(error(""), IsErrorAt("config.json", 0, "not valid JSON"));
  EXPECT_THAT(error("{\"a\": }"), IsErrorAt("config.json", 6, "not valid JSON"));
  EXPECT_THAT(error("{\"a\": 1"), IsErrorAt("config.json", 7, "not valid JSON"));
  EXPECT_THAT(error("[1]"), IsErrorAt("config.json", 0, "no JSON object"));
  EXPECT_THAT(error("{\"a\": 1e999}"), ::testing::StartsWith("config.json: byte "));
  EXPECT_THAT(error(std::string(2'000'000, ' ')), IsErrorAt("config.json", 0, "2000000 bytes"));
}

TEST(HuggingFaceConfig, RefusesDeepNesting) {
  std::string text(500'000, '[');
  EXPECT_THAT(error_of([&] { return parse_hugging_face_config(text, "config.json"); }),
              IsErrorAt("config.json", 0, "nested more than 32 deep"));
}

TEST(HuggingFaceConfig, ListsTheKnownModelTypes) {
  const ConfigText config = llama().set("model_type", "\"mamba\"");
  EXPECT_THAT(config_error(config), IsAboutKey(config, "model_type", "'mamba', which is unknown"));
  EXPECT_THAT(config_error(config), HasSubstr("llama, qwen2, gpt2, mixtral, gpt_oss"));
  EXPECT_THAT(config_error(llama().remove("model_type")),
              IsErrorAt("config.json", 0, "the key 'model_type' is missing"));
}

TEST(HuggingFaceConfig, NamesTheKeyThatIsMissing) {
  for (const std::string key :
       {"hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
        "max_position_embeddings", "rms_norm_eps", "vocab_size"}) {
    EXPECT_THAT(config_error(llama().remove(key)),
                IsErrorAt("config.json", 0, "the key '" + key + "' is missing"));
  }
  for (const std::string key : {"n_embd", "n_head", "n_layer", "n_positions", "vocab_size"}) {
    EXPECT_THAT(config_error(gpt2().remove(key)),
                IsErrorAt("config.json", 0, "the key '" + key + "' is missing"));
  }
}

TEST(HuggingFaceConfig, RefusesValuesOfTheWrongKind) {
  for (const std::string value :
       {"\"64\"", "64.5", "[64]", "true", "18446744073709551615", "1e3"}) {
    const ConfigText config = llama().set("hidden_size", value);
    EXPECT_THAT(config_error(config),
                IsAboutKey(config, "hidden_size", "where a whole number below 2^63 is needed"))
        << value;
  }
  const ConfigText epsilon = llama().set("rms_norm_eps", "\"small\"");
  EXPECT_THAT(config_error(epsilon),
              IsAboutKey(epsilon, "rms_norm_eps", "'rms_norm_eps' is '\"small\"' where a number"));
  const ConfigText tied = llama().set("tie_word_embeddings", "1");
  EXPECT_THAT(config_error(tied),
              IsAboutKey(tied, "tie_word_embeddings", "is '1' where true or false"));
  const ConfigText type = llama().set("model_type", "3");
  EXPECT_THAT(config_error(type), IsAboutKey(type, "model_type", "is '3' where a string"));
  const ConfigText scaling = llama().set("rope_scaling", "\"linear\"");
  EXPECT_THAT(config_error(scaling),
              IsAboutKey(scaling, "rope_scaling", "where an object is needed"));
}

TEST(HuggingFaceConfig, RefusesNumbersThatCannotBe) {
  const auto refused = [](ConfigText config, const std::string& key, const std::string& value,
                          const std::string& what) {
    config.set(key, value);
    EXPECT_THAT(config_error(config), IsAboutKey(config, key, "'" + key + "'"));
    EXPECT_THAT(config_error(config), HasSubstr(what));
  };
  refused(llama(), "num_hidden_layers", "-1", "layers is -1");
  refused(llama(), "num_hidden_layers", "1000000", "layers is 1000000");
  refused(llama(), "num_attention_heads", "0", "is 0, and 'hidden_size', which is 64,");
  refused(llama(), "num_attention_heads", "-4", "is -4");
  refused(llama(), "num_key_value_heads", "3", "cannot share 3");
  refused(llama(), "head_dim", "15", "15 elements");
  refused(llama(), "head_dim", "9223372036854775807", "size of a head");
  refused(llama(), "rms_norm_eps", "0", "epsilon of the norms is 0");
  refused(llama(), "rope_theta", "-1", "rotary base is -1");
  refused(llama(), "max_position_embeddings", "0", "context length is 0");
  refused(gpt2(), "n_embd", "9223372036854775807", "out of range");
  EXPECT_THAT(config_error(gpt2().set("n_embd", "-9223372036854775808").set("n_inner", "1")),
              HasSubstr("'n_embd', which is -9223372036854775808,"));
  refused(gpt2(), "n_head", "5", "'n_embd', which is 48,");
  refused(gpt2(), "n_positions", "-7", "context length is -7");
}

TEST(HuggingFaceConfig, RefusesWhatWouldComputeSomethingElse) {
  const auto refused = [](ConfigText config, const std::string& key, const std::string& value,
                          const std::string& what) {
    config.set(key, value);
    EXPECT_THAT(config_error(config), IsAboutKey(config, key, what));
  };
  refused(llama(), "attention_bias", "true", "is true, which is not supported");
  refused(llama(), "mlp_bias", "true", "is true, which is not supported");
  refused(llama(), "hidden_act", "\"gelu\"", "'gelu' where only 'silu' is supported");
  refused(gpt2(), "activation_function", "\"relu\"", "'relu' where only 'gelu_new' is supported");
  refused(gpt2(), "scale_attn_weights", "false", "is false, which is not supported");
  refused(gpt2(), "scale_attn_by_inverse_layer_idx", "true", "is true, which is not supported");
}

TEST(HuggingFaceConfig, RefusesRotaryScalingThatItDoesNotKnow) {
  const auto scaled = [](const std::string& value) {
    return config_error(llama().set("rope_scaling", value));
  };
  EXPECT_THAT(scaled(R"({"rope_type": "yarn", "factor": 4.0})"), HasSubstr("'yarn', and only"));
  EXPECT_THAT(scaled(R"({"type": "dynamic", "factor": 4.0})"), HasSubstr("'type' is 'dynamic'"));
  EXPECT_THAT(scaled(R"({"rope_type": "linear"})"), HasSubstr("the key 'factor' is missing"));
  EXPECT_THAT(scaled(R"({"rope_type": "linear", "factor": 0})"), HasSubstr("'factor' is 0"));
  EXPECT_THAT(scaled(R"({"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 4.0,
                         "high_freq_factor": 4.0, "original_max_position_embeddings": 8192})"),
              HasSubstr("not above low_freq_factor"));
  EXPECT_THAT(scaled(R"({"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
                         "high_freq_factor": 4.0})"),
              HasSubstr("'original_max_position_embeddings' is missing"));
  EXPECT_THAT(scaled(R"({"partial_rotary_factor": 0.5})"), HasSubstr("is 0.5, and only 1"));
}

std::string index_error(std::string_view text) {
  return error_of([&] { return parse_shard_index(text, "index.json"); });
}

TEST(ShardIndex, MapsTensorsToFiles) {
  const auto files = parse_shard_index(
      R"({"metadata": {"total_size": 1}, "weight_map": {"a": "x.safetensors", "b": "y.safetensors"}})",
      "index.json");
  EXPECT_THAT(files, ::testing::ElementsAre(::testing::Pair("a", "x.safetensors"),
                                            ::testing::Pair("b", "y.safetensors")));
}

TEST(ShardIndex, RefusesFilesOutsideItsDirectory) {
  for (const std::string name : {"../x", "/etc/passwd", "a/b", "..", ".", "", "x\\u0000y"}) {
    const std::string text = R"({"weight_map": {"tensor": ")" + name + R"("}})";
    EXPECT_THAT(index_error(text), IsErrorAt("index.json", text.find("\"tensor\""), "'tensor'"))
        << name;
  }
}

TEST(ShardIndex, RefusesWhatIsNoIndex) {
  EXPECT_THAT(index_error("{}"), IsErrorAt("index.json", 0, "no object 'weight_map'"));
  EXPECT_THAT(index_error(R"({"weight_map": []})"), IsErrorAt("index.json", 1, "no object"));
  EXPECT_THAT(index_error(R"({"weight_map": {"a": 3}})"),
              IsErrorAt("index.json", 16, "not a string"));
  EXPECT_THAT(index_error("nonsense"), IsErrorAt("index.json", 1, "not valid JSON"));
}

}  // namespace
}  // namespace ridgepoint
