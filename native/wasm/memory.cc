// The allocator: what is taken is never given back. An instance holds one network, and all its memory goes with it.
#include "memory.h"

#include <cstdint>
#include <new>

extern "C" unsigned char __heap_base;

namespace rp {
namespace {

constexpr uint64_t kPage = 65536, kMost = kPage * 65535;
uint64_t top = 0;

}  // namespace

void* take(uint64_t bytes) {
  if (top == 0) top = (reinterpret_cast<uintptr_t>(&__heap_base) + kAlignment - 1) / kAlignment * kAlignment;
  const uint64_t at = top;
  if (bytes > kMost || at + bytes > kMost) outOfMemory();
  top = (at + bytes + kAlignment - 1) / kAlignment * kAlignment;
  const uint64_t pages = (top + kPage - 1) / kPage, have = __builtin_wasm_memory_size(0);
  if (pages > have && __builtin_wasm_memory_grow(0, pages - have) == SIZE_MAX) outOfMemory();
  return reinterpret_cast<void*>(static_cast<uintptr_t>(at));
}

void outOfMemory() { __builtin_trap(); }

}  // namespace rp

// What network.cc and the C++ library's headers call; the library itself is not linked.
extern "C" void* aligned_alloc(size_t, size_t bytes) { return rp::take(bytes); }
extern "C" void free(void*) {}
extern "C" void abort() { __builtin_trap(); }
void* operator new(size_t bytes) { return rp::take(bytes); }
void operator delete(void*) noexcept {}
void operator delete(void*, size_t) noexcept {}
void* operator new(size_t bytes, std::align_val_t) { return rp::take(bytes); }
void operator delete(void*, std::align_val_t) noexcept {}
void operator delete(void*, size_t, std::align_val_t) noexcept {}
namespace std {
inline namespace __1 {
[[noreturn]] void __libcpp_verbose_abort(const char*, ...) noexcept { __builtin_trap(); }
}  // namespace __1
}  // namespace std
