// Products of many rows through cuBLASLt, opened by name when a device is: its 500 MB stay where
// the toolkit is. For each shape the library's best guesses are timed once, on a stream and into
// memory of their own, and the fastest is remembered.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "backends/cuda/device.h"

namespace ridgepoint::cuda {

struct CublasLtFunctions;

class CublasLt {
 public:
  /// Null where the library cannot be opened, with the reason in `why`. Error when it does not
  /// work.
  static std::unique_ptr<CublasLt> open(std::string& why);
  CublasLt(const CublasLt&) = delete;
  CublasLt& operator=(const CublasLt&) = delete;
  ~CublasLt();

  void multiply(const ManyRowsArgs& args, Stream stream);
  [[nodiscard]] const std::string& version() const { return version_; }

 private:
  struct Plan;
  using Key = std::tuple<Packing, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                         std::int64_t, std::int64_t, bool>;

  explicit CublasLt(std::shared_ptr<const CublasLtFunctions> functions);
  Plan& plan_for(const ManyRowsArgs& args);
  void search(Plan& plan, const ManyRowsArgs& args);

  std::shared_ptr<const CublasLtFunctions> functions_;
  void* handle_ = nullptr;
  void* workspace_ = nullptr;
  Stream search_stream_ = nullptr;
  std::string version_;
  std::map<Key, std::unique_ptr<Plan>> plans_;
};

}  // namespace ridgepoint::cuda
