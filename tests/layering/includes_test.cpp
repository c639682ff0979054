// Keeps the three floors: an include may only point at a floor below, or stay in its own folder.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

namespace fs = std::filesystem;

/// What each top-level folder may include besides itself.
const std::map<std::string, std::set<std::string>>& allowed_includes() {
  static const std::map<std::string, std::set<std::string>> allowed{
      {"workloads", {}},
      {"profiler", {}},
      {"backends", {"workloads", "profiler"}},
      {"results", {"workloads", "profiler"}},
      {"harness", {"workloads", "profiler", "backends", "results"}},
      {"dashboard", {"workloads", "profiler", "results"}},
  };
  return allowed;
}

struct Include {
  fs::path file;
  int line = 0;
  std::string target;  ///< "workloads/case.h"
};

/// What a line includes, if it is an #include line.
std::optional<std::string> include_target(std::string_view line) {
  const auto skip = [&line](std::string_view word) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (!line.starts_with(word)) return false;
    line.remove_prefix(word.size());
    return true;
  };
  if (!skip("#") || !skip("include") || (!skip("\"") && !skip("<"))) return std::nullopt;
  return std::string(line.substr(0, line.find_first_of("\">")));
}

std::vector<Include> includes_under(const fs::path& root) {
  std::vector<Include> found;
  for (const auto& [folder, _] : allowed_includes()) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const auto extension = entry.path().extension();
      const std::set<fs::path> sources{".h", ".cpp", ".c", ".cu", ".cuh"};
      if (!sources.contains(extension)) continue;
      std::ifstream in(entry.path());
      std::string text;
      for (int line = 1; std::getline(in, text); ++line) {
        if (auto target = include_target(text)) {
          found.push_back({fs::relative(entry.path(), root), line, std::move(*target)});
        }
      }
    }
  }
  return found;
}

std::string top_folder(const fs::path& path) {
  return path.begin()->string();
}

TEST(Layering, NoIncludePointsUpOrSideways) {
  const auto includes = includes_under(RIDGEPOINT_SOURCE_DIR);
  ASSERT_GT(includes.size(), 100U) << "the search found too little to mean anything";
  for (const auto& include : includes) {
    const std::string from = top_folder(include.file);
    const std::string to = top_folder(include.target);
    EXPECT_NE(to, "tests") << include.file << ":" << include.line << " includes a test";
    if (to == from || !allowed_includes().contains(to)) continue;
    EXPECT_TRUE(allowed_includes().at(from).contains(to))
        << include.file << ":" << include.line << " includes " << include.target << ", but " << from
        << "/ may not depend on " << to << "/";
  }
}

TEST(Layering, ProjectHeadersAreIncludedFromTheRootSoThatFloorsShow) {
  const fs::path root = RIDGEPOINT_SOURCE_DIR;
  for (const auto& include : includes_under(root)) {
    EXPECT_FALSE(include.target.starts_with("..")) << include.file << ":" << include.line;
    EXPECT_FALSE(include.target.starts_with("./")) << include.file << ":" << include.line;
  }
}

TEST(Layering, OnlyTheRegistryKnowsTheBackends) {
  const std::set<std::string> rooms{"null", "reference", "cpu", "quantized", "cuda", "plugin"};
  for (const auto& include : includes_under(RIDGEPOINT_SOURCE_DIR)) {
    const fs::path target = include.target;
    if (top_folder(target) != "backends" || std::distance(target.begin(), target.end()) < 3)
      continue;
    const std::string room = std::next(target.begin())->string();
    if (!rooms.contains(room)) continue;
    const bool own_room = include.file.string().starts_with("backends/" + room + "/");
    const bool registry = include.file == fs::path("backends/registry.cpp");
    EXPECT_TRUE(own_room || registry)
        << include.file << ":" << include.line << " includes " << include.target;
  }
}

}  // namespace
