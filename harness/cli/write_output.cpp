#include "harness/cli/write_output.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <span>
#include <system_error>

#include "workloads/error.h"
#include "workloads/formats/replacing_file.h"

namespace ridgepoint {
namespace {

[[noreturn]] void fail_output(int error) {
  throw Error(fmt::format("standard output: cannot be written{}; make room or send it elsewhere",
                          error == 0 ? "" : ": " + std::generic_category().message(error)));
}

}  // namespace

void write_output(const std::string& path, const std::string& text) {
  std::error_code ignored;
  if (path.empty()) {
    errno = 0;
    if (std::fwrite(text.data(), 1, text.size(), stdout) < text.size()) fail_output(errno);
    flush_output();
  } else if (std::filesystem::exists(path, ignored) &&
             !std::filesystem::is_regular_file(path, ignored)) {
    std::ofstream out(path, std::ios::binary);  // a device or a pipe, which nothing can replace
    if (!(out << text) || !out.flush()) {
      throw Error(fmt::format("{}: cannot be written; choose another place", path));
    }
  } else {
    ReplacingFile file(path, text.size());
    file.write(0, std::as_bytes(std::span(text)));
    file.commit();
  }
}

void flush_output() {
  errno = 0;
  // A part that failed to go out earlier is remembered by the stream, without its reason.
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) fail_output(errno);
}

}  // namespace ridgepoint
