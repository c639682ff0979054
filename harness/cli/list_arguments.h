// Values as they were typed, looked at before the parser takes lists apart: it drops entries that
// are empty without a word, and takes the word after "--name=" for the missing value.
#pragma once

#include <span>

namespace CLI {
class App;
}

namespace ridgepoint {

/// Error for a list with an empty entry, and for "--name=" without a value. `arguments` begin with
/// what names `app`; commands of commands are looked into.
void refuse_empty_entries(const CLI::App& app, std::span<char* const> arguments);

}  // namespace ridgepoint
