#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>

#include "harness/ab/arm.h"
#include "harness/ab/command_arm.h"
#include "harness/ab/google_benchmark_arm.h"
#include "harness/ab/ridgepoint_arm.h"
#include "workloads/error.h"
#include "workloads/nearest_name.h"

namespace ridgepoint {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBlanks = " \t\n";
constexpr std::string_view kKinds[] = {"run", "build", "gbench", "cmd"};

std::string_view trimmed(std::string_view text) {
  const auto start = text.find_first_not_of(kBlanks);
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(kBlanks) - start + 1);
}

std::string this_program() {
  std::error_code code;
  const auto path = fs::read_symlink("/proc/self/exe", code);
  if (code) throw Error("run: this program's own file cannot be found: " + code.message());
  return path.string();
}

/// The ridgepoint of a build folder, or of an installation.
std::string program_of_build(std::string_view folder, const fs::path& working_directory) {
  // An absolute folder stays what it is.
  const fs::path program = working_directory / folder / "bin" / "ridgepoint";
  std::error_code code;
  if (!fs::is_regular_file(program, code)) {
    throw Error(
        fmt::format("build:{}: no {} there; name a build folder of ridgepoint, as in build:build",
                    folder, program.string()));
  }
  return fs::absolute(program).string();
}

std::unique_ptr<Arm> arm_of_build(std::string_view text, const ArmOptions& options) {
  const auto words = trimmed(text);
  const auto end = std::min(words.find_first_of(kBlanks), words.size());
  return std::make_unique<RidgepointArm>(
      program_of_build(words.substr(0, end), options.working_directory),
      std::string(trimmed(words.substr(end))), options);
}

}  // namespace

bool is_arm(std::string_view text) {
  const auto colon = text.find(':');
  return colon != std::string_view::npos &&
         std::ranges::find(kKinds, text.substr(0, colon)) != std::end(kKinds);
}

std::unique_ptr<Arm> parse_arm(std::string_view spec, const ArmOptions& options) {
  const auto colon = spec.find(':');
  const auto kind = spec.substr(0, colon);
  const std::string rest(colon == std::string_view::npos ? "" : spec.substr(colon + 1));
  if (colon != std::string_view::npos) {
    if (kind == "run") return std::make_unique<RidgepointArm>(this_program(), rest, options);
    if (kind == "build") return arm_of_build(rest, options);
    if (kind == "gbench") return std::make_unique<GoogleBenchmarkArm>(rest, options);
    if (kind == "cmd") return std::make_unique<CommandArm>(rest, options);
  }
  throw Error(fmt::format(
      "arm '{}': expected run:OPTIONS, build:DIR OPTIONS, gbench:BINARY FLAGS or cmd:COMMAND{}",
      spec, did_you_mean(kind, kKinds)));
}

std::vector<std::string> split_arguments(std::string_view text) {
  std::vector<std::string> arguments;
  std::string current;
  bool inside = false;  // of an argument
  char quote = '\0';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      current += text[++i];
      inside = true;
    } else if (quote != '\0') {
      if (c == quote) {
        quote = '\0';
      } else {
        current += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      inside = true;
    } else if (kBlanks.find(c) != std::string_view::npos) {
      if (inside) arguments.push_back(std::exchange(current, {}));
      inside = false;
    } else {
      current += c;
      inside = true;
    }
  }
  if (quote != '\0') throw Error(fmt::format("'{}': a quote is not closed", text));
  if (inside) arguments.push_back(current);
  return arguments;
}

}  // namespace ridgepoint
