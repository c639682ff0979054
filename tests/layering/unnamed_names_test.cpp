// A function of an unnamed namespace has a name that no other source of its folder uses so: where a
// folder is compiled as one (cmake/ridgepoint_options.cmake), a call would quietly go to whichever
// overload fits better. Other names clash loudly, at the compiler.
#include <gtest/gtest.h>

#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace {

namespace fs = std::filesystem;

/// The function whose definition or declaration begins on this line, at its left edge; empty for
/// any other line. Leans on clang-format.
std::string_view function_name(std::string_view line) {
  if (line.empty() || (std::isalpha(static_cast<unsigned char>(line[0])) == 0 && line[0] != '[')) {
    return {};
  }
  for (const std::string_view other : {"class ", "struct ", "enum ", "using ", "template "}) {
    if (line.starts_with(other)) return {};
  }
  const auto end = line.find_first_of("(={;");
  if (end == std::string_view::npos || line[end] != '(') return {};
  line = line.substr(0, end);
  const auto before =
      line.find_last_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
  // A return type stands before it; a member's name or a macro is not what we look for.
  if (before == std::string_view::npos || line[before] == ':') return {};
  return line.substr(before + 1);
}

using Sources = std::map<std::string, std::set<std::string>>;  ///< function -> files

Sources unnamed_functions(const fs::path& folder) {
  Sources found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".cpp") continue;
    std::ifstream in(entry.path());
    std::string line;
    bool unnamed = false;
    while (std::getline(in, line)) {
      if (line == "namespace {") unnamed = true;
      if (line == "}  // namespace") unnamed = false;
      const auto name = unnamed ? function_name(line) : std::string_view{};
      if (!name.empty()) found[std::string(name)].insert(entry.path().filename().string());
    }
  }
  return found;
}

TEST(UnnamedNames, AreFoundWhereADefinitionBegins) {
  EXPECT_EQ(function_name("double median_of(std::vector<double>& values) {"), "median_of");
  EXPECT_EQ(function_name("const Type& f() {"), "f");
  EXPECT_EQ(function_name("constexpr int kMost = size(3);"), "");
  EXPECT_EQ(function_name("  return f(3);"), "");
  EXPECT_EQ(function_name("int Judge::judge(int a) {"), "");
  EXPECT_EQ(function_name("}"), "");
}

TEST(UnnamedNames, OfFunctionsDifferWithinAFolder) {
  std::size_t functions = 0;
  for (const char* floor :
       {"workloads", "profiler", "backends", "results", "harness", "dashboard", "tests/unit",
        "tests/cli", "tests/contract", "tests/layering", "tests/plugin", "tests/support"}) {
    const fs::path root = fs::path(RIDGEPOINT_SOURCE_DIR) / floor;
    std::set<fs::path> folders{root};
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      if (entry.is_directory() && entry.path().filename() != "training") {
        folders.insert(entry.path());
      }
    }
    for (const auto& folder : folders) {
      for (const auto& [name, files] : unnamed_functions(folder)) {
        ++functions;
        EXPECT_EQ(files.size(), 1U)
            << folder << ": " << name << "() is in the unnamed namespaces of " << *files.begin()
            << " and " << *files.rbegin() << "; give one of them another name, or share it";
      }
    }
  }
  EXPECT_GT(functions, 300U) << "the search found too little to mean anything";
}

}  // namespace
