// What a process makes for itself, a file or a control group, carries its number in the name; so
// the next one can tell what was left behind by a process that was killed.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace ridgepoint {

/// "ridgepoint-PID", this process', and the suffix.
std::string own_name(std::string_view suffix);

/// Removes the files, and the folders that are empty or control groups without processes, of that
/// name and of processes that are no more.
void remove_leftovers(const std::filesystem::path& folder, std::string_view suffix);

}  // namespace ridgepoint
