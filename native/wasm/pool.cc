#include "pool.h"

namespace rp {

#if defined(__wasm_atomics__)
namespace {

uint32_t next(uint64_t ticket) { return static_cast<uint32_t>(ticket); }
uint32_t end(uint64_t ticket) { return static_cast<uint32_t>(ticket >> 32); }
bool hasTask(uint64_t ticket) { return next(ticket) < end(ticket); }

// WebAssembly has no instruction that pauses, so a spin is a few reads.
constexpr int kSpins = 20000;
constexpr int64_t kForever = -1, kShortNanoseconds = 100000;

void wait(std::atomic<int>& value, int seen, int64_t nanoseconds) {
  __builtin_wasm_memory_atomic_wait32(reinterpret_cast<int*>(&value), seen, nanoseconds);
}
void wakeAll(std::atomic<int>& value) { __builtin_wasm_memory_atomic_notify(reinterpret_cast<int*>(&value), -1u); }

}  // namespace

bool Pool::hasTasks() const {
  for (int thread = 0; thread < threads_; thread++)
    if (hasTask(shares_[thread].ticket.load())) return true;
  return false;
}

bool Pool::takeTask(int thread) {
  for (int i = 0; i < threads_; i++)
    if (takeFrom(shares_[(thread + i) % threads_], thread)) return true;
  return false;
}

bool Pool::takeFrom(Share& share, int thread) {
  if (!hasTask(share.ticket.load(std::memory_order_acquire))) return false;
  const uint64_t ticket = share.ticket.fetch_add(1, std::memory_order_acq_rel);
  if (!hasTask(ticket)) return false;
  task_(context_, static_cast<int>(next(ticket)), thread);
  done_.fetch_add(1, std::memory_order_release);
  return true;
}

// A worker that has not started yet, or never does, costs time and changes no result: its share is taken by the others.
void Pool::run(int tasks, Task task, void* context) {
  if (threads_ == 1) {
    for (int i = 0; i < tasks; i++) task(context, i, 0);
    return;
  }
  task_ = task;
  context_ = context;
  done_.store(0, std::memory_order_relaxed);
  for (int t = 0; t < threads_; t++) {
    const uint64_t first = static_cast<uint64_t>(tasks) * t / threads_, last = static_cast<uint64_t>(tasks) * (t + 1) / threads_;
    shares_[t].ticket.store(last << 32 | first);
  }
  runs_.fetch_add(1);
  if (sleepers_.load() > 0) wakeAll(runs_);
  while (takeTask(0)) {
  }
  for (int spins = 0;; spins++) {
    const int done = done_.load(std::memory_order_acquire);
    if (done >= tasks) return;
    if (spins >= kSpins) wait(done_, done, kShortNanoseconds);
  }
}

void Pool::work(int thread) {
  int spins = 0;
  while (!stop_.load(std::memory_order_relaxed)) {
    const int seen = runs_.load();
    if (takeTask(thread)) {
      spins = 0;
    } else if (++spins >= kSpins) {
      // A run that begins from here on has changed runs_, and wait() then returns at once, or sees the sleeper.
      sleepers_.fetch_add(1);
      if (!stop_.load() && !hasTasks()) wait(runs_, seen, kForever);
      sleepers_.fetch_sub(1);
      spins = 0;
    }
  }
}

void Pool::stop() {
  stop_.store(true);
  runs_.fetch_add(1);
  wakeAll(runs_);
}

#else

void Pool::run(int tasks, Task task, void* context) {
  for (int i = 0; i < tasks; i++) task(context, i, 0);
}
void Pool::work(int) {}
void Pool::stop() {}

#endif

}  // namespace rp
