#include "backends/host/tiled_weights.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <new>
#include <stdexcept>

#include "workloads/tensor/q5_0.h"

namespace ridgepoint {
namespace {

using host::kBlock;
using host::kTileRows;
using host::TileForm;

struct FormInfo {
  Type type;
  TileForm form;
  std::int64_t code_bytes_per_block;   // of a tile
  std::int64_t scale_bytes_per_group;  // of a tile
  std::int64_t group;                  // or kRow
};

constexpr std::int64_t kSuperBlock = 256;
constexpr std::int64_t kRow = 0;
constexpr std::array<FormInfo, 13> kForms{{
    {Type::q8_0, TileForm::signed8, kTileRows * 32, kTileRows * 2, kBlock},
    {Type::q8_g64, TileForm::signed8, kTileRows * 32, kTileRows * 2, 64},
    {Type::q8_g128, TileForm::signed8, kTileRows * 32, kTileRows * 2, 128},
    {Type::q8_channel, TileForm::signed8_channel, kTileRows * 32, kTileRows * 4, kRow},
    {Type::w4_g32, TileForm::nibble_zero, kTileRows * 16, kTileRows*(2 + 2), kBlock},
    {Type::w4_g64, TileForm::nibble_zero, kTileRows * 16, kTileRows*(2 + 2), 64},
    {Type::w4_g128, TileForm::nibble_zero, kTileRows * 16, kTileRows*(2 + 2), 128},
    {Type::w4_channel, TileForm::nibble_zero, kTileRows * 16, kTileRows*(2 + 2), kRow},
    {Type::fp8, TileForm::e4m3, kTileRows * 32, kTileRows * 4, kRow},
    {Type::q4_0, TileForm::nibble, kTileRows * 16, kTileRows * 2, kBlock},
    {Type::q5_0, TileForm::five, kTileRows * 20, kTileRows * 2, kBlock},
    {Type::q4_k, TileForm::nibble_k, kTileRows * 16, kTileRows*(4 + 16), kSuperBlock},
    {Type::q6_k, TileForm::six, kTileRows * 24, kTileRows*(2 + 16), kSuperBlock},
}};

const FormInfo* find_form(Type type) {
  const auto found = std::ranges::find(kForms, type, &FormInfo::type);
  return found == kForms.end() ? nullptr : &*found;
}

/// Row `r` of a tile: its bytes in a vector of four codes for each of 16 rows.
std::uint8_t* lane(std::uint8_t* vectors, std::int64_t vector, std::int64_t r) {
  return vectors + vector * 64 + 4 * r;
}

void put_bytes(const std::uint8_t* from, std::int64_t count, std::int64_t r, std::uint8_t* codes) {
  for (std::int64_t i = 0; i < count; i += 4) {
    std::memcpy(lane(codes, i / 4, r), from + i,
                static_cast<std::size_t>(std::min<std::int64_t>(4, count - i)));
  }
}

/// q8_g64 and q8_g128: f16 d, then the codes.
void put_q8(const std::uint8_t* block, std::int64_t count, std::int64_t r, std::uint8_t* codes,
            std::byte* scales) {
  std::memcpy(scales + 2 * r, block, 2);
  put_bytes(block + 2, count, r, codes);
}

void put_q8_channel(const std::uint8_t* row, std::int64_t count, std::int64_t r,
                    std::uint8_t* codes, std::byte* scales) {
  std::memcpy(scales + 4 * r, row, 4);
  put_bytes(row + 4, count, r, codes);
}

/// f16 d and zero, then of each 32 codes the first sixteen in low nibbles, the others in high ones.
void put_w4(const std::uint8_t* block, std::int64_t count, std::int64_t r, std::uint8_t* codes,
            std::byte* scales) {
  std::memcpy(scales + 2 * r, block, 2);
  std::memcpy(scales + 2 * kTileRows + 2 * r, block + 2, 2);
  const std::uint8_t* from = block + 4;
  for (std::int64_t b = 0; b < (count + kBlock - 1) / kBlock; ++b, from += kBlock / 2) {
    for (std::int64_t i = 0; i < kBlock; i += 2) {
      const int shift = i < kBlock / 2 ? 0 : 4;
      const std::uint8_t* const pair = from + i % (kBlock / 2);
      const int low = pair[0] >> shift & 15, high = pair[1] >> shift & 15;
      // Less 8 in two's complement is the other highest bit.
      lane(codes, 4 * b + i / 8, r)[i % 8 / 2] =
          static_cast<std::uint8_t>((low | high << 4) ^ 0x88);
    }
  }
}

/// f32 scale, then the codes. Kernels read them as 2^-8 of what they are, and NaN as a number.
void put_fp8(const std::uint8_t* row, std::int64_t count, std::int64_t r, std::uint8_t* codes,
             std::byte* scales) {
  float scale = 0;
  std::memcpy(&scale, row, sizeof scale);
  scale *= 256.0F;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::uint8_t code = row[4 + i];
    if ((code & 0x7f) == 0x7f) scale = std::numeric_limits<float>::quiet_NaN();
    codes[i / 4 * 64 + i % 4 / 2 * 32 + 2 * r + i % 2] = code;
  }
  std::memcpy(scales + 4 * r, &scale, sizeof scale);
}

/// The file pairs inputs j and j + 16 in a byte, as the tile does.
void put_q4_0(const std::uint8_t* block, std::int64_t, std::int64_t r, std::uint8_t* codes,
              std::byte* scales) {
  std::memcpy(scales + 2 * r, block, 2);
  for (std::int64_t v = 0; v < 4; ++v) std::memcpy(lane(codes, v, r), block + 2 + 4 * v, 4);
}

void put_q5_0(const std::uint8_t* block, std::int64_t, std::int64_t r, std::uint8_t* codes,
              std::byte* scales) {
  std::memcpy(scales + 2 * r, block, 2);
  std::array<std::uint8_t, kBlock> unpacked;
  std::ranges::transform(q5_0_codes(reinterpret_cast<const std::byte*>(block)), unpacked.begin(),
                         [](std::int8_t number) { return static_cast<std::uint8_t>(number + 16); });
  std::array<std::uint8_t, kBlock / 2> nibbles;
  for (std::size_t i = 0; i < nibbles.size(); ++i) {
    nibbles[i] =
        static_cast<std::uint8_t>((unpacked[i] & 15) | (unpacked[i + kBlock / 2] & 15) << 4);
  }
  put_bytes(nibbles.data(), kBlock / 2, r, codes);
  for (std::int64_t j = 0; j < 4; ++j) {
    int bits = 0;
    for (std::int64_t k = 0; k < 8; ++k) {
      bits |= unpacked[static_cast<std::size_t>(4 * k + j)] >> 4 << k;
    }
    lane(codes, 4, r)[j] = static_cast<std::uint8_t>(bits);
  }
}

/// Row `r` of a tile: a group of `count` inputs to its place in codes and scales.
using PutGroup = void (*)(const std::uint8_t* group, std::int64_t count, std::int64_t r,
                          std::uint8_t* codes, std::byte* scales);

PutGroup put_for(Type type) {
  switch (type) {
    case Type::q8_g64:
    case Type::q8_g128:
      return &put_q8;
    case Type::q8_channel:
      return &put_q8_channel;
    case Type::w4_channel:
    case Type::w4_g32:
    case Type::w4_g64:
    case Type::w4_g128:
      return &put_w4;
    case Type::fp8:
      return &put_fp8;
    case Type::q4_0:
      return &put_q4_0;
    case Type::q5_0:
      return &put_q5_0;
    default:
      throw std::logic_error("TiledWeights: a form without a way to fill it");
  }
}

/// Gives the pages of [data, data + size) that lie wholly inside back to the file they came from.
void drop_mapped_pages(std::span<const std::byte> bytes) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto start = reinterpret_cast<std::uintptr_t>(bytes.data());
  const std::uintptr_t first = (start + page - 1) / page * page;
  const std::uintptr_t last = (start + bytes.size()) / page * page;
  if (last <= first) return;
  // Refusal costs memory, not correctness.
  static_cast<void>(::madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED));
}

}  // namespace

