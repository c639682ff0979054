#include "backends/plugin/plugin_library.h"

#include <dlfcn.h>
#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <memory>
#include <system_error>
#include <type_traits>

#include "workloads/error.h"

namespace ridgepoint {
namespace {

// The first version's table ended here; what comes later may be missing.
constexpr std::size_t kSmallestTable =
    offsetof(ridgepoint_plugin, memory) + sizeof(ridgepoint_plugin::memory);
// Where size and version stand in every version.
constexpr std::size_t kHeadBytes = offsetof(ridgepoint_plugin, reserved);

[[noreturn]] void fail(const std::string& path, std::string_view what) {
  throw Error(fmt::format("plug-in '{}': {}", path, what));
}

// The loader maps what the headers claim and dies of SIGBUS where a file was cut, so the claims are
// checked first. Other kinds of damage it reports itself.
void check_elf(const std::string& path) {
  std::error_code code;
  const std::filesystem::file_status status = std::filesystem::status(path, code);
  if (!std::filesystem::exists(status)) fail(path, "no such file; give the path of a library");
  if (!std::filesystem::is_regular_file(status)) {
    fail(path, "not a file; give the path of a library");
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) fail(path, fmt::format("cannot be read: {}", std::strerror(errno)));
  const std::uintmax_t size = std::filesystem::file_size(path, code);

  Elf64_Ehdr header{};
  file.read(reinterpret_cast<char*>(&header), sizeof header);
  if (!file || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_type != ET_DYN) {
    fail(path, "not a 64-bit shared library; build one against <ridgepoint/plugin.h>");
  }
  file.seekg(static_cast<std::streamoff>(std::min<std::uint64_t>(header.e_phoff, size)));
  for (int i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment{};
    file.read(reinterpret_cast<char*>(&segment), sizeof segment);
    if (!file || segment.p_offset > size || segment.p_filesz > size - segment.p_offset) {
      fail(path, fmt::format("cut off at byte {}; copy or build it again", size));
    }
  }
}

struct Unload {
  void operator()(void* handle) const { ::dlclose(handle); }
};
using Handle = std::unique_ptr<void, Unload>;

Handle load(const std::string& path) {
  // Absolute, because a name without a slash would be looked for in the system's folders.
  const std::string absolute = std::filesystem::absolute(path).string();
  // Local: two engines may define the same names. Now: a missing symbol is an error line here and
  // not a dead process in the middle of a measurement.
  Handle handle(::dlopen(absolute.c_str(), RTLD_NOW | RTLD_LOCAL));
  if (handle) return handle;
  const char* const message = ::dlerror();
  std::string reason = message != nullptr ? message : "no reason given";
  if (reason.starts_with(absolute + ": ")) reason.erase(0, absolute.size() + 2);
  if (reason.find("GLIBCXX_") != std::string::npos || reason.find("CXXABI_") != std::string::npos) {
    reason +=
        "; it needs a newer C++ runtime than the one loaded: where Ridgepoint brought its own in "
        "lib/, remove libstdc++.so.6 and libgcc_s.so.1 there and the system's are used";
  }
  fail(path, fmt::format("cannot be loaded: {}", reason));
}

// The table may be smaller than ours (older header) or larger (newer one).
ridgepoint_plugin read_table(const std::string& path, const ridgepoint_plugin* table) {
  ridgepoint_plugin result{};
  std::memcpy(&result, table, kHeadBytes);
  if (result.abi_version != RIDGEPOINT_PLUGIN_ABI_VERSION) {
    fail(path,
         fmt::format("built for plug-in ABI version {}, but this Ridgepoint speaks version {}; "
                     "rebuild it with this Ridgepoint's <ridgepoint/plugin.h>",
                     result.abi_version, RIDGEPOINT_PLUGIN_ABI_VERSION));
  }
  if (result.struct_size < kSmallestTable) {
    fail(path,
         fmt::format("its table has {} bytes where version {} has at least {}; set struct_size "
                     "to sizeof(ridgepoint_plugin)",
                     result.struct_size, RIDGEPOINT_PLUGIN_ABI_VERSION, kSmallestTable));
  }
  std::memcpy(&result, table, std::min<std::uint64_t>(result.struct_size, sizeof result));
  const auto require = [&](bool present, std::string_view member) {
    if (!present) fail(path, fmt::format("its table has no {}, which is not optional", member));
  };
  require(result.name != nullptr && *result.name != '\0', "name");
  require(result.version != nullptr, "version");
  require(result.session_open != nullptr, "session_open");
  require(result.session_close != nullptr, "session_close");
  require(result.forward != nullptr, "forward");
  require(result.logits != nullptr, "logits");
  require(result.truncate != nullptr, "truncate");
  return result;
}

}  // namespace

PluginLibrary load_plugin(const std::filesystem::path& path) {
  static_assert(std::is_trivially_copyable_v<ridgepoint_plugin>);
  PluginLibrary library{.path = path.string()};
  check_elf(library.path);
  Handle handle = load(library.path);
  void* const symbol = ::dlsym(handle.get(), RIDGEPOINT_PLUGIN_ENTRY_NAME);
  if (symbol == nullptr) {
    fail(library.path, fmt::format("no function {}; it is not a Ridgepoint plug-in, or does not "
                                   "export it",
                                   RIDGEPOINT_PLUGIN_ENTRY_NAME));
  }
  const auto entry = reinterpret_cast<ridgepoint_plugin_entry_function>(symbol);
  const ridgepoint_plugin* const table = entry(RIDGEPOINT_PLUGIN_ABI_VERSION);
  if (table == nullptr) {
    fail(library.path, fmt::format("refused plug-in ABI version {} without a reason ({} returned "
                                   "nothing)",
                                   RIDGEPOINT_PLUGIN_ABI_VERSION, RIDGEPOINT_PLUGIN_ENTRY_NAME));
  }
  library.table = read_table(library.path, table);
  static_cast<void>(handle.release());
  return library;
}

}  // namespace ridgepoint
