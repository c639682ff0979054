// One process at a time measures a run. The claim is a name of this machine's kernel (an abstract
// Unix socket), so that it goes with its process, however that ends, and leaves no file behind.
#pragma once

#include <string>
#include <string_view>

namespace ridgepoint {

class RunClaim {
 public:
  /// Error when another process of this machine holds it.
  explicit RunClaim(std::string_view run_id);
  RunClaim(const RunClaim&) = delete;
  RunClaim& operator=(const RunClaim&) = delete;
  ~RunClaim();

  /// Whether a process of this machine measures it now.
  static bool is_held(std::string_view run_id);

 private:
  int socket_ = -1;
};

}  // namespace ridgepoint