bool TiledWeights::has_form(Type type) {
  return find_form(type) != nullptr;
}

bool TiledWeights::takes_quantised(Type type) {
  const FormInfo* const info = find_form(type);
  return info != nullptr && !host::takes_floats(info->form);
}

TiledWeights::TiledWeights(const TensorView& weight, const host::Kernels& kernels, WorkerTeam& team,
                           std::string_view name, WeightFeed* feed) {
  const FormInfo* const info = find_form(weight.type);
  if (info == nullptr || weight.shape.size() != 2) {
    throw std::logic_error("TiledWeights: no tiled form for this type or shape");
  }
  matrix_ = {.form = info->form,
             .out = weight.shape[0],
             .in = weight.shape[1],
             .codes = nullptr,
             .scales = nullptr,
             .code_bytes_per_block = info->code_bytes_per_block,
             .scale_bytes_per_group = info->scale_bytes_per_group,
             .group = info->group};
  if (info->group == kRow) matrix_.group = matrix_.blocks() * kBlock;
  const std::int64_t code_bytes = matrix_.tiles() * matrix_.blocks() * matrix_.code_bytes_per_block;
  const std::int64_t scale_bytes =
      matrix_.tiles() * matrix_.groups() * matrix_.scale_bytes_per_group;
  bytes_ = code_bytes + scale_bytes;
  if (feed != nullptr) memory_ = feed->room(name, bytes_);
  own_ = memory_ == nullptr;
  if (own_) {
    // Whole pages of its own, large ones where the system has them: a decode reads all of it in
    // turn.
    void* const memory = ::mmap(nullptr, static_cast<std::size_t>(bytes_), PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    static_cast<void>(::madvise(memory, static_cast<std::size_t>(bytes_), MADV_HUGEPAGE));
    memory_ = static_cast<std::byte*>(memory);
  }
  matrix_.codes = reinterpret_cast<const std::uint8_t*>(memory_);
  matrix_.scales = memory_ + code_bytes;
  team.run([&](int part) {
    const std::int64_t tiles = matrix_.tiles();
    const std::int64_t begin = part * tiles / team.threads();
    const std::int64_t end = (part + 1) * tiles / team.threads();
    if (host::BlockMatrix::takes(weight.type)) {
      fill_from_blocks(weight, kernels, begin, end);
    } else {
      fill(weight, begin, end);
    }
  });
  if (!own_) feed->keep(name);
  if (weight.mapped) drop_mapped_pages(weight.bytes);
}

TiledWeights::~TiledWeights() {
  if (own_) ::munmap(memory_, static_cast<std::size_t>(bytes_));
}

void TiledWeights::fill(const TensorView& weight, std::int64_t begin, std::int64_t end) {
  const std::int64_t blocks = matrix_.blocks(), blocks_a_group = matrix_.group / kBlock;
  const std::int64_t groups = matrix_.groups();
  const std::int64_t count = std::min(matrix_.group, matrix_.in);
  const std::int64_t group_bytes = row_bytes(weight.type, count);
  const std::int64_t row_size = groups * group_bytes;
  const auto* const source = reinterpret_cast<const std::uint8_t*>(weight.bytes.data());
  auto* const codes = const_cast<std::uint8_t*>(matrix_.codes);
  auto* const scales = const_cast<std::byte*>(matrix_.scales);
  const PutGroup put = put_for(weight.type);
  for (std::int64_t tile = begin; tile < end; ++tile) {
    const std::int64_t rows = std::min(kTileRows, matrix_.out - tile * kTileRows);
    for (std::int64_t g = 0; g < groups; ++g) {
      std::uint8_t* const group_codes =
          codes + (tile * blocks + g * blocks_a_group) * matrix_.code_bytes_per_block;
      std::byte* const group_scales = scales + (tile * groups + g) * matrix_.scale_bytes_per_group;
      for (std::int64_t r = 0; r < rows; ++r) {
        put(source + (tile * kTileRows + r) * row_size + g * group_bytes, count, r, group_codes,
            group_scales);
      }
    }
  }
}

void TiledWeights::fill_from_blocks(const TensorView& weight, const host::Kernels& kernels,
                                    std::int64_t begin, std::int64_t end) {
  const host::BlockMatrix blocks{
      .type = weight.type,
      .out = matrix_.out,
      .in = matrix_.in,
      .data = reinterpret_cast<const std::uint8_t*>(weight.bytes.data())};
  kernels.put_blocks_in_tiles(blocks, begin, end,
                              const_cast<std::uint8_t*>(matrix_.codes) +
                                  begin * matrix_.blocks() * matrix_.code_bytes_per_block,
                              const_cast<std::byte*>(matrix_.scales) +
                                  begin * matrix_.groups() * matrix_.scale_bytes_per_group);
}

std::shared_ptr<const TiledWeights> TiledWeightStore::find_or_make(const TensorView& weight,
                                                                   const host::Kernels& kernels,
                                                                   WorkerTeam& team,
                                                                   std::string_view name,
                                                                   WeightFeed* feed) {
  const Key key{feed, weight.bytes.data(), weight.type, weight.shape.at(0), weight.shape.at(1)};
  const std::lock_guard lock(mutex_);
  std::weak_ptr<const TiledWeights>& known = known_[key];
  std::shared_ptr<const TiledWeights> found = known.lock();
  if (!found)
    known = found = std::make_shared<const TiledWeights>(weight, kernels, team, name, feed);
  return found;
}

}  // namespace ridgepoint
