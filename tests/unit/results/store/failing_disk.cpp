#include "tests/unit/results/store/failing_disk.h"

#include <sqlite3.h>

#include <map>

namespace ridgepoint {
namespace {

bool disk_is_full = false;
sqlite3_vfs layer;
sqlite3_vfs* real_layer = nullptr;

// Every file that SQLite opens through the layer gets a copy of its methods with another xWrite.
std::map<const sqlite3_io_methods*, sqlite3_io_methods>& patched() {
  static std::map<const sqlite3_io_methods*, sqlite3_io_methods> methods;
  return methods;
}
std::map<const sqlite3_io_methods*, const sqlite3_io_methods*>& originals() {
  static std::map<const sqlite3_io_methods*, const sqlite3_io_methods*> methods;
  return methods;
}

int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  if (disk_is_full) return SQLITE_FULL;
  return originals().at(file->pMethods)->xWrite(file, data, size, offset);
}

int open(sqlite3_vfs*, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags) {
  const int result = real_layer->xOpen(real_layer, name, file, flags, out_flags);
  if (file->pMethods == nullptr) return result;
  sqlite3_io_methods& methods =
      patched().try_emplace(file->pMethods, *file->pMethods).first->second;
  methods.xWrite = write;
  originals()[&methods] = file->pMethods;
  file->pMethods = &methods;
  return result;
}

}  // namespace

FailingDisk::FailingDisk() {
  disk_is_full = false;
  real_layer = sqlite3_vfs_find(nullptr);
  layer = *real_layer;
  layer.zName = "failing-disk";
  layer.xOpen = open;
  sqlite3_vfs_register(&layer, 1);
}

FailingDisk::~FailingDisk() {
  disk_is_full = false;
  sqlite3_vfs_unregister(&layer);
  sqlite3_vfs_register(real_layer, 1);
}

void FailingDisk::set_full(bool full) {
  disk_is_full = full;
}

}  // namespace ridgepoint
