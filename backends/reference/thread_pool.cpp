#include "backends/reference/thread_pool.h"

#include <utility>

namespace ridgepoint {

ThreadPool::ThreadPool(int threads) {
  workers_.reserve(static_cast<std::size_t>(threads - 1));
  try {
    for (int part = 1; part < threads; ++part) workers_.emplace_back([this, part] { work(part); });
  } catch (...) {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    start_.notify_all();
    for (std::thread& worker : workers_) worker.join();
    throw;
  }
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  start_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::run_parts(PartFunction function, const void* context) {
  const std::lock_guard turn(turn_);
  void* const plain = const_cast<void*>(context);
  const int parts = threads();
  if (parts > 1) {
    const std::lock_guard lock(mutex_);
    function_ = function;
    context_ = plain;
    unfinished_ = parts - 1;
    ++generation_;
    start_.notify_all();
  }
  std::exception_ptr failure;
  try {
    function(plain, 0, parts);
  } catch (...) {
    failure = std::current_exception();
  }
  if (parts > 1) {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return unfinished_ == 0; });
    if (!failure) failure = failure_;
    failure_ = nullptr;
  }
  if (failure) std::rethrow_exception(failure);
}

void ThreadPool::work(int part) {
  std::uint64_t seen = 0;
  std::unique_lock lock(mutex_);
  while (true) {
    start_.wait(lock, [&] { return stopping_ || generation_ != seen; });
    if (stopping_) return;
    seen = generation_;
    const PartFunction function = function_;
    void* const context = context_;
    const int parts = threads();
    lock.unlock();
    std::exception_ptr failure;
    try {
      function(context, part, parts);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    if (failure && !failure_) failure_ = failure;
    if (--unfinished_ == 0) done_.notify_one();
  }
}

}  // namespace ridgepoint
