#include "results/store/scratch_file.h"

#include <system_error>
#include <utility>

#include "results/store/store.h"

namespace ridgepoint {
namespace {

void remove_database(const std::filesystem::path& path) {
  std::error_code ignored;  // what is not there need not go
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    std::filesystem::remove(path.string() + suffix, ignored);
  }
}

}  // namespace

ScratchFile::ScratchFile()
    : ScratchFile(std::filesystem::temp_directory_path() / ("ridgepoint-" + new_uuid() + ".db")) {}

ScratchFile::ScratchFile(std::filesystem::path path) : path_(std::move(path)) {
  remove_database(path_);
}

ScratchFile::~ScratchFile() {
  remove_database(path_);
}

}  // namespace ridgepoint
