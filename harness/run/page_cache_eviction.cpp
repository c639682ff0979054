#include "harness/run/page_cache_eviction.h"

#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "profiler/memory/cache_state.h"

namespace ridgepoint {
namespace {

/// What can be said about a file whose pages stay.
std::string explanation(const std::string& file) {
  struct statfs status {};
  if (::statfs(file.c_str(), &status) != 0) return "another process may have it mapped";
  switch (static_cast<unsigned long>(status.f_type)) {
    case TMPFS_MAGIC:
    case RAMFS_MAGIC:
      return "it lies in memory (tmpfs), where it can never be dropped; put it on a disk";
    case OVERLAYFS_SUPER_MAGIC:
      return "it lies on an overlay, whose lower layer keeps its own pages; put it on a volume";
    default:
      return "another process may have it mapped, or this user may not look into its pages";
  }
}

}  // namespace

PageCacheEviction::PageCacheEviction(std::vector<std::string> files) : files_(std::move(files)) {}

void PageCacheEviction::before_sample() {
  double largest = 0;
  for (const auto& file : files_) {
    const auto kept = drop_from_page_cache(file);
    if (!kept) {
      if (doubt_.empty()) doubt_ = "cold-disk cannot be proved: " + kept.why();
      continue;
    }
    largest = std::max(largest, kept.value());
    if (kept.value() > kLargestShare && doubt_.empty()) {
      doubt_ = fmt::format("cold-disk did not hold: {:.1f} % of {} stayed in the page cache; {}",
                           100 * kept.value(), file, explanation(file));
    }
  }
  shares_.push_back(largest);
}

std::string PageCacheEviction::to_json() const {
  return nlohmann::json{{"condition", "cold-disk"},
                        {"files", files_},
                        {"resident_share", shares_},
                        {"largest_share", kLargestShare},
                        {"proved", doubt_.empty() && !shares_.empty()}}
      .dump();
}

}  // namespace ridgepoint
