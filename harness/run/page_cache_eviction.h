// The condition cold-disk: before each load the model's files leave the page cache, which mincore
// confirms. More than 1 % of any file kept, once, and the record is mistrusted.
#pragma once

#include <string>
#include <vector>

namespace ridgepoint {

class PageCacheEviction {
 public:
  static constexpr double kLargestShare = 0.01;

  explicit PageCacheEviction(std::vector<std::string> files);

  /// Nothing may have the files mapped. Untimed part of each sample.
  void before_sample();

  /// Empty when every file was out each time, else why not.
  [[nodiscard]] const std::string& doubt() const { return doubt_; }
  [[nodiscard]] std::string to_json() const;

 private:
  std::vector<std::string> files_;
  std::vector<double> shares_;  ///< largest over the files, one a sample
  std::string doubt_;
};

}  // namespace ridgepoint
