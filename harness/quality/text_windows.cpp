#include "harness/quality/text_windows.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <span>
#include <system_error>

#include "harness/run/data_folder.h"
#include "workloads/content_hash.h"
#include "workloads/error.h"
#include "workloads/formats/mapped_file.h"
#include "workloads/number_of.h"

namespace ridgepoint {
namespace {

using Tokens = std::span<const std::int32_t>;

std::filesystem::path path_of_text(const Case& subject) {
  if (subject.text != kBundledText) return subject.text;
  return data_folder() / "weights" / kBundledModel / "held-out.txt";
}

/// Whether a token stands before every text, from which its first one is predicted.
bool begins_texts(const Tokenizer& tokenizer) {
  return tokenizer.adds_bos() && tokenizer.bos();
}

TextWindow second_half(Tokens tokens, const Tokenizer& tokenizer) {
  TextWindow window;
  window.first = window.half = std::ssize(tokens) / 2;
  window.inputs.assign(tokens.begin(), tokens.end() - 1);
  if (begins_texts(tokenizer)) window.inputs.front() = *tokenizer.bos();
  window.targets.assign(tokens.begin() + window.first + 1, tokens.end());
  return window;
}

TextWindow whole(Tokens tokens, const Tokenizer& tokenizer) {
  TextWindow window;
  const bool begins = begins_texts(tokenizer);
  if (begins) window.inputs.push_back(*tokenizer.bos());
  window.inputs.insert(window.inputs.end(), tokens.begin(), tokens.end() - 1);
  window.targets.assign(tokens.begin() + (begins ? 0 : 1), tokens.end());
  window.half = std::max<std::int64_t>(1, std::ssize(window.inputs) / 2);
  return window;
}

std::string hash_of(const std::vector<TextWindow>& windows) {
  std::vector<std::int32_t> all;
  for (const auto& window : windows) {
    for (const auto* part : {&window.inputs, &window.targets}) {
      all.push_back(static_cast<std::int32_t>(part->size()));
      all.insert(all.end(), part->begin(), part->end());
    }
  }
  return content_hash(std::as_bytes(std::span(all)));
}

}  // namespace

std::string read_held_out_text(const Case& subject) {
  const auto path = path_of_text(subject);
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    throw Error(fmt::format("{}: a folder, not a text; name a file", path.string()));
  }
  const auto file = MappedFile::open(path);
  const auto bytes = file->bytes();
  if (bytes.empty()) throw Error(fmt::format("{}: is empty; give a text", path.string()));
  if (std::ssize(bytes) > kLongestTextBytes) {
    throw Error(fmt::format("{}: {} bytes are too long a text; give a part of at most {}",
                            path.string(), bytes.size(), kLongestTextBytes));
  }
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TextWindows cut_text(std::string_view text, const Tokenizer& tokenizer, const Case& subject) {
  const auto ids = tokenizer.encode(text);
  Tokens rest(ids);
  if (subject.tokens > 0 && subject.tokens < std::ssize(rest)) {
    rest = rest.first(static_cast<std::size_t>(subject.tokens));
  }
  const auto context = static_cast<std::size_t>(subject.context);
  const bool all = subject.scored == "all";
  // What one more window needs: all of it, or something to predict and something to go by.
  const std::size_t least = !all ? context : begins_texts(tokenizer) ? 1 : 2;
  TextWindows result;
  result.exact = tokenizer.decode(ids) == text;
  while (rest.size() >= least) {
    const auto taken = rest.first(std::min(context, rest.size()));
    result.windows.push_back(all ? whole(taken, tokenizer) : second_half(taken, tokenizer));
    result.tokens += std::ssize(taken);
    rest = rest.subspan(taken.size());
  }
  if (result.windows.empty() && all) {
    throw Error(fmt::format(
        "text {}: one token, and nothing to predict it from; give a longer text", subject.text));
  }
  if (result.windows.empty()) {
    throw Error(fmt::format(
        "text {}: {} {} fewer than one window of {}; give a longer text, more --tokens or a "
        "smaller --context, or score --scored all",
        subject.text, number_of(rest.size(), "token"), rest.size() == 1 ? "is" : "are",
        subject.context));
  }
  result.hash = hash_of(result.windows);
  return result;
}

}  // namespace ridgepoint
