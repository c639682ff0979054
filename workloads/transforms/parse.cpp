#include "workloads/transforms/parse.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "workloads/error.h"
#include "workloads/nearest_name.h"

namespace ridgepoint {

namespace {

constexpr std::string_view kLongGroup = "channel";

/// The types that "q8:group=..." and "w4a16:group=..." stand for.
struct Grouped {
  std::string_view word;
  std::string_view group;
  Type type;
};
constexpr std::array<Grouped, 8> kGrouped{{
    {"q8", kLongGroup, Type::q8_channel},
    {"q8", "32", Type::q8_0},
    {"q8", "64", Type::q8_g64},
    {"q8", "128", Type::q8_g128},
    {"w4a16", kLongGroup, Type::w4_channel},
    {"w4a16", "32", Type::w4_g32},
    {"w4a16", "64", Type::w4_g64},
    {"w4a16", "128", Type::w4_g128},
}};

struct Setting {
  std::string_view key, value;
};

struct Words {
  std::string_view word;
  std::vector<Setting> settings;
};

[[noreturn]] void fail_transform(const std::string& what) {
  throw Error("transform: " + what);
}

std::vector<std::string_view> split_at(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t start = 0;;) {
    const std::size_t end = text.find(separator, start);
    parts.push_back(text.substr(start, end - start));
    if (end == std::string_view::npos) return parts;
    start = end + 1;
  }
}

Words read_words(std::string_view text) {
  const auto parts = split_at(text, ':');
  Words words{parts[0], {}};
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::size_t equals = parts[i].find('=');
    if (equals == std::string_view::npos || equals == 0 || equals + 1 == parts[i].size()) {
      fail_transform(fmt::format("'{}' in '{}' is no setting; write key=value", parts[i], text));
    }
    const std::string_view key = parts[i].substr(0, equals);
    if (std::ranges::find(words.settings, key, &Setting::key) != words.settings.end()) {
      fail_transform(fmt::format("'{}' is in '{}' twice; leave one out", key, text));
    }
    words.settings.push_back({key, parts[i].substr(equals + 1)});
  }
  return words;
}

/// The value of a setting, or what holds without it.
std::string_view setting_of(const Words& words, std::string_view key, std::string_view otherwise) {
  const auto found = std::ranges::find(words.settings, key, &Setting::key);
  return found == words.settings.end() ? otherwise : found->value;
}

void check_settings(const Words& words, std::span<const std::string_view> known) {
  for (const Setting& setting : words.settings) {
    if (std::ranges::find(known, setting.key) != known.end()) continue;
    if (known.empty()) {
      fail_transform(fmt::format("{} takes no settings; leave out '{}'", words.word, setting.key));
    }
    fail_transform(fmt::format("{} has no setting '{}'{}; it has {}", words.word, setting.key,
                               did_you_mean(setting.key, known), fmt::join(known, ", ")));
  }
}

std::vector<Type> gguf_types() {
  std::vector<Type> found;
  for (const TypeInfo& info : types()) {
    if (info.weight && info.gguf_id != kNoGgufId) found.push_back(info.type);
  }
  return found;
}

std::vector<Type> read_among(std::string_view text) {
  if (text == "gguf") return gguf_types();
  std::vector<Type> found;
  for (const std::string_view name : split_at(text, '/')) {
    const auto type = find_type(name);
    if (!type || !type_info(*type).weight) {
      std::vector<std::string_view> known{"gguf"};
      for (const TypeInfo& info : types()) {
        if (info.weight) known.push_back(info.name);
      }
      fail_transform(fmt::format(
          "among={}: unknown type '{}'{}; give gguf, or some of {} with "
          "slashes between",
          text, name, did_you_mean(name, known), fmt::join(known.begin() + 1, known.end(), ", ")));
    }
    found.push_back(*type);
  }
  std::ranges::sort(found);
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

Choice read_automatic(const Words& words) {
  constexpr std::array<std::string_view, 2> kKnown{"error", "among"};
  check_settings(words, kKnown);
  const std::string_view text = setting_of(words, "error", "");
  double error = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), error);
  if (failed != std::errc() || end != text.data() + text.size() || !(error > 0 && error < 1)) {
    fail_transform(text.empty() ? "auto needs a bound; write auto:error=0.01"
                                : fmt::format("error={} is no share between 0 and 1; write "
                                              "auto:error=0.01",
                                              text));
  }
  const std::string_view among = setting_of(words, "among", "");
  return Automatic{error, among.empty() ? std::vector<Type>{} : read_among(among)};
}

