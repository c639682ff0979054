#include "backends/aligned_buffer.h"

#include <sys/mman.h>

#include <cstring>

namespace ridgepoint {

void AlignedBuffer::reserve(std::size_t size) {
  if (size <= size_) return;
  // Free first, so that the peak is the larger of the two and not their sum.
  bytes_.reset();
  size_ = 0;
  const std::size_t in_large_pages = size / kLargePageBytes * kLargePageBytes;
  const std::align_val_t alignment{in_large_pages > 0 ? kLargePageBytes : kAlignment};
  bytes_ = {new (alignment) std::byte[size], Free{alignment}};
  size_ = size;
  // Refusal costs time, not correctness.
  if (in_large_pages > 0) {
    static_cast<void>(::madvise(bytes_.get(), in_large_pages, MADV_HUGEPAGE));
  }
  std::memset(bytes_.get(), 0, size);
}

}  // namespace ridgepoint
