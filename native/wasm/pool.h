// The pool of network.h where the kernels are WebAssembly: its threads are workers that the loader starts, each with an
// instance of the module over the one memory (src/kernels/wasm.ts), and call work() here. Where the module is built
// without atomics, for one thread, a run is a loop.
#pragma once
#include <atomic>
#include <cstdint>

namespace rp {

class Pool {
 public:
  // As in ../pool.h, and with the same shares of the tasks.
  using Task = void (*)(void* context, int index, int thread);
  static constexpr int kMostThreads = 64;

  explicit Pool(int threads) : threads_(threads) {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  int threads() const { return threads_; }
  void run(int tasks, Task task, void* context);

  // A worker's life: returns after stop().
  void work(int thread);
  void stop();

 private:
  struct alignas(64) Share {
    std::atomic<uint64_t> ticket{0};  // | end 32 bits | next 32 bits |
  };
  bool takeTask(int thread);
  bool takeFrom(Share& share, int thread);
  bool hasTasks() const;

  const int threads_;
  Share shares_[kMostThreads];
  std::atomic<int> done_{0};
  std::atomic<int> runs_{0};  // what idle workers wait on
  std::atomic<int> sleepers_{0};
  std::atomic<bool> stop_{false};
  Task task_ = nullptr;
  void* context_ = nullptr;
};

template <class F>
void parallelFor(Pool& pool, int tasks, const F& f) {
  pool.run(
      tasks, [](void* context, int index, int thread) { (*static_cast<const F*>(context))(index, thread); },
      const_cast<F*>(&f));
}

}  // namespace rp
