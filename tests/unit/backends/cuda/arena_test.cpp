#include "backends/cuda/arena.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <vector>

namespace ridgepoint::cuda {
namespace {

/// Memory only.
class MemoryDevice : public Device {
 public:
  MemoryDevice() { description_.chunk_bytes = 4096; }
  [[nodiscard]] const DeviceDescription& describe() const override { return description_; }
  std::byte* allocate(std::size_t bytes) override {
    if (bytes > 100'000) throw OutOfDeviceMemory("100000 bytes at the most");
    auto memory = std::unique_ptr<std::byte[]>(new std::byte[bytes]);
    std::byte* const at = memory.get();
    chunks.emplace(at, std::move(memory));
    return at;
  }
  void release(std::byte* memory) noexcept override { chunks.erase(memory); }
  [[nodiscard]] std::pair<std::int64_t, std::int64_t> memory_in_use() const override {
    return {0, 0};
  }
  void copy_in(std::byte*, std::span<const std::byte>) override {}
  void copy_out(std::span<std::byte>, const std::byte*) override {}
  void copy_within(std::byte*, const std::byte*, std::size_t) override {}
  void clear(std::byte*, std::size_t) override {}
  void synchronise() override {}
  [[nodiscard]] const Launches& launches() const override { return launches_; }
  [[nodiscard]] Stream stream() const override { return nullptr; }
  void check_launches(std::string_view) override {}
  [[nodiscard]] bool has_many_rows() const override { return false; }
  void many_rows(const ManyRowsArgs&) override {}
  void load(const std::function<void()>&) override {}
  std::unique_ptr<Recording> record(const std::function<void()>&) override { return nullptr; }
  std::unique_ptr<Marks> make_marks(std::size_t) override { return nullptr; }

  std::map<std::byte*, std::unique_ptr<std::byte[]>> chunks;

 private:
  DeviceDescription description_;
  Launches launches_;
};

class ArenaTest : public ::testing::Test {
 protected:
  std::shared_ptr<MemoryDevice> device_ = std::make_shared<MemoryDevice>();
  std::shared_ptr<Arena> arena_ = std::make_shared<Arena>(device_);
};

TEST_F(ArenaTest, CountsWhatIsInUseByClass) {
  {
    const DeviceBytes weights = arena_->take(1000, MemoryClass::weights);
    const DeviceBytes kv = arena_->take(10, MemoryClass::kv);
    EXPECT_EQ(arena_->ledger().weights_bytes, 1000);
    EXPECT_EQ(arena_->ledger().kv_bytes, 10);
    EXPECT_EQ(device_->chunks.size(), 1U) << "both from one request";
  }
  EXPECT_EQ(arena_->ledger().weights_bytes, 0);
  EXPECT_TRUE(device_->chunks.empty());
}

TEST_F(ArenaTest, NeverGivesAPlaceTwice) {
  std::mt19937 random(5);
  std::vector<DeviceBytes> parts;
  for (int step = 0; step < 2000; ++step) {
    if (!parts.empty() && random() % 2 == 0) {
      const auto which = static_cast<std::ptrdiff_t>(random() % parts.size());
      parts.erase(parts.begin() + which);
    } else {
      parts.push_back(arena_->take(random() % 3000, MemoryClass::scratch));
    }
    if (step % 100 != 0) continue;
    std::map<std::byte*, std::size_t> by_place;
    for (const DeviceBytes& part : parts) {
      EXPECT_TRUE(by_place.emplace(part.data(), part.size()).second);
    }
    const std::byte* last = nullptr;
    for (const auto& [at, size] : by_place) {
      EXPECT_GE(at, last);
      last = at + size;
    }
  }
  parts.clear();
  EXPECT_EQ(arena_->reserved_bytes(), 0);
}

TEST_F(ArenaTest, UsesAgainWhatCameBack) {
  const DeviceBytes kept = arena_->take(256, MemoryClass::kv);
  std::byte* first = nullptr;
  {
    const DeviceBytes part = arena_->take(2048, MemoryClass::kv);
    first = part.data();
  }
  const DeviceBytes again = arena_->take(2000, MemoryClass::kv);
  EXPECT_EQ(again.data(), first);
}

TEST_F(ArenaTest, RemembersTheMostOfEachClassAndOfThePool) {
  {
    const DeviceBytes weights = arena_->take(700, MemoryClass::weights);
    const DeviceBytes more = arena_->take(300, MemoryClass::weights);
    const DeviceBytes kv = arena_->take(90'000, MemoryClass::kv);
  }
  const std::int64_t most = arena_->reserved_peak_bytes();
  EXPECT_GE(most, 91'000);
  EXPECT_EQ(arena_->reserved_bytes(), 0);
  const DeviceBytes later = arena_->take(500, MemoryClass::weights);
  EXPECT_EQ(arena_->peak().weights_bytes, 1000);
  EXPECT_EQ(arena_->peak().kv_bytes, 90'000);
  EXPECT_EQ(arena_->peak().scratch_bytes, 0);
  EXPECT_EQ(arena_->ledger().weights_bytes, 500);
  EXPECT_EQ(arena_->reserved_peak_bytes(), most);
}

TEST_F(ArenaTest, SaysWhatTheDeviceSaysWhenThereIsNoRoom) {
  try {
    static_cast<void>(arena_->take(200'000, MemoryClass::weights));
    FAIL();
  } catch (const std::bad_alloc& failure) {
    EXPECT_STREQ(failure.what(), "100000 bytes at the most");
  }
  EXPECT_EQ(arena_->ledger().weights_bytes, 0);
}

}  // namespace
}  // namespace ridgepoint::cuda
