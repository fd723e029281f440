// A thread pool that lives as long as its network.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
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

  // Calls task(context, i, thread) for every i in 0..tasks-1 and returns when all are done. Which thread runs
  // which task is not fixed, so a task's result must not depend on it.
  void run(int tasks, Task task, void* context);

 private:
  void work(int thread);
  void stop();
  bool takeTask(int thread);

  // One word says how many tasks there are and which is next, | tasks 32 bits | next 32 bits |, so that a worker that
  // wakes late takes a task of the present run or none: adding 1 to it reads both at once.
  std::atomic<uint64_t> ticket_{0};
  std::atomic<int> done_{0};
  Task task_ = nullptr;
  void* context_ = nullptr;

  const int threads_;
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
