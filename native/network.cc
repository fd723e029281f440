#include "network.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <vector>
#if defined(_WIN32)
#include <malloc.h>
#endif

namespace rp {
namespace {

constexpr size_t kAlignment = 64;
#if defined(_WIN32)  // whose C library has no aligned_alloc, since its free could not tell
void* allocateAligned(size_t bytes) { return _aligned_malloc(bytes, kAlignment); }
void freeAligned(void* pointer) { _aligned_free(pointer); }
#else
void* allocateAligned(size_t bytes) { return std::aligned_alloc(kAlignment, bytes); }
void freeAligned(void* pointer) { std::free(pointer); }
#endif

struct Free {
  void operator()(void* pointer) const { freeAligned(pointer); }
};

// The owner of everything a Network points to; the Network is its first base, so one pointer serves for both.
struct OwnedNetwork : Network {
  std::vector<int> ownSizes;
  std::vector<size_t> ownOffsets;
  std::vector<std::vector<float*>> tables;
  std::vector<int*> activeTable;
  std::vector<std::unique_ptr<void, Free>> buffers;
  std::unique_ptr<Pool> ownPool;

  template <class T>
  T* allocate(size_t count) {
    const size_t size = (std::max<size_t>(count, 1) * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment;
    void* pointer = allocateAligned(size);
#if !defined(__wasm__)  // whose allocator traps
    if (pointer == nullptr) throw std::bad_alloc();
#endif
    buffers.emplace_back(pointer);
    this->bytes += size;
    std::memset(pointer, 0, size);
    return static_cast<T*>(pointer);
  }

  template <class Count>
  float* const* table(int entries, const Count& count) {
    std::vector<float*> pointers;
    for (int i = 0; i < entries; i++) pointers.push_back(allocate<float>(count(i)));
    tables.push_back(std::move(pointers));
    return tables.back().data();
  }
};

}  // namespace

Network* createNetwork(const int* sizes, int layers, Activation activation, Objective objective, int capacity,
                       int threads) {
  auto net = std::make_unique<OwnedNetwork>();
  net->ownSizes.assign(sizes, sizes + layers + 1);
  net->ownOffsets.push_back(0);
  for (int l = 0; l < layers; l++)
    net->ownOffsets.push_back(net->ownOffsets.back() + (static_cast<size_t>(sizes[l]) + 1) * sizes[l + 1]);
  net->ownPool = std::make_unique<Pool>(threads);

  net->bytes = 0;
  net->layers = layers;
  net->sizes = net->ownSizes.data();
  net->weightOffset = net->ownOffsets.data();
  net->activation = activation;
  net->objective = objective;
  net->capacity = capacity;
  net->pool = net->ownPool.get();

  const size_t rows = capacity;
  const int widest = std::max(capacity, *std::max_element(sizes, sizes + layers + 1));
  const auto perUnit = [&](int l) { return rows * sizes[l + 1]; };
  net->activations = net->table(layers, perUnit);
  net->derivatives = net->table(layers - 1, perUnit);
  net->deltas = net->table(layers, perUnit);
  net->rowSums = net->allocate<double>(rows * kModelSums);
  net->blockSums = net->allocate<double>(net->parameterCount() / kBlock + 1);
  const auto outputValues = [&](int) { return static_cast<size_t>(sizes[layers]); };
  net->outputSlopes = net->table(threads, outputValues);
  net->outputCurvatures = net->table(threads, outputValues);
  net->panel = net->table(threads, [&](int) { return static_cast<size_t>(widest) * kMaxPanel; });

  const auto panels = [](int n) { return static_cast<size_t>(roundUp(n, kMaxPanel)); };
  net->forwardPanels =
      net->table(layers, [&](int l) { return l > 0 || layers == 1 ? panels(sizes[l + 1]) * sizes[l] : 0; });
  net->backwardPanels =
      net->table(layers, [&](int l) { return l > 0 && l < layers - 1 ? panels(sizes[l]) * sizes[l + 1] : 0; });

  const size_t outputs = roundUp(sizes[layers], kMaxPanel);
  const auto units = [&](int l) { return static_cast<size_t>(roundUp(sizes[l + 1], kSumLanes)); };
  // W_{l+1} of a hidden layer below the last one: n_{l+1} units (padded) x n_{l+2}.
  const auto packed = [&](int l) { return l < layers - 2 ? units(l) * sizes[l + 2] : 0; };
  net->inputNorms = net->allocate<float>(static_cast<size_t>(threads) * layers);
  net->sampledPanels = net->allocate<float>(outputs * sizes[layers - 1]);
  net->sampledResiduals = net->allocate<float>(rows * sizes[layers]);
  net->topNorms = net->allocate<float>(outputs * rows);
  net->packedWeights = net->table(layers, packed);
  net->scaled = net->table(threads * layers, [&](int i) { return packed(i % layers); });
  net->rows = net->table(threads * layers, [&](int i) { return units(i % layers) * kMaxPanel; });
  net->sums = net->table(threads * layers, [&](int i) { return units(i % layers) * kSumLanes; });
  for (int i = 0; i < threads * layers; i++) net->activeTable.push_back(net->allocate<int>(units(i % layers)));
  net->active = net->activeTable.data();
  net->activeCount = net->allocate<int>(static_cast<size_t>(threads) * layers);
  return net.release();
}

void destroyNetwork(Network* network) { delete static_cast<OwnedNetwork*>(network); }

}  // namespace rp
