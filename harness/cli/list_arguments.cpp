#include "harness/cli/list_arguments.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/error.h"
#include "workloads/shell_quote.h"

namespace ridgepoint {
namespace {

std::vector<std::string_view> entries_of(std::string_view list, char delimiter) {
  std::vector<std::string_view> entries;
  for (;;) {
    const std::size_t end = list.find(delimiter);
    entries.push_back(list.substr(0, end));
    if (end == std::string_view::npos) return entries;
    list.remove_prefix(end + 1);
  }
}

void refuse_empty_entry(std::string_view option, std::string_view list, char delimiter) {
  std::vector<std::string_view> entries = entries_of(list, delimiter);
  const auto empty = std::ranges::find_if(entries, &std::string_view::empty);
  if (empty == entries.end()) return;
  const auto number = empty - entries.begin() + 1;
  std::erase_if(entries, [](std::string_view entry) { return entry.empty(); });
  const std::string given = shell_quote(std::string(list));
  if (entries.empty()) {
    throw Error(fmt::format("{} {}: a list without a value; give one, or leave {} out", option,
                            given, option));
  }
  throw Error(fmt::format(
      "{} {}: entry {} of the list is empty; give it a value, or write {} {}", option, given,
      number, option, shell_quote(fmt::format("{}", fmt::join(entries, std::string{delimiter})))));
}

/// The command of `app` that the word names, if any.
const CLI::App* command_called(const CLI::App& app, std::string_view word) {
  for (const CLI::App* one : app.get_subcommands({})) {
    if (!one->get_name().empty() && one->get_name() == word) return one;
  }
  return nullptr;
}

}  // namespace

void refuse_empty_entries(const CLI::App& app, std::span<char* const> arguments) {
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string_view word = arguments[i];
    if (const CLI::App* command = command_called(app, word)) {
      return refuse_empty_entries(*command, arguments.subspan(i));
    }
    const std::size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    if (!name.starts_with("--")) continue;
    const CLI::Option* option = app.get_option_no_throw(std::string(name));
    if (option == nullptr) continue;
    if (equals != std::string_view::npos) {
      const std::string_view value = word.substr(equals + 1);
      if (value.empty()) {
        throw Error(fmt::format("{}: no value after '='; give one, or leave {} out", word, name));
      }
      if (option->get_delimiter() != '\0') {
        refuse_empty_entry(name, value, option->get_delimiter());
      }
    } else if (option->get_items_expected_min() > 0 && i + 1 < arguments.size()) {
      ++i;
      if (option->get_delimiter() != '\0') {
        refuse_empty_entry(name, arguments[i], option->get_delimiter());
      }
    }
  }
}

}  // namespace ridgepoint
