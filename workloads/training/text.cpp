#include "workloads/training/text.h"

#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <utility>

#include "workloads/training/architecture.h"

namespace ridgepoint::training {

Text::Text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  bytes_.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

Batch Text::windows(const std::vector<std::int64_t>& offsets, std::int64_t context) const {
  const auto count = static_cast<std::int64_t>(offsets.size());
  Batch batch{torch::empty({count, context}, torch::kInt64),
              torch::empty({count, context}, torch::kInt64)};
  auto* input = batch.inputs.mutable_data_ptr<std::int64_t>();
  auto* target = batch.targets.mutable_data_ptr<std::int64_t>();
  for (const std::int64_t offset : offsets) {
    const std::uint8_t* window = bytes_.data() + offset;
    for (std::int64_t i = 0; i < context; ++i) {
      *input++ = i == 0 ? kSeparator : window[i - 1];
      *target++ = window[i];
    }
  }
  return batch;
}

WindowOrder::WindowOrder(std::int64_t text_bytes, std::int64_t context, std::uint64_t seed)
    : text_bytes_(text_bytes),
      context_(context),
      seed_(seed),
      // One window fewer than fit, so that every phase has the same count.
      windows_per_epoch_(text_bytes / context - 1) {
  if (windows_per_epoch_ < 1) throw std::runtime_error("the text is shorter than two contexts");
}

void WindowOrder::shuffle(std::int64_t epoch) {
  std::mt19937_64 random(seed_ * 1'000'003 + static_cast<std::uint64_t>(epoch));
  const auto below = [&](std::int64_t bound) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(bound));
  };
  const std::int64_t phase = below(context_);
  epoch_offsets_.resize(static_cast<std::size_t>(windows_per_epoch_));
  for (std::int64_t i = 0; i < windows_per_epoch_; ++i) {
    epoch_offsets_[static_cast<std::size_t>(i)] = phase + i * context_;
  }
  for (std::int64_t i = windows_per_epoch_ - 1; i > 0; --i) {
    std::swap(epoch_offsets_[static_cast<std::size_t>(i)],
              epoch_offsets_[static_cast<std::size_t>(below(i + 1))]);
  }
  epoch_ = epoch;
}

std::vector<std::int64_t> WindowOrder::offsets(std::int64_t first, std::int64_t count) {
  std::vector<std::int64_t> result;
  for (std::int64_t i = first; i < first + count; ++i) {
    if (i / windows_per_epoch_ != epoch_) shuffle(i / windows_per_epoch_);
    result.push_back(epoch_offsets_[static_cast<std::size_t>(i % windows_per_epoch_)]);
  }
  return result;
}

}  // namespace ridgepoint::training
