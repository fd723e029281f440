#pragma once
#include <cstddef>
#include <cstdint>

namespace rp {

constexpr size_t kAlignment = 64;

// Zeros that nothing else has, on a cache line of their own. Traps where the memory cannot grow: no exceptions here.
void* take(uint64_t bytes);
[[noreturn]] void outOfMemory();

}  // namespace rp
