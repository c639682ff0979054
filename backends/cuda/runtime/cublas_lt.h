// Products of many rows through cuBLASLt, opened by name when a device is: its 500 MB stay where
// the toolkit is. For each shape the library's best guesses are timed once a process, on a stream
// and with random data of their own, and the fastest is remembered.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>

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

  /// What is chosen for the shape, or is chosen now. While the stream is recorded nothing can be
  /// timed: the library's first guess serves until it is asked at another time.
  void multiply(const ManyRowsArgs& args, Stream stream);
  /// Chooses and does not multiply; waits for what the stream does.
  void choose(const ManyRowsArgs& args, Stream stream) {
    static_cast<void>(plan_for(args, stream));
  }
  /// Bytes of the device's memory that it holds: now, and at the most so far, which is while it
  /// chooses.
  [[nodiscard]] std::pair<std::int64_t, std::int64_t> memory() const {
    return {bytes_, peak_bytes_};
  }
  [[nodiscard]] const std::string& version() const { return version_; }

 private:
  struct Plan;
  using Key = std::tuple<Packing, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                         std::int64_t, std::int64_t, bool>;

  explicit CublasLt(std::shared_ptr<const CublasLtFunctions> functions);
  Plan& plan_for(const ManyRowsArgs& args, Stream stream);
  void search(Plan& plan, const ManyRowsArgs& args, Stream stream);
  /// The fastest of the plan's candidates; the first stays where there is no room to time them.
  void time_candidates(Plan& plan, const ManyRowsArgs& args);

  /// With random numbers, on the stream for that; waits.
  void fill(std::byte* to, std::size_t bytes, Packing type) const;

  std::shared_ptr<const CublasLtFunctions> functions_;
  void* handle_ = nullptr;
  void* workspace_ = nullptr;
  Stream search_stream_ = nullptr;
  std::string version_;
  std::int64_t bytes_ = 0, peak_bytes_ = 0;
  std::map<Key, std::unique_ptr<Plan>> plans_;
};

}  // namespace ridgepoint::cuda
