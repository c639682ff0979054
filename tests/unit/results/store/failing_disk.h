// A disk that can be told to be full: SQLite's own files, with writes that fail on demand.
#pragma once

namespace ridgepoint {

/// Becomes SQLite's default file layer for connections opened while it lives.
class FailingDisk {
 public:
  FailingDisk();
  ~FailingDisk();
  FailingDisk(const FailingDisk&) = delete;
  FailingDisk& operator=(const FailingDisk&) = delete;

  /// From now on: whether writes find the disk full.
  static void set_full(bool full);
};

}  // namespace ridgepoint