Choice read_grouped(const Words& words) {
  constexpr std::array<std::string_view, 1> kKnown{"group"};
  check_settings(words, kKnown);
  const std::string_view group =
      setting_of(words, "group", words.word == "q8" ? kLongGroup : "128");
  std::vector<std::string_view> known;
  for (const Grouped& each : kGrouped) {
    if (each.word != words.word) continue;
    if (each.group == group) return ToType{each.type};
    known.push_back(each.group);
  }
  fail_transform(
      fmt::format("{} has no group={}; choose from {}", words.word, group, fmt::join(known, ", ")));
}

Choice read_fp8(const Words& words) {
  constexpr std::array<std::string_view, 1> kKnown{"scale"};
  check_settings(words, kKnown);
  const std::string_view scale = setting_of(words, "scale", kLongGroup);
  if (scale != kLongGroup && scale != "tensor") {
    fail_transform(fmt::format("fp8 has no scale={}; choose from channel, tensor", scale));
  }
  return ToType{Type::fp8, scale == "tensor"};
}

Choice read_choice(std::string_view text) {
  const Words words = read_words(text);
  if (words.word == "q8" || words.word == "w4a16") return read_grouped(words);
  if (words.word == "fp8") return read_fp8(words);
  if (words.word == "auto") return read_automatic(words);
  std::vector<std::string_view> known{"keep", "q8", "w4a16", "fp8", "auto"};
  for (const std::string_view name : ModelType::names()) {
    if (std::ranges::find(known, name) == known.end()) known.push_back(name);
  }
  if (std::ranges::find(known, words.word) == known.end()) {
    fail_transform(fmt::format("unknown '{}'{}; choose from {}", words.word,
                               did_you_mean(words.word, known), fmt::join(known, ", ")));
  }
  check_settings(words, {});
  if (words.word == "keep") return Keep{};
  if (const auto type = find_type(words.word)) return ToType{*type};
  return ToMixture{ModelType::parse(words.word)};
}

void check_pattern(std::string_view pattern) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  const auto parts = split_at(pattern, '.');
  if (pattern.find_first_not_of(kPlain) != std::string_view::npos ||
      std::ranges::find(parts, std::string_view{}) != parts.end()) {
    fail_transform(
        fmt::format("'{}' names no tensors; give whole parts of their names, like "
                    "ffn_down, blk.0-3 or output",
                    pattern));
  }
}

std::string to_text(const Choice& choice) {
  if (std::holds_alternative<Keep>(choice)) return "keep";
  if (const auto* mixture = std::get_if<ToMixture>(&choice)) {
    return std::string(mixture->type.name());
  }
  if (const auto* automatic = std::get_if<Automatic>(&choice)) {
    std::string text = fmt::format("auto:error={}", automatic->error);
    if (automatic->among.empty()) return text;
    text += ":among=";
    if (automatic->among == gguf_types()) return text + "gguf";
    for (const Type type : automatic->among) {
      text += fmt::format("{}{}", text.back() == '=' ? "" : "/", name_of(type));
    }
    return text;
  }
  const ToType& to = std::get<ToType>(choice);
  if (to.type == Type::fp8) return to.tensor_scale ? "fp8:scale=tensor" : "fp8";
  for (const Grouped& each : kGrouped) {
    if (each.type != to.type || each.type == Type::q8_0) continue;
    if (each.type == Type::q8_channel) return "q8";
    return fmt::format("{}:group={}", each.word, each.group);
  }
  return std::string(name_of(to.type));
}

}  // namespace

Transform parse_transform(std::string_view text) {
  Transform transform;
  bool first = true;
  for (const std::string_view part : split_at(text, '+')) {
    if (part.empty()) {
      fail_transform(text.empty()
                         ? std::string("empty; write q8, w4a16:group=64, auto:error=0.01, ...")
                         : fmt::format("nothing between two '+' of '{}'; leave one out", text));
    }
    const std::size_t equals = part.find('=');
    if (equals < part.find(':')) {
      check_pattern(part.substr(0, equals));
      transform.rules.push_back(
          {std::string(part.substr(0, equals)), read_choice(part.substr(equals + 1))});
    } else if (first) {
      transform.otherwise = read_choice(part);
    } else {
      fail_transform(
          fmt::format("'{}' comes after the first and says not for which tensors; write "
                      "PATTERN={}",
                      part, part));
    }
    first = false;
  }
  return transform;
}

std::string to_text(const Transform& transform) {
  std::string text;
  if (!std::holds_alternative<Keep>(transform.otherwise) || transform.rules.empty()) {
    text = to_text(transform.otherwise);
  }
  for (const Rule& rule : transform.rules) {
    text += fmt::format("{}{}={}", text.empty() ? "" : "+", rule.pattern, to_text(rule.choice));
  }
  return text;
}

}  // namespace ridgepoint
