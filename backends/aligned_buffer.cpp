#include "backends/aligned_buffer.h"

#include <cstring>

namespace ridgepoint {

void AlignedBuffer::reserve(std::size_t size) {
  if (size <= size_) return;
  // Free first, so that the peak is the larger of the two and not their sum.
  bytes_.reset();
  size_ = 0;
  bytes_.reset(new (std::align_val_t{kAlignment}) std::byte[size]);
  size_ = size;
  std::memset(bytes_.get(), 0, size);
}

}  // namespace ridgepoint
