// DirectFeed: weights read past the page cache (O_DIRECT) into two buffers that groups take in
// turn: while one group computes, threads of the feed's own read the next. Steps follow each other,
// so the first groups of the next step are read while this one ends. An odd number of groups takes
// a third buffer, or the last of one step and the first of the next would want the same.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "harness/streaming/streamed_weights.h"

namespace ridgepoint {

/// Which buffer each of `groups` groups takes: neighbours, the last and the first among them, never
/// the same, unless there is one only.
std::vector<std::size_t> buffers_in_turn(std::size_t groups);

class DirectFeed : public StreamedWeights {
 public:
  /// Reads in pieces of 4 MiB, `readers` at once. Error when a file cannot be opened with O_DIRECT.
  DirectFeed(const Model& model, const StreamPlan& plan, const std::filesystem::path& scratch,
             int readers);
  ~DirectFeed() override;

  void enter(std::size_t group) noexcept override;
  void leave() override;
  [[nodiscard]] Model model() const override;
  [[nodiscard]] std::int64_t buffer_bytes() const override;

 private:
  /// Part of a file that goes to a buffer: whole blocks, so that it may hold more than is wanted.
  struct Piece {
    std::string file;
    int descriptor = -1;
    std::int64_t offset = 0, bytes = 0;
    std::int64_t at = 0;      ///< in the buffer
    std::int64_t wanted = 0;  ///< of the bytes: a file may end within its last block
  };
  struct Buffer {
    std::byte* memory = nullptr;
    std::size_t bytes = 0;  ///< of address space; memory is taken where something is read to
  };

  [[nodiscard]] std::byte* memory_for(const Room& room) override;
  void filled(const Room& room) override;

  void lay_out(std::size_t group);
  void begin();
  int direct_descriptor(const std::string& file);
  /// Whole blocks, of which those bytes that `wanted` covers must come.
  void add_pieces(std::size_t group, const FilePart& blocks, std::int64_t wanted, std::int64_t at);
  void read_groups();
  /// What went wrong; empty: nothing.
  static std::string read_piece(const Piece& piece, std::byte* buffer);
  void release();

  std::vector<std::size_t> buffer_of_;  // by group
  std::vector<Buffer> buffers_;
  std::vector<std::int64_t> laid_out_;  // bytes of its buffer that a group takes, by group
  std::vector<std::vector<Piece>> pieces_;
  std::map<std::string, std::int64_t> places_;  // in its buffer, by name of the weight
  std::map<std::string, int> descriptors_;

  // Reads are numbered through: number t is of group t % groups, and may start when the read before
  // that took the same buffer has been let go.
  std::mutex mutex_;
  std::condition_variable for_readers_, for_engine_;
  std::vector<std::size_t> gap_;  // to that read before, by group
  std::size_t reading_ = 0, piece_ = 0, released_ = 0;
  std::vector<std::size_t> missing_;  // pieces, by group
  std::vector<bool> there_;           // by group
  bool held_ = false, over_ = false;
  std::string failure_;
  int reader_count_;
  std::vector<std::jthread> readers_;
};

}  // namespace ridgepoint
