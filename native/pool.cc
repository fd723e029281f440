#include "pool.h"

namespace rp {
namespace {

uint32_t next(uint64_t ticket) { return static_cast<uint32_t>(ticket); }
uint32_t end(uint64_t ticket) { return static_cast<uint32_t>(ticket >> 32); }
bool hasTask(uint64_t ticket) { return next(ticket) < end(ticket); }

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// How long an idle worker spins before it sleeps. A run follows the one before within microseconds inside a step
// and within some 100 microseconds between steps; waking a sleeper costs about as much.
constexpr int kSpins = 4000;

}  // namespace

Pool::Pool(int threads) : threads_(threads), shares_(new Share[threads]) {
  try {
    for (int thread = 1; thread < threads; thread++) workers_.emplace_back([this, thread] { work(thread); });
  } catch (...) {  // the system has no thread left: end those already started, let the caller report it
    stop();
    throw;
  }
}

Pool::~Pool() { stop(); }

void Pool::stop() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

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
  task_(context_, static_cast<int>(next(ticket)), thread);  // the run cannot end, nor its task_ change, before done_ counts this
  done_.fetch_add(1, std::memory_order_release);
  return true;
}

void Pool::run(int tasks, Task task, void* context) {
  if (workers_.empty()) {
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
  if (sleepers_.load() > 0) {
    std::lock_guard<std::mutex> lock(mutex_);
    wake_.notify_all();
  }
  while (takeTask(0)) {
  }
  for (int spins = 0; done_.load(std::memory_order_acquire) < tasks; spins++) {
    if (spins < kSpins) pause();
    else std::this_thread::yield();
  }
}

void Pool::work(int thread) {
  int spins = 0;
  while (!stop_.load(std::memory_order_relaxed)) {
    if (takeTask(thread)) {
      spins = 0;
    } else if (++spins < kSpins) {
      pause();
    } else {
      std::unique_lock<std::mutex> lock(mutex_);
      sleepers_.fetch_add(1);
      wake_.wait(lock, [this] { return stop_.load() || hasTasks(); });
      sleepers_.fetch_sub(1);
      spins = 0;
    }
  }
}

}  // namespace rp
