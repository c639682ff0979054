// Quantised weights put in tiles when a model is loaded (see TiledMatrix in kernels.h): a copy of
// about the same size, made once and shared by every execution over the same bytes. The pages of a
// mapped file that were copied are given back to the system, so that memory holds the model once.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <tuple>

#include "backends/host/kernels.h"
#include "backends/host/worker_team.h"
#include "backends/weight_feed.h"
#include "workloads/tensor/tensor.h"

namespace ridgepoint {

class TiledWeights {
 public:
  /// Whether this type has a tiled form.
  static bool has_form(Type type);
  /// Whether it has one whose products take quantised activations.
  static bool takes_quantised(Type type);
  /// `weight` is [out, in] of such a type. With a feed that has room for the tiles of the weight of
  /// this name, they are filled there and left to it. Any kernels make the same tiles.
  /// std::bad_alloc when there is no memory.
  TiledWeights(const TensorView& weight, const host::Kernels& kernels, WorkerTeam& team,
               std::string_view name = {}, WeightFeed* feed = nullptr);
  TiledWeights(const TiledWeights&) = delete;
  TiledWeights& operator=(const TiledWeights&) = delete;
  ~TiledWeights();

  [[nodiscard]] const host::TiledMatrix& matrix() const { return matrix_; }
  [[nodiscard]] std::int64_t bytes() const { return bytes_; }

 private:
  void fill(const TensorView& weight, std::int64_t begin, std::int64_t end);
  void fill_from_blocks(const TensorView& weight, const host::Kernels& kernels, std::int64_t begin,
                        std::int64_t end);

  host::TiledMatrix matrix_;
  std::byte* memory_ = nullptr;
  bool own_ = true;  // not a feed's
  std::int64_t bytes_ = 0;
};

/// The tiled weights that are in use, by where their originals lie and who feeds them. Threads:
/// any.
class TiledWeightStore {
 public:
  std::shared_ptr<const TiledWeights> find_or_make(const TensorView& weight,
                                                   const host::Kernels& kernels, WorkerTeam& team,
                                                   std::string_view name = {},
                                                   WeightFeed* feed = nullptr);

 private:
  using Key = std::tuple<const WeightFeed*, const void*, Type, std::int64_t, std::int64_t>;
  std::mutex mutex_;
  std::map<Key, std::weak_ptr<const TiledWeights>> known_;
};

}  // namespace ridgepoint
