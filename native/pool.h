// A thread pool that lives as long as its network.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace rp {

class Pool {
 public:
  // A task gets its index and the number of the thread that runs it (0 is the caller of run).
  using Task = void (*)(void* context, int index, int thread);
  explicit Pool(int threads);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  int threads() const { return threads_; }

  // Calls task(context, i, thread) for every i in 0..tasks-1 and returns when all are done. Each thread begins with
  // its own share, of T threads the t-th T-th of the tasks, and then helps the others: so that tasks of one order,
  // run after run, find in their core's cache what they left there, and no core waits for a slower one. Which thread
  // runs which task is not fixed all the same, and a task's result must not depend on it.
  void run(int tasks, Task task, void* context);

 private:
  // A thread's share in one word, | end 32 bits | next 32 bits |, so that a worker that wakes late takes a task of the
  // present run or none: adding 1 to it reads both at once. Each on a cache line of its own.
  struct alignas(64) Share {
    std::atomic<uint64_t> ticket{0};
  };
  void work(int thread);
  void stop();
  bool takeTask(int thread);
  bool takeFrom(Share& share, int thread);
  bool hasTasks() const;

  std::atomic<int> done_{0};
  Task task_ = nullptr;
  void* context_ = nullptr;

  const int threads_;
  std::unique_ptr<Share[]> shares_;
  std::atomic<int> sleepers_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::thread> workers_;
};

// run for a callable f(index, thread).
template <class F>
void parallelFor(Pool& pool, int tasks, const F& f) {
  pool.run(
      tasks, [](void* context, int index, int thread) { (*static_cast<const F*>(context))(index, thread); },
      const_cast<F*>(&f));
}

}  // namespace rp
